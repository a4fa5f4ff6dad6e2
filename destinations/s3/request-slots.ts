/** How many requests may be under way at once; the others wait their turn. */
import { abortable } from '../destination-error.js';

export class RequestSlots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Runs `work` when there is a slot; `what` is for the message when the signal aborts before. */
  async use<T>(work: () => Promise<T>, signal: AbortSignal | undefined, what: string): Promise<T> {
    await this.#take(signal, what);
    try {
      return await work();
    } finally {
      this.#giveBack();
    }
  }

  async #take(signal: AbortSignal | undefined, what: string): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    let onTurn = (): void => undefined;
    const turn = new Promise<void>((resolve) => (onTurn = resolve));
    this.#waiting.push(onTurn);
    try {
      await abortable(turn, signal, what);
    } catch (error) {
      const at = this.#waiting.indexOf(onTurn);
      // Not waiting any more: its turn came at the same moment.
      if (at === -1) this.#giveBack();
      else this.#waiting.splice(at, 1);
      throw error;
    }
  }

  #giveBack(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
