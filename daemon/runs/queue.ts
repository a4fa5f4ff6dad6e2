/**
 * Which waiting work starts next. Pure: the queue service asks it whenever something changed.
 *
 * - At most `concurrency` at once, and one more for what someone waits for: a restore or download
 *   starts although backups hold every place. One at a time for each account, over all destinations.
 * - What is done together (`groupTasks`) takes one place.
 * - A smaller priority number goes first, then the one that waits longest.
 * - What waits for its `notBefore` does not hold its account: a restore may go in between.
 */

export interface QueuedWork {
  /** Ascending in the order of arrival. */
  id: number;
  /** Or what else only one may work on at a time. */
  accountId: string;
  /** 0 is the most urgent. */
  priority: number;
  /** Not before this instant (a retry's delay); ISO 8601 UTC. */
  notBefore?: string | null;
}

/** What tells which tasks are done together. */
export interface GroupedTask {
  runId: number;
  accountId: string | null;
  priority: number;
}

export interface RunningWork {
  accountId: string;
}

export const PRIORITIES = {
  scrub: -1,
  restore: 0,
  download: 0,
  preview: 0,
  verify: 5,
  reindex: 5,
  erase: 5,
  /** No other kind has this one: see `groupTasks`. */
  backup: 10,
  /** Nobody waits for room while backups wait. */
  remove: 15,
  prune: 20,
} as const;

/** The work to start now, in order; never more than there is room for. */
export function nextTasks<Work extends QueuedWork>(
  queued: readonly Work[],
  running: readonly RunningWork[],
  concurrency: number,
  now: Date,
): Work[] {
  const busy = new Set(running.map((work) => work.accountId));
  const chosen: Work[] = [];
  for (const work of queued.toSorted(byUrgency)) {
    const room = concurrency + (work.priority <= PRIORITIES.restore ? 1 : 0);
    if (running.length + chosen.length >= room) break;
    if (busy.has(work.accountId) || isDelayed(work, now)) continue;
    busy.add(work.accountId);
    chosen.push(work);
  }
  return chosen;
}

/**
 * What is done together, in the order of its first task: the backups of one run and one account,
 * which read it once for all their destinations; every other task by itself.
 */
export function groupTasks<T extends GroupedTask>(tasks: readonly T[]): [T, ...T[]][] {
  const groups: [T, ...T[]][] = [];
  const backups = new Map<string, [T, ...T[]]>();
  for (const task of tasks) {
    const key = `${String(task.runId)} ${task.accountId ?? ''}`;
    const isBackup = task.priority === PRIORITIES.backup;
    const group = isBackup ? backups.get(key) : undefined;
    if (group !== undefined) {
      group.push(task);
      continue;
    }
    const made: [T, ...T[]] = [task];
    groups.push(made);
    if (isBackup) backups.set(key, made);
  }
  return groups;
}

function byUrgency(a: QueuedWork, b: QueuedWork): number {
  return a.priority - b.priority || a.id - b.id;
}

function isDelayed({ notBefore }: QueuedWork, now: Date): boolean {
  return notBefore !== undefined && notBefore !== null && Date.parse(notBefore) > now.getTime();
}
