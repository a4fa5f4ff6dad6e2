/** The few words every kind of destination needs to fail in the same way. */
import { setMaxListeners } from 'node:events';
import { AppError, cancelled, type AppErrorOptions } from '../daemon/platform/errors.js';
import type { DestinationErrorCode } from './destination.js';

export function destinationError(
  code: DestinationErrorCode,
  message: string,
  options: AppErrorOptions = {},
): AppError {
  return new AppError('destination', code, message, options);
}

export function hasDestinationCode(error: unknown, code: DestinationErrorCode): boolean {
  return error instanceof AppError && error.code === code;
}

export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw cancelled(what);
}

/**
 * Settles like `promise`, or rejects with `cancelled` as soon as the signal aborts; what the
 * promise does after that is ignored. `what` starts the sentence: "Storing x was cancelled."
 */
export async function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  what: string,
): Promise<T> {
  if (signal === undefined) return promise;
  promise.catch(() => undefined); // Its failure must not go unhandled when the abort came first.
  throwIfAborted(signal, what);
  // A task may wait at many places at once; Node would take the eleventh for a leak.
  setMaxListeners(0, signal);
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(cancelled(what));
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
