/**
 * What is done to a modelled account, each action from its own number, and which few actions of
 * many are enough to make it fail. Pure.
 */
import { pick, randomOf } from './kill-plan.js';

const KINDS = [
  ...(['change', 'change', 'change', 'change', 'back up', 'back up', 'back up'] as const),
  ...(['wait', 'lock', 'unlock', 'expire', 'expire', 'scrub', 'kill', 'reindex'] as const),
  ...(['verify', 'restore', 'restore part', 'restore in place', 'prune', 'prune'] as const),
];

export interface Action {
  kind: (typeof KINDS)[number];
  /** For whatever of it is left to chance; the same whatever else is done. */
  seed: number;
}

export function planActions(seed: number, count: number): Action[] {
  return Array.from({ length: count }, (_, index) => {
    const random = randomOf(seed, index);
    return { kind: pick(KINDS, random), seed: Math.floor(random() * 2 ** 31) };
  });
}

export function inWords(actions: readonly Action[]): string {
  return actions.map(({ kind, seed }) => `${kind} ${String(seed)}`).join(', ');
}

/**
 * As few actions as a bounded search finds that still fail (ddmin). `fails` is asked `attempts` times
 * at most.
 */
export async function shrink(
  actions: readonly Action[],
  fails: (actions: readonly Action[]) => Promise<boolean>,
  attempts: number,
): Promise<readonly Action[]> {
  let failing = actions;
  let left = attempts;
  for (let size = Math.ceil(failing.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < failing.length && left > 0;) {
      const fewer = failing.toSpliced(at, size);
      left -= 1;
      if (await fails(fewer)) failing = fewer;
      else at += size;
    }
  }
  return failing;
}
