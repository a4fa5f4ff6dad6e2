/** So many per second on average, shared by all who take. */
import type { Sleep } from './sleep.js';

/** What was not used is kept for so long. */
const BURST_MS = 1000;
/** A timer is no more exact than this; what is shorter stays owed. */
const SHORTEST_WAIT_MS = 5;

export interface TokenBucketOptions {
  perSecond: number;
  nowMs: () => number;
  sleep: Sleep;
}

export class TokenBucket {
  /** When all that was taken so far is paid; in the past when there is something left. */
  #paidAtMs: number;

  constructor(private readonly options: TokenBucketOptions) {
    this.#paidAtMs = options.nowMs();
  }

  /** Resolves when they may be used. Aborted, it rejects and what was taken is given back. */
  async take(count: number, signal: AbortSignal | undefined): Promise<void> {
    const { perSecond, nowMs, sleep } = this.options;
    const costMs = (count * 1000) / perSecond;
    this.#paidAtMs = Math.max(this.#paidAtMs, nowMs() - BURST_MS) + costMs;
    const waitMs = this.#paidAtMs - nowMs();
    if (waitMs < SHORTEST_WAIT_MS) return;
    try {
      await sleep(waitMs, signal);
    } catch (error) {
      this.#paidAtMs -= costMs;
      throw error;
    }
  }
}
