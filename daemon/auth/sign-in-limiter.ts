import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { CLOCK } from '../platform/platform.module.js';

const FREE_FAILURES = 5;
const FIRST_DELAY_MS = 30_000;
const LONGEST_DELAY_MS = 60 * 60_000;
const REMEMBERED = 10_000;

/** A name that must wait, at one address. */
export interface LockOut {
  id: string;
  /** As it was typed, in small letters; it may be no user's. */
  name: string;
  /** '' for the second step, which counts the tries of all addresses together. */
  address: string;
  failures: number;
  until: string;
}

interface Attempts {
  name: string;
  address: string;
  failures: number;
  /** Nothing is tried before then. */
  blockedUntilMs: number;
}

/**
 * Slows down guessing of one user's password from one address: after five failures the wait
 * doubles with each further one, up to an hour. Kept in memory; a restart forgets, and so does the
 * limit of remembered pairs, oldest first.
 */
@Injectable()
export class SignInLimiter {
  private readonly attempts = new Map<string, Attempts>();

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /**
   * Counts an attempt as failed before it is made, so that many at once do not slip through; throws
   * `auth.too-many-attempts` while the pair must wait.
   */
  begin(name: string, address: string): void {
    const key = keyOf(name, address);
    const nowMs = this.clock.now().getTime();
    const known = this.attempts.get(key);
    const blockedUntilMs = known?.blockedUntilMs ?? 0;
    if (blockedUntilMs > nowMs) throw tooMany(blockedUntilMs - nowMs);
    const failures = (known?.failures ?? 0) + 1;
    this.attempts.delete(key);
    this.attempts.set(key, {
      ...{ name: name.toLowerCase(), address, failures },
      blockedUntilMs: nowMs + delayAfter(failures),
    });
    this.forgetOldest();
  }

  /** The attempt was right: forget the failures. */
  succeed(name: string, address: string): void {
    this.attempts.delete(keyOf(name, address));
  }

  /** Who must wait now, the longest wait first. */
  lockOuts(): LockOut[] {
    const nowMs = this.clock.now().getTime();
    return [...this.attempts]
      .filter(([, { blockedUntilMs }]) => blockedUntilMs > nowMs)
      .toSorted(([, a], [, b]) => b.blockedUntilMs - a.blockedUntilMs)
      .map(([key, attempts]) => toLockOut(key, attempts));
  }

  /** Undefined while the pair may try. */
  lockOutOf(name: string, address: string): LockOut | undefined {
    const key = keyOf(name, address);
    const attempts = this.attempts.get(key);
    if (!attempts || attempts.blockedUntilMs <= this.clock.now().getTime()) return undefined;
    return toLockOut(key, attempts);
  }

  /** Lets the pair try again at once; undefined when there is no such lock-out. */
  lift(id: string): LockOut | undefined {
    const found = this.lockOuts().find((lockOut) => lockOut.id === id);
    if (found) this.succeed(found.name, found.address);
    return found;
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

function toLockOut(key: string, { name, address, failures, blockedUntilMs }: Attempts): LockOut {
  const id = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return { id, name, address, failures, until: new Date(blockedUntilMs).toISOString() };
}

function tooMany(waitMs: number): AppError {
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  return new AppError(
    'denied',
    'auth.too-many-attempts',
    t('Too many failed attempts to sign in. Try again in {seconds} seconds.', {
      seconds: retryAfterSeconds,
    }),
    { details: { retryAfterSeconds } },
  );
}
