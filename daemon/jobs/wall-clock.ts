/**
 * Local times of a time zone, and the instants they are. A wall time is counted in milliseconds as
 * though it were UTC, so that it can be calculated with. Pure; the rules of zones are those of Node.
 *
 * When clocks change: a wall time that is skipped is the instant it would have been without the
 * change (02:30 becomes 03:30), one that is repeated is the first of its two instants.
 */

const DAY_MS = 24 * 60 * 60_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** What a clock on the wall shows at an instant. */
export function wallTimeOf(instantMs: number, timeZone: string): number {
  const wholeSeconds = Math.floor(instantMs / 1_000) * 1_000;
  const shown: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(wholeSeconds)) {
    shown[type] = Number(value);
  }
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (instantMs - wholeSeconds);
}

export function instantOf(wallMs: number, timeZone: string): number {
  // No zone is further than a day from UTC, and none changes its clocks twice in two days.
  const before = wallMs - offsetAt(wallMs - DAY_MS, timeZone);
  const after = wallMs - offsetAt(wallMs + DAY_MS, timeZone);
  const [first, second] = before < after ? [before, after] : [after, before];
  if (wallTimeOf(first, timeZone) === wallMs) return first;
  if (wallTimeOf(second, timeZone) === wallMs) return second;
  return before;
}

function offsetAt(instantMs: number, timeZone: string): number {
  return wallTimeOf(instantMs, timeZone) - instantMs;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formats.set(timeZone, made);
  return made;
}
