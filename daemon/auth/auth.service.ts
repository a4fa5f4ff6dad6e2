/**
 * Signing in: by a password or by a one-time link, each answered with a session. Neighbours:
 * users.service.ts keeps users, sessions.service.ts sessions, actors.service.ts says who somebody
 * is, api-tokens.service.ts lets programs in. Never tells whether a name exists, and never lets a
 * password or a token into a log, an error or an event.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import { CLOCK } from '../platform/platform.module.js';
import { systemActor, type Actor } from './actor.js';
import { EventsService } from './events.service.js';
import { isPassword } from './passwords.js';
import { SessionsService, type Browser, type SignedIn } from './sessions.service.js';
import { SignInLimiter } from './sign-in-limiter.js';
import {
  invalidLink,
  SignInLinksService,
  type SignInLinkRequest,
} from './sign-in-links.service.js';
import type { User } from './user.entity.js';
import { UsersStore } from './users.store.js';

@Injectable()
export class AuthService {
  private readonly limiter: SignInLimiter;

  constructor(
    private readonly users: UsersStore,
    private readonly sessions: SessionsService,
    private readonly links: SignInLinksService,
    private readonly events: EventsService,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.limiter = new SignInLimiter(clock);
  }

  /** Throws `auth.failed`, or `auth.too-many-attempts` with `details.retryAfterSeconds`. */
  async signIn(name: string, password: string, browser: Browser): Promise<SignedIn> {
    this.limiter.begin(name, browser.address);
    const user = await this.users.findByName(name);
    const isRight = await isPassword(password, user?.passwordHash ?? null);
    const signedIn = user && isRight ? await this.beginFor(user, browser) : undefined;
    if (!signedIn) {
      await this.recordFailure(user, browser);
      throw new AppError('denied', 'auth.failed', 'The name or the password is wrong.');
    }
    this.limiter.succeed(name, browser.address);
    await this.recordSignIn(signedIn, 'password');
    return signedIn;
  }

  /** For a user, an account, or whoever asks; an account gets one for itself only. */
  async createSignInLink(
    actor: Actor,
    request: SignInLinkRequest = {},
  ): Promise<{ token: string; expiresAt: string }> {
    const { token, expiresAt, principal } = await this.links.create(actor, request);
    const { userId, accountId } = principal;
    const subject = userId === null ? { kind: 'account', id: accountId ?? 'root' } : userOf(userId);
    await this.events.record(actor, 'sign-in-link.created', { ...subject, accountId });
    return { token, expiresAt };
  }

  /** Works once; throws `auth.link-invalid` when the link was used, is old, or whom it is for is gone. */
  async redeemLink(token: string, browser: Browser): Promise<SignedIn> {
    const signedIn = await this.sessions.begin(await this.links.redeem(token), browser);
    if (!signedIn) throw invalidLink();
    await this.recordSignIn(signedIn, 'link');
    return signedIn;
  }

  async signOut(actor: Actor, sessionId: string): Promise<void> {
    await this.sessions.end(sessionId);
    await this.events.record(actor, 'session.ended', subjectOf(actor));
  }

  private beginFor(user: User, browser: Browser): Promise<SignedIn | undefined> {
    const { id: userId, role, accountId } = user;
    return this.sessions.begin({ role, userId, accountId }, browser);
  }

  private async recordSignIn({ actor, session }: SignedIn, by: string): Promise<void> {
    const { userAgent } = session;
    await this.events.record(actor, 'session.started', subjectOf(actor), { by, userAgent });
  }

  /** The typed name is kept only when it is a user's: people type passwords into that field. */
  private async recordFailure(user: User | undefined, { address }: Browser): Promise<void> {
    const subject = user
      ? { ...userOf(user.id), accountId: user.accountId }
      : { kind: 'user', id: 'unknown' };
    const details = { address, ...(user && { name: user.name }) };
    await this.events.record(systemActor, 'session.refused', subject, details);
  }
}

function userOf(id: string) {
  return { kind: 'user', id };
}

function subjectOf(actor: Actor) {
  const accountId = actor.role === 'account' ? actor.accountId : null;
  if (actor.role !== 'system' && actor.userId !== undefined) {
    return { ...userOf(actor.userId), accountId };
  }
  if (actor.role === 'reseller') return { kind: 'reseller', id: actor.owner, accountId };
  return { kind: 'account', id: accountId ?? 'root', accountId };
}
