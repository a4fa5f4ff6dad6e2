import { Inject, Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { CLOCK } from '../platform/platform.module.js';
import { refuseWhileViewing, requireAdmin, type Actor, type ResellerActor } from './actor.js';
import type { Principal } from './actors.service.js';
import { EventsService } from './events.service.js';
import { SignInLinksStore } from './sign-in-links.store.js';
import { newToken, tokenId } from './tokens.js';
import { UsersStore } from './users.store.js';

const LIFETIME_MS = 10 * 60_000;

/** For whom: a user, an account, a reseller by its own account, or — with none — whoever asks. Names or ids. */
export interface SignInLinkRequest {
  user?: string | undefined;
  account?: string | undefined;
  reseller?: string | undefined;
}

/** Links that sign in once, within ten minutes. An account can only get one for itself. */
@Injectable()
export class SignInLinksService {
  constructor(
    private readonly store: SignInLinksStore,
    private readonly users: UsersStore,
    private readonly accounts: AccountsService,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async create(
    actor: Actor,
    request: SignInLinkRequest,
  ): Promise<{ token: string; expiresAt: string }> {
    refuseWhileViewing(actor);
    const principal = await this.principalFor(actor, request);
    const now = this.clock.now();
    await this.store.removeExpired(now.toISOString());
    const token = newToken();
    const expiresAt = new Date(now.getTime() + LIFETIME_MS).toISOString();
    const createdAt = now.toISOString();
    await this.store.insert({
      id: tokenId(token),
      ...principal,
      createdAt,
      expiresAt,
      usedAt: null,
    });
    const { userId, accountId } = principal;
    const subject =
      userId === null ? { kind: 'account', id: accountId ?? 'root' } : { kind: 'user', id: userId };
    await this.events.record(actor, 'sign-in-link.created', { ...subject, accountId });
    return { token, expiresAt };
  }

  /** Whom the link signs in. Once only: a second try is `denied`, also one at the same moment. */
  async redeem(token: string): Promise<Principal> {
    const link = await this.store.redeem(tokenId(token), this.clock.now().toISOString());
    if (!link) throw invalidLink();
    const { role, userId, accountId } = link;
    return { role, userId, accountId };
  }

  private async principalFor(actor: Actor, request: SignInLinkRequest): Promise<Principal> {
    const named = [request.user, request.account, request.reseller].filter(
      (one) => one !== undefined,
    );
    if (named.length > 1) {
      const message = t(
        'A sign-in link is for a user, for an account or for a reseller: name one of them.',
      );
      throw new AppError('input', 'sign-in-link.both', message);
    }
    if (request.user !== undefined) return this.principalOfUser(actor, request.user);
    if (request.reseller !== undefined) return this.principalOfReseller(actor, request.reseller);
    if (request.account === undefined && actor.role === 'reseller') return this.ownPrincipal(actor);
    const account = request.account ?? (actor.role === 'account' ? actor.accountId : undefined);
    if (account !== undefined) return this.principalOfAccount(actor, account);
    requireAdmin(actor);
    const userId = actor.role === 'admin' ? (actor.userId ?? null) : null;
    return { role: 'admin', userId, accountId: null };
  }

  private async principalOfUser(actor: Actor, nameOrId: string): Promise<Principal> {
    requireAdmin(actor);
    const user = (await this.users.findByName(nameOrId)) ?? (await this.users.findById(nameOrId));
    if (user?.disabledAt !== null) throw notFound('user', nameOrId);
    return { role: user.role, userId: user.id, accountId: user.accountId };
  }

  /** By its own account, which the panel knows as a reseller. */
  private async principalOfReseller(actor: Actor, nameOrId: string): Promise<Principal> {
    requireAdmin(actor);
    const { accountId, userId } = await this.principalOfAccount(actor, nameOrId);
    return { role: 'reseller', userId, accountId };
  }

  private async ownPrincipal(actor: ResellerActor): Promise<Principal> {
    if (actor.userId !== undefined) {
      return { role: 'reseller', userId: actor.userId, accountId: null };
    }
    return { ...(await this.principalOfAccount(actor, actor.owner)), role: 'reseller' };
  }

  private async principalOfAccount(actor: Actor, nameOrId: string): Promise<Principal> {
    const account = await this.accounts.get(actor, nameOrId);
    if (account.state === 'active') return { role: 'account', userId: null, accountId: account.id };
    const message = t('The account "{name}" is no longer on this server and cannot sign in.', {
      name: account.name,
    });
    throw new AppError('conflict', 'account.gone', message);
  }
}

export function invalidLink(): AppError {
  const message = t('This sign-in link was used already or has expired. Ask for a new one.');
  return new AppError('denied', 'auth.link-invalid', message);
}
