/**
 * The time zone in which times are said: of whoever is answered, as `messages.ts` does for the
 * language. Stored times are UTC everywhere; a zone only matters where a time or a day is shown.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const spoken = new AsyncLocalStorage<string>();
const names = new Map<string, boolean>();
const MOST_NAMES = 1_000;

/** Whether it is the name of a zone that this Node knows, as in `Europe/Berlin`. */
export function isZone(name: string | undefined): name is string {
  // Offsets such as +02:00 are no places: they forget about summer.
  if (name === undefined || !/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return false;
  const known = names.get(name);
  if (known !== undefined) return known;
  const isKnown = canFormat(name);
  if (names.size < MOST_NAMES) names.set(name, isKnown);
  return isKnown;
}

/** Says all times that `work` says, and what it waits for, in this zone. */
export function inZone<T>(zone: string, work: () => T): T {
  return spoken.run(zone, work);
}

export function currentZone(): string {
  return spoken.getStore() ?? 'UTC';
}

function canFormat(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone }).format(0) !== '';
  } catch {
    return false;
  }
}
