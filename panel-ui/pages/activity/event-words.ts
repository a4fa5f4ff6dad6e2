/** What happened, in words, by the action of an event; and the kinds that a list may be narrowed to. */
import type { RunKind } from '../../../daemon/runs/run.entity.js';
import { msg, t } from '../../../daemon/platform/messages.js';
import { displayText } from '../../wording.js';

const RUNS: Readonly<Record<RunKind, readonly [string, string]>> = {
  backup: [msg('Backup asked for'), msg('Backup ended')],
  restore: [msg('Restore asked for'), msg('Restore ended')],
  download: [msg('Download asked for'), msg('Download ended')],
  verify: [msg('Check asked for'), msg('Check ended')],
  reindex: [msg('Re-index asked for'), msg('Re-index ended')],
  prune: [msg('Prune asked for'), msg('Prune ended')],
  remove: [msg('Removal asked for'), msg('Removal ended')],
  erase: [msg('Erasure asked for'), msg('Erasure ended')],
};

const ACTIONS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(RUNS).flatMap(([kind, [asked, ended]]) => [
      [`${kind}.requested`, asked],
      [`${kind}.ended`, ended],
    ]),
  ),
  'run.cancelled': msg('Run cancelled'),
  'run.retried': msg('Run retried'),
  'account.found': msg('Account appeared'),
  'account.replaced': msg('Account took the place of another of its name'),
  'account.gone': msg('Account is gone'),
  'account.back': msg('Account is back'),
  'account.backed-up': msg('Account backed up'),
  'account.recreated': msg('Account made again'),
  'account.orphaned': msg('Snapshots of an unknown account found'),
  'account.assigned': msg('Snapshots given to an account'),
  'account.unassigned': msg('Snapshots taken from an account'),
  'account.excludes-changed': msg('Exclude list changed'),
  'account.tags-changed': msg('Tags changed'),
  'snapshot.locked': msg('Snapshot locked'),
  'snapshot.unlocked': msg('Snapshot unlocked'),
  'snapshot.noted': msg('Note or labels changed'),
  'snapshot.expired': msg('Snapshot expired'),
  'snapshot.pending-deletion': msg('Snapshot pending deletion'),
  'snapshot.restored-elsewhere': msg('Snapshot restored into another account'),
  'job.created': msg('Job added'),
  'job.changed': msg('Job changed'),
  'job.removed': msg('Job removed'),
  'schedule.created': msg('Schedule added'),
  'schedule.changed': msg('Schedule changed'),
  'schedule.removed': msg('Schedule removed'),
  'schedule.skipped': msg('Schedule skipped: the last run was not over'),
  'schedule.not-started': msg('Schedule could not start its job'),
  'destination.added': msg('Destination added'),
  'destination.changed': msg('Destination changed'),
  'destination.removed': msg('Destination removed'),
  'destination.erased': msg('Destination erased'),
  'destination.validated': msg('Destination validated'),
  'destination.server-trusted': msg('Snapshots of another server trusted'),
  'destination.prune-overdue': msg('Destination not pruned for too long'),
  'hook.added': msg('Hook added'),
  'hook.changed': msg('Hook changed'),
  'hook.enabled': msg('Hook switched on'),
  'hook.disabled': msg('Hook switched off'),
  'hook.removed': msg('Hook removed'),
  'hook.tested': msg('Hook tried'),
  'condition.added': msg('Condition added'),
  'condition.removed': msg('Condition removed'),
  'user.created': msg('User added'),
  'user.removed': msg('User removed'),
  'user.password-changed': msg('Password changed'),
  'api-token.created': msg('API token made'),
  'api-token.removed': msg('API token removed'),
  'sign-in-link.created': msg('Sign-in link made'),
  'session.started': msg('Signed in'),
  'session.refused': msg('Sign-in refused'),
  'session.ended': msg('Signed out'),
  'site.found': msg('Site appeared'),
  'site.gone': msg('Site is gone'),
  'site.core-updated': msg('WordPress updated'),
  'site.database-changed': msg('Database of a site changed'),
  'site.prefix-changed': msg('Table prefix of a site changed'),
  'site.plugin-installed': msg('Plugin installed'),
  'site.plugin-updated': msg('Plugin updated'),
  'site.plugin-removed': msg('Plugin removed'),
  'site.plugin-activated': msg('Plugin activated'),
  'site.plugin-deactivated': msg('Plugin deactivated'),
  'site.theme-installed': msg('Theme installed'),
  'site.theme-updated': msg('Theme updated'),
  'site.theme-removed': msg('Theme removed'),
  'site.theme-activated': msg('Theme activated'),
  'site.theme-deactivated': msg('Theme deactivated'),
  'site.more-changed': msg('More changes in a site'),
};

/** The subjects of events, as a list may be narrowed to them. */
export const EVENT_KINDS = {
  run: msg('Runs'),
  snapshot: msg('Snapshots'),
  account: msg('Accounts'),
  site: msg('Sites'),
  job: msg('Jobs'),
  schedule: msg('Schedules'),
  destination: msg('Destinations'),
  hook: msg('Hooks'),
  condition: msg('Conditions'),
  user: msg('Users and sign-ins'),
} as const;
export type EventKind = keyof typeof EVENT_KINDS;

/** What an account's own user has to do with. */
export const ACCOUNT_EVENT_KINDS: readonly EventKind[] = ['run', 'snapshot', 'account', 'site', 'user']; // prettier-ignore

/** One that has no words is said as it is recorded. */
export function actionText(action: string): string {
  const known = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  return known === undefined ? displayText(action.replaceAll(/[.-]/g, ' ')) : t(known);
}
