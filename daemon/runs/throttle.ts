/**
 * Lets a value through at most once in `intervalMs` and never loses the last one: what came too
 * early is held until the interval is over or `flush` is called. Time and timers come in, so that
 * the worker, the event bus and the tests share it.
 */

export interface Throttle<Value> {
  offer(value: Value): void;
  /** Delivers what is held, at once. */
  flush(): void;
  /** Forgets what is held. */
  stop(): void;
}

export interface ThrottleTimers {
  nowMs: () => number;
  /** Calls back once after `delayMs`; returns how to cancel it. */
  after: (delayMs: number, callback: () => void) => () => void;
}

/** Real time; the timer does not keep a process alive. */
export const realTimers: ThrottleTimers = {
  nowMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

export function createThrottle<Value>(
  intervalMs: number,
  deliver: (value: Value) => void,
  timers: ThrottleTimers = realTimers,
): Throttle<Value> {
  let lastAtMs = -Infinity;
  let held: { value: Value } | undefined;
  let cancelTimer: (() => void) | undefined;

  const stop = (): void => {
    cancelTimer?.();
    cancelTimer = undefined;
    held = undefined;
  };
  const flush = (): void => {
    const waiting = held;
    stop();
    if (waiting === undefined) return;
    lastAtMs = timers.nowMs();
    deliver(waiting.value);
  };
  const offer = (value: Value): void => {
    held = { value };
    const waitMs = lastAtMs + intervalMs - timers.nowMs();
    if (waitMs <= 0) {
      flush();
      return;
    }
    cancelTimer ??= timers.after(waitMs, flush);
  };
  return { offer, flush, stop };
}
