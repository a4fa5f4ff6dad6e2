/** How many restores or downloads an account may ask for itself, and when the next is possible. Pure. */
import { isTenantRun } from './run-request.js';
import type { Run } from './run.entity.js';

const HOUR_MS = 3_600_000;

export interface RestoreLimit {
  most: number;
  hours: number;
  /** How many are asked for at once. */
  count: number;
}

/** Undefined: so many more may be asked for; `never`: none at all. `runs`: of one account and kind. */
export function possibleAgain(
  runs: readonly Pick<
    Run,
    'kind' | 'request' | 'undoOf' | 'createdAt' | 'startedAt' | 'finishedAt'
  >[],
  { most, hours, count }: RestoreLimit,
  now: Date,
): Date | 'never' | undefined {
  if (most < count) return 'never';
  const since = now.getTime() - hours * HOUR_MS;
  const counting = runs.filter(isCounting).map(({ createdAt }) => Date.parse(createdAt));
  const recent = counting.filter((at) => at > since).toSorted((a, b) => a - b);
  const leaving = recent.at(count - most - 1);
  if (recent.length + count <= most || leaving === undefined) return undefined;
  return new Date(leaving + hours * HOUR_MS);
}

/** Not what an admin asked for, what only takes another one back, and what ended before it began. */
function isCounting(run: Parameters<typeof possibleAgain>[0][0]): boolean {
  const hasNotBegun = run.startedAt === null && run.finishedAt !== null;
  return isTenantRun(run) && run.undoOf === null && !hasNotBegun;
}
