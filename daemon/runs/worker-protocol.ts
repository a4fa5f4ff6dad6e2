/**
 * What the daemon and a worker process say to each other over the IPC channel. Plain data only.
 * Secrets travel here and never in argv or the environment.
 */
import type {
  BackupRequest,
  DownloadRequest,
  DownloadResult,
  Progress,
  RestorePreview,
  RestoreReport,
  RestoreRequest,
  SnapshotSummary,
  VerifyReport,
} from '../engine/types.js';
import type { DestinationSpec } from '../jobs/destination-opener.js';
import type { ErrorKind } from '../platform/errors.js';

export interface WorkPriority {
  nice: number;
  ioClass: 'idle' | 'best-effort' | 'none';
  ioLevel: number;
}

export type Work =
  | { kind: 'backup'; request: BackupRequest }
  | { kind: 'restore'; request: RestoreRequest }
  | { kind: 'preview'; request: RestoreRequest }
  | { kind: 'download'; request: DownloadRequest }
  | { kind: 'verify'; request: { snapshotKey: string; trustedKeysPem: string[] } }
  | { kind: 'remove'; request: { snapshotKey: string } }
  | { kind: 'scrub'; request: { accountPrefix: string } };

export interface WorkOrder {
  work: Work;
  destination: DestinationSpec;
  priority: WorkPriority;
  threads: number;
}

/** What each kind of work answers when it is done. */
export interface WorkResults {
  backup: SnapshotSummary;
  restore: RestoreReport;
  preview: RestorePreview;
  download: DownloadResult;
  verify: VerifyReport;
  remove: { removedObjects: number; freedBytes: number };
  scrub: { removedObjects: number; freedBytes: number };
}

export interface WorkError {
  kind: ErrorKind;
  code: string;
  message: string;
  details: Record<string, unknown>;
  isRetryable: boolean;
}

export type ToWorker = { type: 'start'; order: WorkOrder } | { type: 'cancel' };

export type FromWorker =
  | { type: 'progress'; progress: Progress }
  | { type: 'log'; level: 'info' | 'warn' | 'error'; message: string }
  | { type: 'done'; result: WorkResults[keyof WorkResults] }
  | { type: 'failed'; error: WorkError };
