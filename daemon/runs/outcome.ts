/**
 * How tasks end, and what a run makes of it. One of the three places that translate errors: here
 * an error becomes a task's state, a sentence in its row, and the answer to "shall we try again?".
 * Pure: rows and clocks stay outside.
 */
import { AppError, toAppError, type ErrorKind } from '../platform/errors.js';
import type { RunState } from './run.entity.js';
import type { WorkError } from './worker-protocol.js';

/** Kinds for which doing it again cannot help, whatever the error says of itself. */
const NEVER_RETRIED: ReadonlySet<ErrorKind> = new Set([
  'input',
  'not-found',
  'denied',
  'integrity',
  'cancelled',
]);

/**
 * A run's state from those of its tasks. While one is waiting or working the run is under way;
 * afterwards the worst cut wins: interrupted, cancelled; then all failed is `failed`, and some
 * failed or incomplete is `incomplete`. A run without tasks is complete.
 */
export function runStateOf(tasks: readonly RunState[]): RunState {
  const has = (state: RunState): boolean => tasks.includes(state);
  if (tasks.length > 0 && tasks.every((state) => state === 'queued')) return 'queued';
  if (has('running') || has('queued')) return 'running';
  if (has('interrupted')) return 'interrupted';
  if (has('cancelled')) return 'cancelled';
  if (tasks.length > 0 && tasks.every((state) => state === 'failed')) return 'failed';
  if (has('failed') || has('incomplete')) return 'incomplete';
  return 'complete';
}

/** Why the daemon stopped a worker, when it did. */
export type StopReason = 'user' | 'shutdown';

/** The state of a task whose work threw. */
export function taskStateOf(
  error: WorkError,
  stoppedBy: StopReason | undefined,
): 'failed' | 'cancelled' | 'interrupted' {
  if (stoppedBy === 'shutdown') return 'interrupted';
  if (stoppedBy === 'user' || error.kind === 'cancelled') return 'cancelled';
  return 'failed';
}

/** Whether the same task may work later. Sources and destinations know it themselves; a conflict
 * passes, and a worker that died may have been killed for reasons of the hour. */
export function canBeRetried(error: WorkError): boolean {
  if (NEVER_RETRIED.has(error.kind)) return false;
  if (error.kind === 'source' || error.kind === 'destination') return error.isRetryable;
  return true;
}

/** Whether a task that failed at its n-th attempt is tried again. */
export function retryDecision(error: WorkError, attempts: number, retries: number): boolean {
  return attempts <= retries && canBeRetried(error);
}

/** Any error as plain data for the IPC channel and the catalogue. */
export function toWorkError(error: unknown): WorkError {
  const { kind, code, message, details, isRetryable } = toAppError(error);
  return { kind, code, message, details: plainDetails(details), isRetryable };
}

/** An error as a worker told it. */
export function fromWorkError({ kind, code, message, details, isRetryable }: WorkError): AppError {
  return new AppError(kind, code, message, { details, isRetryable });
}

/** Details that survive structured clone and JSON; what does not is said in words. */
function plainDetails(details: Record<string, unknown>): Record<string, unknown> {
  try {
    const text = JSON.stringify(details, (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { note: 'The details could not be written down.' };
  }
}
