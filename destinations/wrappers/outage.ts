/**
 * How long a stretch of failures may last, and how long to wait between two tries: exponentially
 * growing with jitter up to a limit. Used where a call as a whole can be repeated, and inside a
 * `put` of a stream, where only the part at hand can be.
 */
import { AppError } from '../../daemon/platform/errors.js';
import { abortable } from '../destination-error.js';
import { realSleep, type Sleep } from './sleep.js';

export interface RetryOptions {
  /** Before the second try; doubled for each further one. */
  firstDelayMs: number;
  maxDelayMs: number;
  /** No further try begins this long after the first failure of an outage. */
  deadlineMs: number;
  nowMs: () => number;
  sleep: Sleep;
  /** From 0 to 1. */
  random: () => number;
  /** For the log. */
  onRetry: (error: AppError, delayMs: number) => void;
}

export const DEFAULT_RETRY: RetryOptions = {
  firstDelayMs: 500,
  maxDelayMs: 30_000,
  deadlineMs: 10 * 60_000,
  nowMs: Date.now,
  sleep: realSleep,
  random: Math.random,
  onRetry: () => undefined,
};

/** One stretch of failures: how long it lasts, and how long to wait until the next try. */
export class Outage {
  #failures = 0;
  #sinceMs = 0;

  constructor(
    private readonly options: RetryOptions,
    private readonly signal: AbortSignal | undefined,
    private readonly what: string,
  ) {}

  /** Something worked. */
  end(): void {
    this.#failures = 0;
  }

  /** Returns when it is time to try again; throws the error when it is not worth it. */
  async wait(error: unknown): Promise<void> {
    if (!(error instanceof AppError) || !error.isRetryable) throw error;
    const { firstDelayMs, maxDelayMs, deadlineMs, nowMs, random, sleep, onRetry } = this.options;
    if (this.#failures === 0) this.#sinceMs = nowMs();
    const longest = Math.min(maxDelayMs, firstDelayMs * 2 ** this.#failures);
    const delayMs = Math.round(longest * (0.5 + random() / 2));
    this.#failures++;
    if (nowMs() + delayMs - this.#sinceMs > deadlineMs) throw error;
    onRetry(error, delayMs);
    await abortable(sleep(delayMs, this.signal), this.signal, this.what);
  }
}

/** Does `work` until it succeeds, fails for good, or the outage lasts too long. */
export async function retried<T>(
  work: () => Promise<T>,
  how: { retry: RetryOptions; signal: AbortSignal | undefined; what: string },
): Promise<T> {
  const outage = new Outage(how.retry, how.signal, how.what);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      await outage.wait(error);
    }
  }
}
