import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../platform/clock.js';
import { CLOCK } from '../platform/platform.module.js';
import { newToken, tokenId } from './tokens.js';

const LIFETIME_MS = 5 * 60_000;
const TRIES = 5;
const REMEMBERED = 10_000;

/** Someone whose first factor was right. It is no session: it can do nothing but be finished. */
export interface PendingSignIn {
  userId: string;
  /** What the first factor was. */
  by: string;
  expiresMs: number;
  triesLeft: number;
}

/** Sign-ins that wait for their second step, for five minutes and five tries. A restart forgets them. */
@Injectable()
export class PendingSignIns {
  private readonly pending = new Map<string, PendingSignIn>();

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** Answers the token that the browser comes back with. */
  begin(userId: string, by: string): string {
    const nowMs = this.clock.now().getTime();
    for (const [id, { expiresMs }] of this.pending) {
      if (expiresMs > nowMs && this.pending.size < REMEMBERED) break;
      this.pending.delete(id);
    }
    const token = newToken();
    const expiresMs = nowMs + LIFETIME_MS;
    this.pending.set(tokenId(token), { userId, by, expiresMs, triesLeft: TRIES });
    return token;
  }

  find(token: string): PendingSignIn | undefined {
    const found = this.pending.get(tokenId(token));
    return found && found.expiresMs > this.clock.now().getTime() ? found : undefined;
  }

  /** Counts a try before it is made; undefined when there are none left. */
  try(token: string): PendingSignIn | undefined {
    const found = this.find(token);
    if (!found || found.triesLeft === 0) return undefined;
    found.triesLeft -= 1;
    return found;
  }

  /** False: someone else has finished it. */
  finish(token: string): boolean {
    return this.pending.delete(tokenId(token));
  }
}
