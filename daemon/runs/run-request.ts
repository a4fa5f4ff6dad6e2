/**
 * What a run was asked to do, as its row keeps it: enough to do the work after a restart, and to
 * do it again. A backup keeps the job's settings of the moment it was started, so that changing
 * or removing the job does not change a run under way.
 */
import type { RestoreTarget, Selection, Structure } from '../engine/types.js';
import type { AcceptedCondition } from './condition-rules.js';
import type { ReindexReport } from './index-plan.js';
import type { Run } from './run.entity.js';

export interface BackupRunRequest {
  job: { id: string; name: string };
  structure: Structure;
  excludes: string[];
  useDefaultExcludes: boolean;
  skipWordpressCore?: boolean;
  retries: number;
  /** Only these of the job's accounts; a run of all has none. */
  accounts?: string[];
  /** What whoever asked says of it, for its snapshots. */
  note?: string;
  isTenantRequest?: boolean;
}

export interface RestoreRunRequest {
  /** Texts that whoever asked has accepted, as they were then. */
  accepted?: AcceptedCondition[];
  snapshotId: string;
  selection: Selection;
  target: RestoreTarget;
  isTenantRequest: boolean;
  /** Another account than the snapshot's, whose home is written. */
  intoAccountId?: string;
  /** What it replaces is not kept first; it cannot be undone. */
  isWithoutSafety?: true;
}

/** Of a restore that takes another one back. */
export interface UndoRunRequest {
  undoOf: number;
  /** The safety snapshot; without one there was nothing to keep. */
  snapshotId?: string;
  /** Of the restore. */
  target: RestoreTarget;
  /** Also what was changed since. */
  isForced: boolean;
  isTenantRequest: boolean;
}

export interface DownloadRunRequest {
  accepted?: AcceptedCondition[];
  snapshotId: string;
  selection: Selection;
  isTenantRequest: boolean;
  /** What was left out of the selection, in sentences. */
  notes?: string[];
  /** A package that cPanel restores. */
  format?: 'cpmove';
}

/** Of `verify` and `remove`. */
export interface SnapshotRunRequest {
  snapshotId: string;
  isTenantRequest?: boolean;
}

/** Of `reindex` and `erase`. */
export interface DestinationRunRequest {
  /** Its name as it was when this was asked. */
  destination: { id: string; name: string };
  /** What an earlier, interrupted reindex had done: this one goes on from there. */
  resume?: ReindexReport;
}

/** Of `prune`. */
export interface PruneRunRequest {
  /** Its name as it was when this was asked. */
  destination: { id: string; name: string };
  /** Every account that has something there, not only those that a snapshot expired of. */
  isWhole: boolean;
}

export type RunRequest =
  | ({ kind: 'backup' } & BackupRunRequest)
  | ({ kind: 'restore' } & (RestoreRunRequest | UndoRunRequest))
  | ({ kind: 'download' } & DownloadRunRequest)
  | ({ kind: 'verify' | 'remove' } & SnapshotRunRequest)
  | ({ kind: 'reindex' | 'erase' } & DestinationRunRequest)
  | ({ kind: 'prune' } & PruneRunRequest);

/** The request of a row. The daemon wrote it, so its shape follows from the kind. */
export function requestOf(run: Pick<Run, 'kind' | 'request'>): RunRequest {
  return { ...run.request, kind: run.kind } as unknown as RunRequest;
}

/** Whether the account itself asked for it; such a run it may also cancel and repeat. */
export function isTenantRun(run: Pick<Run, 'kind' | 'request'>): boolean {
  const request = requestOf(run);
  return 'isTenantRequest' in request && request.isTenantRequest;
}
