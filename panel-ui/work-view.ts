/**
 * Runs, tasks and snapshots as tables show them; what more than one page says of them. Pure.
 */
import { msg, t } from '../daemon/platform/messages.js';
import { currentZone } from '../daemon/platform/zones.js';
import type { Progress } from '../daemon/engine/types.js';
import type { Run, RunKind } from '../daemon/runs/run.entity.js';
import { requestOf } from '../daemon/runs/run-request.js';
import type { Snapshot } from '../daemon/runs/snapshot.entity.js';
import { urls } from './routes.js';
import {
  countText,
  displayText,
  durationText,
  elapsedText,
  sizeText,
  stateView,
  timeView,
  type StateView,
  type TimeView,
} from './wording.js';

/** Names of what rows refer to by id; an id that is not here is shown as it is. */
export interface Names {
  accounts: ReadonlyMap<string, string>;
  destinations: ReadonlyMap<string, string>;
  jobs: ReadonlyMap<string, string>;
}

export const RUN_KINDS: Record<RunKind, string> = {
  backup: msg('Backup'),
  restore: msg('Restore'),
  download: msg('Download'),
  verify: msg('Verification'),
  remove: msg('Removal'),
  reindex: msg('Reindex'),
  erase: msg('Erasure'),
  prune: msg('Prune'),
};

export interface RunRow {
  id: number;
  url: string;
  kind: string;
  /** The job or the account it is about. */
  subject: string;
  state: StateView;
  at: TimeView;
  took: string | undefined;
  requestedBy: string;
  problem: string | undefined;
}

export function toRunRow(run: Run, names: Names, now: Date): RunRow {
  return {
    id: run.id,
    url: urls.run(run.id),
    kind: t(RUN_KINDS[run.kind]),
    subject: runSubject(run, names),
    state: stateView(run.state),
    at: timeView(run.createdAt, now),
    took: elapsedText(run.startedAt, run.finishedAt, now),
    requestedBy: displayText(run.requestedBy),
    problem: run.error === null ? undefined : displayText(run.error.message),
  };
}

/** `nightly`, `alice`, a destination, or nothing when none is known any more. */
export function runSubject(
  run: Pick<Run, 'kind' | 'request' | 'jobId' | 'accountId'>,
  names: Names,
): string {
  const request = requestOf(run);
  if ('destination' in request) return displayText(request.destination.name);
  const account = run.accountId === null ? undefined : names.accounts.get(run.accountId);
  const job = run.jobId === null ? undefined : names.jobs.get(run.jobId);
  return displayText([job, account].filter((name) => name !== undefined).join(' · '));
}

export interface SnapshotRow {
  id: string;
  url: string;
  restoreUrl: string | undefined;
  account: string;
  accountUrl: string;
  state: StateView;
  isLocked: boolean;
  /** `Pending deletion on … because …`, when it is to go. */
  pending: string | undefined;
  at: TimeView;
  files: string;
  size: string;
  stored: string;
  structure: string;
  destination: string | undefined;
  /** Its first line. */
  note: string | undefined;
  labels: LabelView[];
  /** `3 left out`, when something could not be kept whole. */
  problems: string | undefined;
}

export function toSnapshotRow(snapshot: Snapshot, names: Names, now: Date): SnapshotRow {
  const account = names.accounts.get(snapshot.accountId) ?? snapshot.accountId;
  const destination = names.destinations.get(snapshot.destinationId);
  return {
    id: snapshot.id,
    url: urls.snapshot(snapshot.id),
    restoreUrl: isRestorable(snapshot) ? urls.snapshotRestore(snapshot.id) : undefined,
    account: displayText(account),
    accountUrl: urls.account(account),
    state: snapshotState(snapshot),
    isLocked: snapshot.isLocked,
    pending: pendingText(snapshot, now),
    at: timeView(snapshot.startedAt, now),
    files: countText(snapshot.files),
    size: sizeText(snapshot.contentBytes),
    stored: sizeText(snapshot.storedBytes),
    structure: snapshot.structure,
    destination: destination === undefined ? undefined : displayText(destination),
    note: noteLine(snapshot.note),
    labels: labelViews(snapshot),
    problems:
      snapshot.problems === 0
        ? undefined
        : t('{count, plural, one {# problem} other {# problems}}', { count: snapshot.problems }),
  };
}

