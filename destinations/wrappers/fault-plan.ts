/** Which call of a faulty destination goes wrong, and how. Decided by a list or by a seed. */
import type { DestinationErrorCode } from '../destination.js';

export type FaultyCall = 'put' | 'get' | 'stat' | 'list' | 'remove' | 'sweep' | 'usage' | 'probe';

export type Fault =
  /** Fails before anything was done. */
  | { fault: 'fail'; code?: DestinationErrorCode; isRetryable?: boolean }
  /** Does it all, then fails: the answer was lost. */
  | { fault: 'lose-answer' }
  /** `put` and `get`: the stream breaks after so many bytes; `list`: after so many objects. */
  | { fault: 'cut'; after: number; isRetryable?: boolean }
  /** `get`: the stream just ends after so many bytes, without an error. */
  | { fault: 'end-early'; after: number }
  /** `put` and `get`: one bit of the byte at this offset is wrong, silently. */
  | { fault: 'flip'; atByte: number }
  /** `put`, `stat` and `list`: sizes are told wrong by so many bytes. */
  | { fault: 'lie'; byBytes: number };

/** The fault of the `nth` (from 1) call of this kind, if any. */
export type FaultPlan = (call: FaultyCall, nth: number) => Fault | undefined;

/** `nth` left out: every call of that kind. The first that fits counts. */
export type PlannedFault = Fault & { call: FaultyCall; nth?: number };

export function plannedFaults(faults: readonly PlannedFault[]): FaultPlan {
  return (call, nth) =>
    faults.find((fault) => fault.call === call && (fault.nth === undefined || fault.nth === nth));
}

/**
 * Retryable faults in a share `rate` (0–1) of all calls, always the same for a seed; never more
 * than two of a kind in a row, so that a caller who tries three times gets through.
 */
export function randomFaults(seed: number, rate: number): FaultPlan {
  const random = seededRandom(seed);
  const inARow = new Map<FaultyCall, number>();
  return (call) => {
    const isHit = random() < rate;
    const choice = random();
    const after = Math.floor(random() * 2_000_000);
    const before = inARow.get(call) ?? 0;
    if (!isHit || before >= 2) {
      inARow.set(call, 0);
      return undefined;
    }
    inARow.set(call, before + 1);
    if (choice < 0.4) return { fault: 'fail', isRetryable: true };
    if (choice < 0.6 && call !== 'get') return { fault: 'lose-answer' };
    return { fault: 'cut', after, isRetryable: true };
  };
}

/** Mulberry32: small, well spread, and the same everywhere. Never for secrets. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
