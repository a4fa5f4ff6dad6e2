/**
 * Which waiting work starts next. Pure: the queue service asks it whenever something changed.
 *
 * - At most `concurrency` at once, and one more for what someone waits for: a restore or download
 *   starts although backups hold every place. One at a time for each account, over all destinations.
 * - A smaller priority number goes first, then the one that waits longest.
 * - What waits for its `notBefore` does not hold its account: a restore may go in between.
 */

export interface QueuedWork {
  /** Ascending in the order of arrival. */
  id: number;
  accountId: string;
  /** 0 is the most urgent. */
  priority: number;
  /** Not before this instant (a retry's delay); ISO 8601 UTC. */
  notBefore?: string | null;
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
  remove: 5,
  backup: 10,
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

function byUrgency(a: QueuedWork, b: QueuedWork): number {
  return a.priority - b.priority || a.id - b.id;
}

function isDelayed({ notBefore }: QueuedWork, now: Date): boolean {
  return notBefore !== undefined && notBefore !== null && Date.parse(notBefore) > now.getTime();
}
