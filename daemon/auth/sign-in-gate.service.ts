/**
 * Lets someone in whose first factor was right: at once, or, when the user has a code of an app or
 * must have one, by a second step. All ways in lead through here, so that none goes round it.
 * Neighbours: auth.service.ts checks the first factor, second-step.service.ts the second.
 */
import { Injectable } from '@nestjs/common';
import { systemActor } from './actor.js';
import type { Principal } from './actors.service.js';
import { actingSubject, EventsService } from './events.service.js';
import { PendingSignIns } from './pending-sign-ins.js';
import { SessionsService, type Browser, type SignedIn } from './sessions.service.js';
import type { LockOut } from './sign-in-limiter.js';
import { TotpService } from './totp.service.js';
import type { User } from './user.entity.js';

/** What a right first factor is answered with. */
export type SignInAnswer =
  ({ kind: 'signed-in' } & SignedIn) | { kind: 'second-step'; secondStep: string };

@Injectable()
export class SignInGate {
  constructor(
    private readonly sessions: SessionsService,
    private readonly totp: TotpService,
    private readonly pending: PendingSignIns,
    private readonly events: EventsService,
  ) {}

  /** Undefined when whom it is for is disabled or gone. `user` is the principal's, if it is one's. */
  async admit(
    { principal, user, by }: { principal: Principal; user: User | undefined; by: string },
    browser: Browser,
  ): Promise<SignInAnswer | undefined> {
    if (user && user.disabledAt !== null) return undefined;
    if (user && this.asksForCode(user)) {
      return { kind: 'second-step', secondStep: this.pending.begin(user.id, by) };
    }
    const signedIn = await this.begin(principal, by, browser);
    return signedIn && { kind: 'signed-in', ...signedIn };
  }

  /** Begins the session, when nothing more is asked for. */
  async begin(principal: Principal, by: string, browser: Browser): Promise<SignedIn | undefined> {
    const signedIn = await this.sessions.begin(principal, browser);
    if (!signedIn) return undefined;
    const { userAgent } = signedIn.session;
    const subject = actingSubject(signedIn.actor);
    await this.events.record(signedIn.actor, 'session.started', subject, { by, userAgent });
    return signedIn;
  }

  /** The typed name is kept only when it is a user's: people type passwords into that field. */
  async refuse(
    user: User | undefined,
    { address }: Browser,
    lockOut: LockOut | undefined,
  ): Promise<void> {
    const subject = { kind: 'user', id: user?.id ?? 'unknown', accountId: user?.accountId };
    const details = { address, ...(user && { name: user.name }) };
    await this.events.record(systemActor, 'session.refused', subject, details);
    if (!lockOut) return;
    const { failures, until } = lockOut;
    const locked = { ...details, failures, until };
    await this.events.record(systemActor, 'session.locked-out', subject, locked);
  }

  private asksForCode(user: User): boolean {
    if (user.totpSecret !== null) return true;
    return user.passwordHash !== null && this.totp.isRequired(user);
  }
}

export function principalOf({ id: userId, role, accountId }: User): Principal {
  return { userId, role, accountId };
}
