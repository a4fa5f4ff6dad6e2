/**
 * What a batch of snapshot files means for the rows of the catalogue. Pure: snapshot-index.service
 * reads the rows and writes what is decided here. Nothing is ever deleted; a row whose file is gone
 * is marked missing, and is as it was once the file is found again.
 */
import type { Account } from '../accounts/account.entity.js';
import type { FoundFile } from '../engine/types.js';
import type { Snapshot } from './snapshot.entity.js';

export type ReindexProblemKind = 'missing' | 'damaged' | 'foreign';

/** What a reindex has found so far; the result of its task. */
export interface ReindexReport {
  /** Snapshot files that were read, whatever came of it. */
  files: number;
  /** Of them, those that can be used. */
  found: number;
  added: number;
  unchanged: number;
  /** In the catalogue, but their file is gone. */
  missing: number;
  damaged: number;
  /** Signed by a server that is not trusted here. */
  foreign: number;
  /** Of an account that is no longer on this server; counted at the end. */
  orphaned: number;
  /** The first few hundred. */
  problems: { kind: ReindexProblemKind; key: string; message: string }[];
  servers: { serverId: string; name: string; keyFingerprint: string; snapshots: number }[];
  /** Everything up to this key has been dealt with. */
  lastKey: string | null;
}

export type FoundSnapshot = Extract<FoundFile, { kind: 'snapshot' }>;

export interface BatchQuestion {
  files: readonly FoundFile[];
  /** Every row of the destination in the range of the batch, by key. */
  rows: ReadonlyMap<string, Snapshot>;
  /** Ids of the batch that are taken by a snapshot elsewhere. */
  takenIds: ReadonlySet<string>;
  /** By key of the found snapshot. */
  owners: ReadonlyMap<string, Pick<Account, 'id'>>;
  /** When this attempt began: what changed since then is not judged. */
  begunAt: string;
  now: string;
}

export interface BatchPlan {
  added: FoundSnapshot[];
  changed: { id: string; change: Partial<Snapshot> }[];
  report: ReindexReport;
}

const MAX_PROBLEMS = 300;
const MAX_SERVERS = 50;
const GONE = 'The snapshot file is no longer at the destination.';
const UNTRUSTED = 'The snapshot file is signed by a server that is not trusted here.';
const TAKEN = 'Another snapshot has its id already.';

export function emptyReport(): ReindexReport {
  const counts = { files: 0, found: 0, added: 0, unchanged: 0 };
  const others = { missing: 0, damaged: 0, foreign: 0, orphaned: 0 };
  return { ...counts, ...others, problems: [], servers: [], lastKey: null };
}

/** `before` is not changed. */
export function planBatch(before: ReindexReport, question: BatchQuestion): BatchPlan {
  const servers = before.servers.map((server) => ({ ...server }));
  const report = { ...before, problems: [...before.problems], servers };
  const plan: BatchPlan = { added: [], changed: [], report };
  const seen = new Set<string>();
  for (const file of question.files) {
    seen.add(file.key);
    report.files += 1;
    if (file.kind === 'snapshot') planFound(file, question, plan);
    else planUnusable(file, question, plan);
  }
  for (const [key, row] of question.rows) {
    if (!seen.has(key)) planMissing(row, question, plan);
  }
  return plan;
}

function planFound(file: FoundSnapshot, question: BatchQuestion, plan: BatchPlan): void {
  const { report } = plan;
  const row = question.rows.get(file.key);
  if (row === undefined && question.takenIds.has(file.summary.id)) {
    report.damaged += 1;
    tell(report, 'damaged', file.key, TAKEN);
    return;
  }
  const owner = question.owners.get(file.key);
  report.found += 1;
  if (row === undefined) {
    report.added += 1;
    plan.added.push(file);
    return;
  }
  const isNew = isBack(row, question.begunAt);
  if (isNew) report.added += 1;
  else report.unchanged += 1;
  // Whoever makes or removes it right now says what comes of it.
  if (row.state === 'in-progress' || isRecent(row.removedAt, question.begunAt)) return;
  const change: Partial<Snapshot> = {
    ...(isNew ? { ...countsOf(file), removedAt: null } : {}),
    ...mended(row),
    ...(owner === undefined || owner.id === row.accountId ? {} : { accountId: owner.id }),
  };
  if (Object.keys(change).length > 0) plan.changed.push({ id: row.id, change });
}

/** Takes back what an earlier reindex found wrong. Damage that a verification found stays. */
function mended({ remark, missingAt }: Snapshot): Partial<Snapshot> {
  if (remark === null && missingAt === null) return {};
  const change = { missingAt: null, remark: null };
  return missingAt === null ? { ...change, isDamaged: false } : change;
}

/** Missing, removed, or left by a backup that was taken for failed: its file is there all the same. */
function isBack(row: Snapshot, begunAt: string): boolean {
  if (row.removedAt !== null) return !isRecent(row.removedAt, begunAt);
  return row.missingAt !== null || row.state === 'failed';
}

function planUnusable(
  file: Exclude<FoundFile, FoundSnapshot>,
  question: BatchQuestion,
  { changed, report }: BatchPlan,
): void {
  const message = file.kind === 'damaged' ? file.message : UNTRUSTED;
  report[file.kind] += 1;
  tell(report, file.kind, file.key, message);
  if (file.kind === 'foreign') countServer(report, file);
  const row = question.rows.get(file.key);
  if (row?.removedAt !== null || !isRestorableState(row)) return;
  const isMarked = row.isDamaged && row.missingAt === null;
  if (!isMarked) {
    const change = { isDamaged: true, missingAt: null, remark: message };
    changed.push({ id: row.id, change });
  }
}

function planMissing(row: Snapshot, question: BatchQuestion, { changed, report }: BatchPlan): void {
  const isJudged = row.removedAt === null && isRestorableState(row);
  if (!isJudged || isRecent(row.finishedAt, question.begunAt)) return;
  report.missing += 1;
  tell(report, 'missing', row.key, GONE);
  if (row.missingAt !== null) return;
  changed.push({ id: row.id, change: { missingAt: question.now, remark: GONE } });
}

function isRestorableState({ state }: Snapshot): boolean {
  return state === 'complete' || state === 'incomplete';
}

function isRecent(instant: string | null, begunAt: string): boolean {
  return instant !== null && instant >= begunAt;
}

/** Of snapshots of what a restore was about to replace. */
export const SAFETY_TRIGGER = 'safety';

/** What the file says of the snapshot, for its row. */
export function countsOf({ summary }: Pick<FoundSnapshot, 'summary'>) {
  const { state, structure, startedAt, finishedAt, entries, files } = summary;
  const { contentBytes, storedBytes, problems, excluded } = summary;
  const counts = { entries, files, contentBytes, storedBytes, problems, excluded };
  const isSafety = summary.trigger === SAFETY_TRIGGER;
  return { state, structure, startedAt, finishedAt, isSafety, ...counts, summary };
}

function tell(
  { problems }: ReindexReport,
  kind: ReindexProblemKind,
  key: string,
  message: string,
): void {
  if (problems.length < MAX_PROBLEMS) problems.push({ kind, key, message });
}

function countServer(
  { servers }: ReindexReport,
  { serverId, serverName, keyFingerprint }: Extract<FoundFile, { kind: 'foreign' }>,
): void {
  const known = servers.find(
    (server) => server.serverId === serverId && server.keyFingerprint === keyFingerprint,
  );
  if (known !== undefined) {
    known.snapshots += 1;
    return;
  }
  if (servers.length >= MAX_SERVERS) return;
  servers.push({ serverId, name: serverName, keyFingerprint, snapshots: 1 });
}
