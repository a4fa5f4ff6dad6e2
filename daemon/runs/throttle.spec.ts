import { describe, expect, it } from 'vitest';
import { createThrottle, type ThrottleTimers } from './throttle.js';

/** Time that moves when told to, and fires the timer that is due. */
class ToldTime implements ThrottleTimers {
  private ms = 0;
  private due: { atMs: number; callback: () => void } | undefined;

  readonly nowMs = (): number => this.ms;

  readonly after = (delayMs: number, callback: () => void): (() => void) => {
    this.due = { atMs: this.ms + delayMs, callback };
    return () => {
      this.due = undefined;
    };
  };

  advance(ms: number): void {
    this.ms += ms;
    const { due } = this;
    if (due === undefined || due.atMs > this.ms) return;
    this.due = undefined;
    due.callback();
  }
}

function setUp() {
  const time = new ToldTime();
  const delivered: number[] = [];
  const throttle = createThrottle<number>(250, (value) => delivered.push(value), time);
  return { time, delivered, throttle };
}

describe('createThrottle', () => {
  it('delivers the first at once and the newest after the interval', () => {
    const { time, delivered, throttle } = setUp();
    throttle.offer(1);
    throttle.offer(2);
    time.advance(100);
    throttle.offer(3);
    expect(delivered).toEqual([1]);
    time.advance(150);
    expect(delivered).toEqual([1, 3]);
    time.advance(1_000);
    expect(delivered).toEqual([1, 3]);
  });

  it('delivers at most once in an interval, however many come', () => {
    const { time, delivered, throttle } = setUp();
    for (let i = 0; i < 1_000; i += 1) {
      throttle.offer(i);
      time.advance(1);
    }
    expect(delivered).toEqual([0, 249, 499, 749, 999].slice(0, delivered.length));
    expect(delivered.length).toBeLessThanOrEqual(5);
  });

  it('never loses the last one: flush delivers what is held, once', () => {
    const { time, delivered, throttle } = setUp();
    throttle.offer(1);
    throttle.offer(2);
    throttle.flush();
    throttle.flush();
    time.advance(1_000);
    expect(delivered).toEqual([1, 2]);
  });

  it('forgets what is held when stopped', () => {
    const { time, delivered, throttle } = setUp();
    throttle.offer(1);
    throttle.offer(2);
    throttle.stop();
    time.advance(1_000);
    expect(delivered).toEqual([1]);
  });
});
