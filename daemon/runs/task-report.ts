/** What a worker's result means for its task, and how much of its talk the run's log keeps. Pure. */
import type { RestoreReport, SnapshotSummary } from '../engine/types.js';
import type { PruneReport } from '../engine/manifest/prune-types.js';
import type { ReindexReport } from './index-plan.js';
import type { WorkError } from './worker-protocol.js';
import type { WorkResult } from './worker-process.js';
import type { LogLevel } from './run-log.js';

export interface ResultOutcome {
  state: 'complete' | 'incomplete' | 'failed';
  level: LogLevel;
  message: string;
  error?: WorkError;
}

/** A result with a state of its own decides; others are complete. Damage is a failure. */
export function stateOfResult(result: WorkResult): ResultOutcome {
  if ('orphaned' in result) {
    const isClean = result.missing + result.damaged + result.foreign === 0;
    return { state: 'complete', level: isClean ? 'info' : 'warn', message: reindexText(result) };
  }
  if ('waitingObjects' in result) return pruned(result);
  if (!('state' in result) || result.state === 'complete') {
    return { state: 'complete', level: 'info', message: 'Complete.' };
  }
  if ('damageCount' in result) return damaged(result.damageCount);
  if ('conflicts' in result && typeof result.conflicts === 'number' && result.failed === 0) {
    return conflicting(result.conflicts);
  }
  const count = problemsIn(result);
  const message = `Incomplete: ${String(count)} ${count === 1 ? 'entry is' : 'entries are'} not whole; the report lists what.`;
  return { state: 'incomplete', level: 'warn', message };
}

/** `12 found: 3 added, 9 unchanged; 1 missing, 0 damaged, 2 foreign, 4 orphaned`. */
export function reindexText(report: ReindexReport): string {
  const { found, added, unchanged, missing, damaged: broken, foreign, orphaned } = report;
  const usable = `${String(found)} found: ${String(added)} added, ${String(unchanged)} unchanged`;
  return `${usable}; ${String(missing)} missing, ${String(broken)} damaged, ${String(foreign)} foreign, ${String(orphaned)} orphaned`;
}

/** A restore lists its problems; of those, what it could not restore counts. */
function problemsIn(result: SnapshotSummary | RestoreReport): number {
  return typeof result.problems === 'number' ? result.problems : (result as RestoreReport).failed;
}

function conflicting(count: number): ResultOutcome {
  const what = count === 1 ? 'one entry was' : `${String(count)} entries were`;
  const message = `Incomplete: ${what} changed since the restore and left alone; the report lists what. Undo with force takes that back, too.`;
  return { state: 'incomplete', level: 'warn', message };
}

function pruned(report: PruneReport): ResultOutcome {
  const isWhole = report.state === 'complete';
  return { state: report.state, level: isWhole ? 'info' : 'warn', message: pruneText(report) };
}

/** `2 snapshots and 5 objects removed, 42 bytes freed; 3 unreferenced objects (7 bytes) wait`. */
export function pruneText(report: PruneReport): string {
  const { snapshots, removedObjects, freedBytes, waitingObjects, waitingBytes } = report;
  const { keptObjects, keptBytes } = report;
  const parts = [
    `${counted(snapshots, 'snapshot')}, in all ${counted(removedObjects, 'object')} removed, ${counted(freedBytes, 'byte')} freed`,
  ];
  if (waitingObjects > 0) {
    parts.push(
      `${counted(waitingObjects, 'unreferenced object')} (${counted(waitingBytes, 'byte')}) noted, to go later`,
    );
  }
  if (keptObjects > 0) {
    parts.push(
      `${counted(keptObjects, 'object')} (${counted(keptBytes, 'byte')}) kept because of damaged snapshot files`,
    );
  }
  return parts.join('; ');
}

function counted(count: number, what: string): string {
  return `${String(count)} ${what}${count === 1 ? '' : 's'}`;
}

function damaged(count: number): ResultOutcome {
  const message = `The snapshot is damaged: ${String(count)} ${count === 1 ? 'place does' : 'places do'} not match what was stored. Do not rely on it; back up again.`;
  const details = { damageCount: count };
  const error: WorkError = {
    kind: 'integrity',
    code: 'snapshot.damaged',
    message,
    details,
    isRetryable: false,
  };
  return { state: 'failed', level: 'error', message, error };
}

const MAX_LINES = 2_000;

/** Bounds what one attempt may write to the run's log: a hostile home can make every file a line. */
export class LogLimit {
  private lines = 0;

  constructor(private readonly maxLines = MAX_LINES) {}

  /** What to write for this message; undefined for nothing. */
  admit(message: string): string | undefined {
    this.lines += 1;
    if (this.lines <= this.maxLines) return message;
    return this.lines === this.maxLines + 1
      ? 'Further lines of this task are left out.'
      : undefined;
  }
}
