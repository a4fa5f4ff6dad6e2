import { Inject, Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.entity.js';
import { AccountsStore } from '../accounts/accounts.store.js';
import type { Config } from '../platform/config-schema.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { CONFIG } from '../platform/platform.module.js';
import { ONE_NAMESPACE } from './account-scope.js';
import type { Actor, TenantActor } from './actor.js';
import type { EventOrigin } from './event.entity.js';
import type { Role, User } from './user.entity.js';
import { UsersStore } from './users.store.js';

/** Whom a session, a link or a token stands for. */
export interface Principal {
  role: Role;
  userId: string | null;
  /** Of a reseller without a user: its own account. */
  accountId: string | null;
}

/** From where the actor acts. */
export interface Presence {
  origin: EventOrigin;
  address?: string;
  confirmedAt?: string;
}

/** Turns credentials that were already accepted into actors, as things are right now. */
@Injectable()
export class ActorsService {
  constructor(
    private readonly users: UsersStore,
    private readonly accounts: AccountsStore,
    @Inject(CONFIG) private readonly config: Pick<Config, 'accounts'>,
  ) {}

  /** Undefined when the user is disabled or removed, or the account is gone. */
  async findActor(principal: Principal, presence: Presence): Promise<Actor | undefined> {
    const user =
      principal.userId === null ? undefined : await this.users.findById(principal.userId);
    if (principal.userId !== null && user?.disabledAt !== null) return undefined;
    const userId = user && { userId: user.id };
    if (principal.role === 'admin') {
      return { role: 'admin', label: user?.name ?? 'root', ...userId, ...presence };
    }
    const tenant = await this.findTenant(principal, user, presence);
    return tenant && { ...tenant, ...userId };
  }

  private async findTenant(
    { role, accountId }: Principal,
    user: User | undefined,
    presence: Presence,
  ): Promise<TenantActor | undefined> {
    if (role === 'reseller' && typeof user?.owner === 'string') {
      return { role: 'reseller', owner: user.owner, label: user.name, ...presence };
    }
    const account = await this.accounts.findById(accountId ?? '');
    if (account?.state !== 'active') return undefined;
    if (role === 'account') return accountActor(account, user?.name ?? account.name, presence);
    return (await this.isReseller(account)) ? resellerActor(account, presence) : undefined;
  }

  /** Undefined when there is no such user, or it may not act. */
  async ofUser(userId: string, presence: Presence): Promise<Actor | undefined> {
    const user = await this.users.findById(userId);
    if (!user) return undefined;
    return this.findActor({ role: user.role, userId, accountId: user.accountId }, presence);
  }

  /**
   * The process at the other end of the socket, as the kernel named it: root and the daemon's own
   * user are admins, any other user is the account it owns. An account that owns others is their
   * reseller only where the configuration says so: whatever the web sites of that account run is
   * at the other end of the socket, too.
   */
  async ofPeer(uid: number, presence: Presence): Promise<Actor> {
    if (uid === 0) return { role: 'admin', label: 'root', uid, ...presence };
    if (uid === process.getuid?.()) {
      return { role: 'admin', label: `uid ${String(uid)}`, uid, ...presence };
    }
    const owned = await this.accounts.listActiveByUid(uid);
    const [account] = owned;
    if (account && owned.length === 1) {
      const mayResell =
        this.config.accounts.resellersOverSocket && (await this.isReseller(account));
      if (mayResell) return { ...resellerActor(account, presence), uid };
      return { ...accountActor(account, account.name, presence), uid };
    }
    throw account ? ambiguousUid(uid) : unknownUid(uid);
  }

  private async isReseller({ name, source }: Account): Promise<boolean> {
    return ONE_NAMESPACE.includes(source) && (await this.accounts.ownsOthers(name));
  }
}

function resellerActor({ name }: Account, presence: Presence) {
  return { role: 'reseller', owner: name, label: name, ...presence } as const;
}

function accountActor(account: Account, label: string, presence: Presence) {
  const { id: accountId, name: accountName } = account;
  return { role: 'account', accountId, accountName, label, ...presence } as const;
}

function unknownUid(uid: number): AppError {
  const message = t('The Unix user with uid {uid} has no account that is backed up here.', {
    uid: String(uid),
  });
  return new AppError('denied', 'auth.no-account', message);
}

function ambiguousUid(uid: number): AppError {
  const message = t(
    'Several accounts belong to the Unix user with uid {uid}, so the socket cannot tell them apart. Sign in to the panel instead.',
    { uid: String(uid) },
  );
  return new AppError('denied', 'auth.ambiguous-uid', message);
}
