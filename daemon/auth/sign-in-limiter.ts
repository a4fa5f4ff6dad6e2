import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';

const FREE_FAILURES = 5;
const FIRST_DELAY_MS = 30_000;
const LONGEST_DELAY_MS = 60 * 60_000;
const REMEMBERED = 10_000;

interface Attempts {
  failures: number;
  /** Nothing is tried before then. */
  blockedUntilMs: number;
}

/**
 * Slows down guessing of one user's password from one address: after five failures the wait
 * doubles with each further one, up to an hour. Kept in memory; a restart forgets, and so does the
 * limit of remembered pairs, oldest first.
 */
export class SignInLimiter {
  private readonly attempts = new Map<string, Attempts>();

  constructor(private readonly clock: Clock) {}

  /**
   * Counts an attempt as failed before it is made, so that many at once do not slip through; throws
   * `auth.too-many-attempts` while the pair must wait.
   */
  begin(name: string, address: string): void {
    const key = keyOf(name, address);
    const nowMs = this.clock.now().getTime();
    const known = this.attempts.get(key) ?? { failures: 0, blockedUntilMs: 0 };
    if (known.blockedUntilMs > nowMs) throw tooMany(known.blockedUntilMs - nowMs);
    const failures = known.failures + 1;
    this.attempts.delete(key);
    this.attempts.set(key, { failures, blockedUntilMs: nowMs + delayAfter(failures) });
    this.forgetOldest();
  }

  /** The attempt was right: forget the failures. */
  succeed(name: string, address: string): void {
    this.attempts.delete(keyOf(name, address));
  }

  private forgetOldest(): void {
    for (const key of this.attempts.keys()) {
      if (this.attempts.size <= REMEMBERED) return;
      this.attempts.delete(key);
    }
  }
}

/** How long to wait after so many failures in a row, in milliseconds. */
export function delayAfter(failures: number): number {
  if (failures < FREE_FAILURES) return 0;
  return Math.min(FIRST_DELAY_MS * 2 ** (failures - FREE_FAILURES), LONGEST_DELAY_MS);
}

function keyOf(name: string, address: string): string {
  return `${name.toLowerCase().slice(0, 200)}\0${address}`;
}

function tooMany(waitMs: number): AppError {
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  return new AppError(
    'denied',
    'auth.too-many-attempts',
    `Too many failed attempts to sign in. Try again in ${String(retryAfterSeconds)} seconds.`,
    { details: { retryAfterSeconds } },
  );
}
