import { msg, t } from '../daemon/platform/messages.js';
import type { IconName, Tone } from './wording.js';

export interface NoteView {
  tone: Tone;
  icon: IconName;
  text: string;
}

/** What a redirect may announce on the next page; only these, so that no one can plant a text. */
const FLASHES = {
  'run-cancelled': msg('The run is being cancelled.'),
  'run-retried': msg('What had failed is queued again.'),
  'download-removed': msg('The file was deleted. Its links do not work any more.'),
  'nothing-chosen': msg('Tick what you want first, then choose Restore or Download.'),
  'nothing-ticked': msg('Tick snapshots first, then choose what to do with them.'),
  'snapshot-noted': msg('The note and the labels were kept.'),
  'snapshot-locked': msg('The snapshot is locked: it is not removed until it is unlocked.'),
  'snapshot-unlocked': msg('The snapshot is unlocked.'),
  'account-tagged': msg('The tags were kept.'),
  'job-added': msg('The job was added.'),
  'job-changed': msg('The job was changed. A run under way goes on as it began.'),
  'job-removed': msg('The job was removed. Its snapshots stay.'),
  'schedule-added': msg('The schedule was added.'),
  'schedule-changed': msg('The schedule was changed.'),
  'schedule-removed': msg('The schedule was removed. Its snapshots stay.'),
  'destination-added': msg('The destination was added.'),
  'destination-changed': msg('The settings were changed.'),
  'destination-removed': msg('The destination was forgotten. What lies there was not touched.'),
  'alert-acknowledged': msg('It is yours: it counts no more, and is told when it is over.'),
  'channel-added': msg('The channel was added. Test it before it counts.'),
  'channel-changed': msg('The channel was changed.'),
  'channel-removed': msg('The channel was removed with what waited for it.'),
  'notifications-changed': msg('It was kept.'),
  'condition-added': msg('The condition was added. It is asked for from now on.'),
  'condition-removed': msg('The condition was removed. What was accepted stays in its runs.'),
  'permissions-changed': msg('The permissions were changed. They hold from now on.'),
  'hook-added': msg('The hook was added. Try it before it counts.'),
  'hook-changed': msg('The hook was changed.'),
  'hook-removed': msg('The hook was removed. Its program stays.'),
  'user-added': msg('The user was added.'),
  'user-changed': msg('The user was changed.'),
  'user-removed': msg('The user was removed.'),
  'user-codes-reset': msg('The user is asked for no code any more.'),
  'password-set': msg('The new password counts from now on. Other browsers were signed out.'),
  'codes-off': msg('Codes are not asked for any more.'),
  'session-ended': msg('The browser was signed out.'),
  'sessions-ended': msg('The other browsers were signed out.'),
  'token-removed': msg('The token was removed. Programs that used it are refused.'),
  'excludes-kept': msg('From the next backup on this is left out.'),
  'lock-out-lifted': msg('They may try again at once.'),
  'no-admin-yet': msg(
    'No admin has a password yet. Add yourself under Users, to sign in without a link from now on.',
  ),
  'step-over': msg('That sign-in took too long or had too many tries. Begin again.'),
  'signed-out': msg('You are signed out.'),
} as const;

/** What tells of several: `snapshots-lock.12`. */
const COUNTED = {
  'snapshots-lock': msg('{count, plural, one {# snapshot was locked.} other {# snapshots were locked.}}'), // prettier-ignore
  'snapshots-unlock': msg('{count, plural, one {# snapshot was unlocked.} other {# snapshots were unlocked.}}'), // prettier-ignore
  'snapshots-delete': msg('{count, plural, one {# snapshot is being deleted.} other {# snapshots are being deleted.}}'), // prettier-ignore
} as const;

export type Flash = keyof typeof FLASHES | `${keyof typeof COUNTED}.${number}`;

/** Undefined when a browser sends a code that there is none of. */
export function flashOf(code: string | undefined): NoteView | undefined {
  const text = code === undefined ? undefined : textOf(code);
  return text === undefined ? undefined : { tone: 'accent', icon: 'info-circle', text };
}

function textOf(code: string): string | undefined {
  if (Object.hasOwn(FLASHES, code)) return t(FLASHES[code as keyof typeof FLASHES]);
  const [, name = '', count = ''] = /^([a-z-]+)\.(\d{1,4})$/.exec(code) ?? [];
  if (!Object.hasOwn(COUNTED, name)) return undefined;
  return t(COUNTED[name as keyof typeof COUNTED], { count: Number(count) });
}
