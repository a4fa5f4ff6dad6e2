/** What a finished run amounts to, for lists that do not read its tasks. Pure. */
import type { Task } from './task.entity.js';

/** Numbers that tasks of every kind report under one of these names are added up. */
const ADDED = [
  'entries',
  'files',
  'bytes',
  'contentBytes',
  'storedBytes',
  'problems',
  'excluded',
  'removedObjects',
  'freedBytes',
  'damageCount',
  'problemCount',
  'found',
  'added',
  'unchanged',
  'missing',
  'damaged',
  'foreign',
  'orphaned',
  'snapshots',
  'waitingObjects',
  'waitingBytes',
  'keptObjects',
  'keptBytes',
] as const;

/** `{tasks: {complete: 3}, files: 12, …}`: states counted, results added up. */
export function summarise(
  tasks: readonly Pick<Task, 'state' | 'result'>[],
): Record<string, unknown> {
  const states: Record<string, number> = {};
  const totals: Record<string, number> = {};
  for (const { state, result } of tasks) {
    states[state] = (states[state] ?? 0) + 1;
    for (const name of ADDED) {
      const value =
        result === null ? undefined : (result as unknown as Record<string, unknown>)[name];
      if (typeof value === 'number') totals[name] = (totals[name] ?? 0) + value;
    }
  }
  return { tasks: states, ...totals };
}
