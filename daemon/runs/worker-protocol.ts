/**
 * What the daemon and a worker process say to each other over the IPC channel. Plain data only.
 * Secrets travel here and never in argv or the environment.
 */
import type {
  BackupTarget,
  CaptureRequest,
  DownloadRequest,
  DownloadResult,
  ErasedBatch,
  EraseResult,
  FoundBatch,
  KeepRequest,
  Progress,
  ReindexRequest,
  RestorePreview,
  RestoreReport,
  RestoreRequest,
  SnapshotSummary,
  UndoRequest,
  VerifyReport,
} from '../engine/types.js';
import type { PruneBatch, PruneReport, PruneRequest } from '../engine/manifest/prune-types.js';
import type { ReindexReport } from './index-plan.js';
import type { DestinationSpec } from '../jobs/destination-opener.js';
import type { ErrorKind } from '../platform/errors.js';

export interface WorkPriority {
  nice: number;
  ioClass: 'idle' | 'best-effort' | 'none';
  ioLevel: number;
}

export type Work =
  | { kind: 'restore'; request: RestoreRequest }
  | { kind: 'preview'; request: RestoreRequest }
  | { kind: 'undo'; request: UndoRequest }
  | { kind: 'preview-undo'; request: UndoRequest }
  | { kind: 'download'; request: DownloadRequest }
  | { kind: 'verify'; request: { snapshotKey: string; trustedKeysPem: string[] } }
  | { kind: 'remove'; request: { snapshotKey: string } }
  | { kind: 'reindex'; request: ReindexRequest }
  | { kind: 'erase'; request: { serverId: string } }
  | { kind: 'prune'; request: PruneRequest }
  | { kind: 'scrub'; request: { accountPrefix: string } };

export interface WorkOrder {
  work: Work;
  destination: DestinationSpec;
  priority: WorkPriority;
  threads: number;
  /** Of a restore or undo that can be undone. `destination`: where the safety snapshot goes. */
  keeping?: { request: KeepRequest; destination?: DestinationSpec };
}

/** One capture of an account for one or several destinations. */
export interface BackupOrder extends Pick<WorkOrder, 'priority' | 'threads'> {
  work: { kind: 'backup'; request: CaptureRequest };
  targets: (Pick<BackupTarget, 'snapshotId' | 'parent' | 'pageCache'> & {
    destination: DestinationSpec;
  })[];
}

/** Brings the history index of an account up to date (daemon/history). */
export interface HistoryOrder extends Pick<WorkOrder, 'priority' | 'threads'> {
  work: { kind: 'history'; request: HistoryRequest };
  /** What is not in the index yet, by destination. */
  sources: { destination: DestinationSpec; snapshots: HistorySnapshot[] }[];
}

export interface HistoryRequest {
  /** The index: an absolute path. */
  file: string;
  /** Ids of all that are to be in it in the end; the others are taken out. */
  wanted: string[];
}

export interface HistorySnapshot {
  id: string;
  startedAt: string;
  snapshotKey: string;
  trustedKeysPem: string[];
}

/** What was done to a history index. */
export interface HistoryUpdate {
  added: number;
  removed: number;
  /** Manifest pages that were read; those that a neighbour has, too, are not. */
  readPages: number;
  /** What could not be read, and why; it is tried again the next time. */
  failed: { id: string; message: string }[];
}

/** How one target of a backup ended. */
export type TargetEnd = { summary: SnapshotSummary } | { error: WorkError };

/** What each kind of work answers when it is done. */
export interface WorkResults {
  /** Of each target, told when it ends; in the end the worker only says how many there were. */
  backup: SnapshotSummary;
  capture: { targets: number };
  restore: RestoreReport;
  preview: RestorePreview;
  undo: RestoreReport;
  'preview-undo': RestorePreview;
  download: DownloadResult;
  verify: VerifyReport;
  remove: { removedObjects: number; freedBytes: number };
  /** The worker answers what it read; the task keeps the report. */
  reindex: { files: number; bytes: number } | ReindexReport;
  erase: EraseResult;
  prune: PruneReport;
  scrub: { removedObjects: number; freedBytes: number };
  history: HistoryUpdate;
}

/** What long work tells before it is done, so that it need not be done again. */
export type WorkBatch = FoundBatch | ErasedBatch | PruneBatch | KeptBatch;

/** What a restore will replace is published as a safety snapshot; nothing is written before this
 * is taken down. */
export interface KeptBatch {
  kind: 'kept';
  summary: SnapshotSummary;
}

export interface WorkError {
  kind: ErrorKind;
  code: string;
  message: string;
  details: Record<string, unknown>;
  isRetryable: boolean;
}

export type ToWorker =
  | { type: 'start'; order: WorkOrder | BackupOrder | HistoryOrder }
  | { type: 'cancel' }
  | { type: 'continue' };

export type FromWorker =
  | { type: 'progress'; progress: Progress }
  /** `target`: what a backup says of one of its targets alone, by its place in the order. */
  | { type: 'log'; level: 'info' | 'warn' | 'error'; message: string; target?: number }
  /** Of a backup, as soon as it is known: the worker may die before the others have ended. */
  | { type: 'target'; target: number; end: TargetEnd }
  /** The worker waits for `continue`. */
  | { type: 'batch'; batch: WorkBatch }
  | { type: 'done'; result: WorkResults[keyof WorkResults] }
  | { type: 'failed'; error: WorkError };
