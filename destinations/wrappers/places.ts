/** So many at once, first come, first served. */
import { abortable } from '../destination-error.js';

export class Places {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Runs `work` in a place, or throws `cancelled` when the signal aborts before there is one. */
  async use<T>(signal: AbortSignal | undefined, what: string, work: () => Promise<T>): Promise<T> {
    await this.#enter(signal, what);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(signal: AbortSignal | undefined, what: string): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    let enter = (): void => undefined;
    const entered = new Promise<void>((resolve) => {
      enter = resolve;
      this.#waiting.add(enter);
    });
    try {
      await abortable(entered, signal, what);
    } catch (error) {
      // The place may have been given just before the abort was seen.
      if (!this.#waiting.delete(enter)) this.#leave();
      throw error;
    }
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
