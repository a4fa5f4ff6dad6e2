/**
 * Signing in: by a password or by a one-time link, each answered with a session or a second step.
 * Neighbours: users.service.ts keeps users, sessions.service.ts sessions, sign-in-gate.service.ts
 * lets in, api-tokens.service.ts lets programs in. Never tells whether a name exists, and never lets
 * a password or a token into a log, an error or an event.
 */
import { Injectable } from '@nestjs/common';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { refuseWhileViewing, type Actor } from './actor.js';
import { isPassword } from './passwords.js';
import { SessionsService, type Browser } from './sessions.service.js';
import { principalOf, SignInGate, type SignInAnswer } from './sign-in-gate.service.js';
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
  constructor(
    private readonly users: UsersStore,
    private readonly sessions: SessionsService,
    private readonly links: SignInLinksService,
    private readonly gate: SignInGate,
    private readonly limiter: SignInLimiter,
  ) {}

  /** Throws `auth.failed`, or `auth.too-many-attempts` with `details.retryAfterSeconds`. */
  async signIn(name: string, password: string, browser: Browser): Promise<SignInAnswer> {
    const user = await this.users.findByName(name);
    await this.check(user, { name, password }, browser);
    const answer =
      user &&
      (await this.gate.admit({ principal: principalOf(user), user, by: 'password' }, browser));
    if (!answer) throw await this.refused(user, name, browser);
    this.limiter.succeed(name, browser.address);
    return answer;
  }

  /** For a user, an account, or whoever asks; an account gets one for itself only. */
  createSignInLink(
    actor: Actor,
    request: SignInLinkRequest = {},
  ): Promise<{ token: string; expiresAt: string }> {
    return this.links.create(actor, request);
  }

  /** Works once; throws `auth.link-invalid` when the link was used, is old, or whom it is for is gone. */
  async redeemLink(token: string, browser: Browser): Promise<SignInAnswer> {
    const principal = await this.links.redeem(token);
    const { userId } = principal;
    const user = userId === null ? undefined : await this.users.findById(userId);
    const answer = await this.gate.admit({ principal, user, by: 'link' }, browser);
    if (!answer) throw invalidLink();
    return answer;
  }

  /** Makes a session fresh by the password of its user. Throws as `signIn` does. */
  async confirm(
    actor: Actor,
    sessionId: string,
    password: string,
    browser: Browser,
  ): Promise<void> {
    refuseWhileViewing(actor);
    const userId = actor.role === 'system' ? undefined : actor.userId;
    const user = userId === undefined ? undefined : await this.users.findById(userId);
    const name = user?.name ?? '';
    await this.check(user, { name, password }, browser);
    this.limiter.succeed(name, browser.address);
    await this.sessions.confirm(sessionId);
  }

  signOut(actor: Actor, sessionId: string): Promise<void> {
    return this.sessions.end(actor, sessionId);
  }

  private async check(
    user: User | undefined,
    { name, password }: { name: string; password: string },
    browser: Browser,
  ): Promise<void> {
    this.limiter.begin(name, browser.address);
    if (await isPassword(password, user?.passwordHash ?? null)) return;
    throw await this.refused(user, name, browser);
  }

  private async refused(user: User | undefined, name: string, browser: Browser): Promise<AppError> {
    await this.gate.refuse(user, browser, this.limiter.lockOutOf(name, browser.address));
    return new AppError('denied', 'auth.failed', t('The name or the password is wrong.'));
  }
}
