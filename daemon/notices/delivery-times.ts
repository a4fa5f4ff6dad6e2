/** When messages go: digests, further attempts, and how many at once. Pure. */
import { instantOf, wallTimeOf } from '../jobs/wall-clock.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const FIRST_WAIT_MS = MINUTE_MS;
const LONGEST_WAIT_MS = HOUR_MS;

/** What is tried in vain for so long is given up. */
const GIVEN_UP_AFTER_MS = DAY_MS;

/** The next time that it is this hour on the server's wall. */
export function nextDigestAt(hour: number, now: Date, timeZone: string): Date {
  const wallMs = wallTimeOf(now.getTime(), timeZone);
  const midnightMs = Math.floor(wallMs / DAY_MS) * DAY_MS;
  for (const days of [0, 1, 2]) {
    const at = new Date(instantOf(midnightMs + days * DAY_MS + hour * HOUR_MS, timeZone));
    if (at > now) return at;
  }
  return new Date(now.getTime() + DAY_MS);
}

/** When it is tried again after so many attempts, the last of them now; undefined: never. */
export function nextAttemptAt(attempts: number, firstTriedAt: Date, now: Date): Date | undefined {
  if (now.getTime() - firstTriedAt.getTime() >= GIVEN_UP_AFTER_MS) return undefined;
  const waitMs = Math.min(FIRST_WAIT_MS * 2 ** (attempts - 1), LONGEST_WAIT_MS);
  return new Date(now.getTime() + waitMs);
}

/**
 * Which of what is due goes as which messages, when only so many more may be sent within the hour:
 * each by itself while there is room, and all that is left as one in the last place.
 */
export function planBatches<T>(due: readonly T[], places: number): T[][] {
  if (places <= 0 || due.length === 0) return [];
  if (due.length <= places) return due.map((one) => [one]);
  const single = due.slice(0, places - 1).map((one) => [one]);
  return [...single, due.slice(places - 1)];
}
