/**
 * Every error Holdfast throws on purpose.
 *
 * A message says what was attempted, on what, and what to do next; it never holds a secret. What is
 * refused (`input`, `not-found`, `denied`, `conflict`) is said through `t`, in the language of whoever
 * asked; what went wrong (all other kinds) in English: the log and the rows tell of it, too.
 * Only three places translate errors for the outside: the HTTP filter, a run's outcome and the
 * command line's exit code. Form problems are values (`Problem[]`), not exceptions.
 */

export type ErrorKind =
  | 'input'
  | 'not-found'
  | 'denied'
  | 'conflict'
  | 'source'
  | 'destination'
  | 'integrity'
  | 'cancelled'
  | 'bug';

/** One thing wrong with one field of an input; `field` is a dotted path, '' for the whole. */
export interface Problem {
  field: string;
  message: string;
}

export interface AppErrorOptions {
  cause?: unknown;
  /** Facts for the log and the API; never a secret. */
  details?: Record<string, unknown>;
  /** Only meaningful for `source` and `destination`: whether doing it again may help. */
  isRetryable?: boolean;
}

export class AppError extends Error {
  readonly kind: ErrorKind;
  /** Stable, dotted: `destination.full`, `account.not-found`. */
  readonly code: string;
  readonly details: Record<string, unknown>;
  readonly isRetryable: boolean;

  constructor(kind: ErrorKind, code: string, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.kind = kind;
    this.code = code;
    this.details = options.details ?? {};
    this.isRetryable = options.isRetryable ?? false;
  }
}

/** An `input` error that carries every problem found, for forms and the API. */
export function inputError(code: string, message: string, problems: Problem[]): AppError {
  return new AppError('input', code, message, { details: { problems } });
}

export function cancelled(what: string): AppError {
  return new AppError('cancelled', 'run.cancelled', `${what} was cancelled.`);
}

/** The error as an AppError; anything unknown is a `bug` with the original as its cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AppError('bug', 'bug', `Unexpected: ${message}`, { cause: error });
}

/** The system's error code (`ENOENT`, `EXDEV`, …) when there is one. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