export interface LabelView {
  name: string;
  /** The snapshots that have it. */
  url: string;
}

export function labelViews({ labels }: Pick<Snapshot, 'labels'>): LabelView[] {
  return labels.map((label) => ({ name: displayText(label), url: urls.snapshots({ label }) }));
}

function noteLine(note: string): string | undefined {
  const [line = '', ...more] = note.split('\n');
  if (line === '') return undefined;
  return more.length > 0 ? `${displayText(line)} …` : displayText(line);
}

/** Undefined: nothing is to remove it. */
export function pendingText(
  { pendingDeletionAt, pendingRule, removedAt }: Snapshot,
  now: Date,
): string | undefined {
  if (pendingDeletionAt === null || removedAt !== null) return undefined;
  const why =
    pendingRule === null
      ? ''
      : t(' because {pendingRule}', { pendingRule: displayText(pendingRule) });
  return t('Pending deletion on {moment} {zone}{why}', {
    moment: timeView(pendingDeletionAt, now).moment,
    zone: currentZone(),
    why,
  });
}

/** Damage outranks the state a snapshot was published with. */
export function snapshotState(
  snapshot: Pick<Snapshot, 'state' | 'isDamaged' | 'missingAt'>,
): StateView {
  if (snapshot.missingAt !== null) return stateView('missing');
  return stateView(snapshot.isDamaged ? 'damaged' : snapshot.state);
}

export function isRestorable(
  snapshot: Pick<Snapshot, 'state' | 'removedAt' | 'missingAt'>,
): boolean {
  if (snapshot.removedAt !== null || snapshot.missingAt !== null) return false;
  return snapshot.state === 'complete' || snapshot.state === 'incomplete';
}

const PHASES: Record<Progress['phase'], string> = {
  preparing: msg('Preparing'),
  scanning: msg('Looking for files'),
  storing: msg('Storing'),
  publishing: msg('Publishing'),
  planning: msg('Planning'),
  restoring: msg('Restoring'),
  verifying: msg('Verifying'),
  finishing: msg('Finishing'),
  reading: msg('Reading snapshot files'),
  removing: msg('Removing'),
};

export interface ProgressView {
  /** Says what the bar is about, for those who do not see it. */
  label: string;
  /** Of 1000; undefined while the end is not known. */
  value: number | undefined;
  percent: string | undefined;
  phase: string;
  amount: string;
  eta: string | undefined;
  current: string | undefined;
}

export function toProgress(progress: Progress, label: string): ProgressView {
  const value = permille(progress);
  return {
    label,
    value,
    percent: value === undefined ? undefined : `${Math.floor(value / 10)} %`,
    phase: t(PHASES[progress.phase]),
    amount: amountText(progress),
    eta:
      progress.etaSeconds === undefined
        ? undefined
        : t('{time} left', { time: durationText(progress.etaSeconds) }),
    current: progress.current === undefined ? undefined : displayText(progress.current),
  };
}

function permille(progress: Progress): number | undefined {
  const { bytes, totalBytes, files, totalFiles } = progress;
  if (totalBytes !== undefined && totalBytes > 0) return share(bytes, totalBytes);
  if (totalFiles !== undefined && totalFiles > 0) return share(files, totalFiles);
  return undefined;
}

/** How much of a whole, in thousandths; 0 of nothing. */
export function share(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(1000, Math.round((part / whole) * 1000));
}

function amountText(progress: Progress): string {
  const files =
    progress.totalFiles === undefined
      ? t('{count, plural, one {# file} other {# files}}', { count: progress.files })
      : t('{files} of {totalFiles}', {
          files: countText(progress.files),
          totalFiles: t('{count, plural, one {# file} other {# files}}', {
            count: progress.totalFiles,
          }),
        });
  const bytes =
    progress.totalBytes === undefined
      ? sizeText(progress.bytes)
      : t('{bytes} of {totalBytes}', {
          bytes: sizeText(progress.bytes),
          totalBytes: sizeText(progress.totalBytes),
        });
  return `${files}, ${bytes}`;
}
