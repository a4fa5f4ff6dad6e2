/** What is known of one snapshot: how it came to be, what it holds, what it lacks and why. Pure. */
import { msg, t } from '../../../daemon/platform/messages.js';
import type { LeftOut, SnapshotSummary } from '../../../daemon/engine/types.js';
import { requestText } from '../../../daemon/runs/request-note.js';
import { structureText } from '../../job-facts.js';
import { urls } from '../../routes.js';
import {
  countText,
  displayText,
  elapsedText,
  sizeText,
  timeViewOrNone,
  type TimeView,
} from '../../wording.js';
import type { SnapshotInput } from './snapshot.view.js';

export interface FactView {
  label: string;
  text: string;
  at?: TimeView | undefined;
  url?: string | undefined;
}

export interface LeftOutView {
  heading: string;
  rows: { path: string; message: string }[];
  more: string | undefined;
}

const SHOWN = 20;

const TRIGGERS: Record<string, string> = {
  manual: msg('by hand'),
  retry: msg('tried again by hand'),
  schedule: msg('by schedule'),
  api: msg('over the API'),
};

/** Those without a text are left out. */
export function factsOf(input: SnapshotInput): FactView[] {
  const { snapshot, names, now } = input;
  const { files, entries, contentBytes, storedBytes, structure, summary } = snapshot;
  const destination = names.destinations.get(snapshot.destinationId);
  const job = snapshot.jobId === null ? undefined : names.jobs.get(snapshot.jobId);
  const verifiedAt = timeViewOrNone(snapshot.verifiedAt, now);
  const requests = summary?.requests;
  const facts: (FactView | { label: string; text: undefined })[] = [
    {
      label: t('Content'),
      text: `${t('{count, plural, one {# file} other {# files}}', { count: files })}, ${sizeText(contentBytes)}`,
    },
    { label: t('Entries'), text: countText(entries) },
    { label: t('Besides files'), text: partsText(summary) },
    { label: t('Stored'), text: `${sizeText(storedBytes)}, ${structureText(structure)}` },
    { label: t('New'), text: newText(summary) },
    { label: t('Took'), text: tookText(input) },
    ...madeBy(input),
    { label: t('Job'), text: job && displayText(job) },
    { label: t('Destination'), text: destination && displayText(destination) },
    { label: t('Requests'), text: requests && requestText(requests) },
    { label: t('Locked'), text: lockText(snapshot) },
    { label: t('Left out by rules'), text: countText(snapshot.excluded) },
    { label: t('Verified'), text: verifiedAt === undefined ? t('not yet') : '', at: verifiedAt },
  ];
  return facts.filter((fact) => fact.text !== undefined);
}

const KINDS: [kind: string, counted: string][] = [
  ['database', msg('{count, plural, one {# database} other {# databases}}')],
  ['mailbox', msg('{count, plural, one {# mailbox} other {# mailboxes}}')],
  ['zone', msg('{count, plural, one {# DNS zone} other {# DNS zones}}')],
  ['certificate', msg('{count, plural, one {# certificate} other {# certificates}}')],
];

/** The items of a kind are counted: an account may have hundreds. */
function partsText(summary: SnapshotSummary | null): string | undefined {
  const { items = [] } = summary ?? {};
  const names = items.map(({ name }) => name);
  const kinds = KINDS.flatMap(([kind, counted]) => {
    const count = names.filter((name) => name.startsWith(`${kind}:`)).length;
    return count === 0 ? [] : [t(counted, { count })];
  });
  const ftp = names.includes('ftp') ? [t('FTP accounts')] : [];
  const parts = [...kinds, ...(names.includes('cron') ? [t('crontab')] : []), ...ftp];
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** Of incremental ones: what it did not share with the one before. */
function newText(summary: SnapshotSummary | null): string | undefined {
  if (summary?.structure !== 'incremental' || summary.newBytes === undefined) return undefined;
  return sizeText(summary.newBytes);
}

function lockText({ isLocked, lockedBy }: SnapshotInput['snapshot']): string {
  if (!isLocked) return t('no');
  return lockedBy === 'account' ? t('by the account') : t('by an admin');
}

function tookText({ snapshot, now }: SnapshotInput): string | undefined {
  const { startedAt, finishedAt } = snapshot;
  return finishedAt === null ? undefined : elapsedText(startedAt, finishedAt, now);
}

function madeBy({ origin, snapshot }: SnapshotInput): FactView[] {
  const trigger = snapshot.summary?.trigger ?? origin?.run.trigger;
  const how = trigger === undefined ? '' : t(TRIGGERS[trigger] ?? displayText(trigger));
  if (origin === undefined) return how === '' ? [] : [{ label: t('Made'), text: how }];
  const { run, task } = origin;
  const again =
    task.attempts > 1 ? t(', attempt {attempts}', { attempts: countText(task.attempts) }) : '';
  const who = `${displayText(run.requestedBy)}, ${how}${again}`;
  return [
    { label: t('Made by'), text: who },
    { label: t('Run'), text: countText(run.id), url: urls.run(run.id) },
  ];
}

/** What could not be kept exactly. */
export function missingOf(summary: SnapshotSummary | null): LeftOutView | undefined {
  if (summary === null || summary.problems === 0) return undefined;
  const rows = summary.leftOut.filter(({ code }) => code !== 'excluded').slice(0, SHOWN);
  const heading = t('{problems} could not be kept exactly', {
    problems: t('{count, plural, one {# entry} other {# entries}}', { count: summary.problems }),
  });
  return toLeftOut(heading, rows, summary.problems);
}

/** What a rule kept out, with the rule. */
export function excludedOf(summary: SnapshotSummary | null): LeftOutView | undefined {
  const rows = summary?.leftOut.filter(({ code }) => code === 'excluded') ?? [];
  if (summary === null || rows.length === 0) return undefined;
  return toLeftOut(t('What the rules left out'), rows, summary.excluded);
}

function toLeftOut(heading: string, rows: readonly LeftOut[], count: number): LeftOutView {
  const more = count - rows.length;
  return {
    heading,
    rows: rows.map(({ path, message }) => ({
      path: displayText(path),
      message: displayText(message),
    })),
    more: more > 0 ? t('and {count, plural, other {# more}}', { count: more }) : undefined,
  };
}
