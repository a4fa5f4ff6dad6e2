/** Waiting as the wrappers do it; tests hand in one that does not wait. */
import { setTimeout as wait } from 'node:timers/promises';

/** Resolves after `ms`, or rejects with anything as soon as the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal | undefined) => Promise<void>;

export const realSleep: Sleep = async (ms, signal) => {
  await wait(ms, undefined, signal === undefined ? {} : { signal });
};
