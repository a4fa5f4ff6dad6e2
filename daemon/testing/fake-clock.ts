import type { Clock } from '../platform/clock.js';

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  #nowMs: number;

  constructor(start: string | Date = '2026-11-21T21:45:12.000Z') {
    this.#nowMs = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  set(instant: string | Date): void {
    this.#nowMs = new Date(instant).getTime();
  }

  advanceMs(milliseconds: number): void {
    this.#nowMs += milliseconds;
  }
}
