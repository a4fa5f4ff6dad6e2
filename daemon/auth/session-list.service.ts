/**
 * The signed-in browsers: one's own, for an admin everybody's, and ending them. A session is told by
 * the first digits of its id, which is the hash of a token that nobody can compute back.
 */
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import { notFound } from '../platform/not-found.js';
import { refuseWhileViewing, requireAdmin, type Actor } from './actor.js';
import type { Principal } from './actors.service.js';
import { EventsService } from './events.service.js';
import type { Session } from './session.entity.js';
import { SessionsService } from './sessions.service.js';
import { SessionsStore } from './sessions.store.js';
import { UsersService } from './users.service.js';

const SHORT = 16;

export interface SessionView {
  id: string;
  /** The user's name, the account's for who came by a link, `root` for the server's admin. */
  who: string;
  role: Session['role'];
  address: string;
  userAgent: string;
  createdAt: string;
  lastSeenAt: string;
  /** The one that asks. */
  isThis: boolean;
}

@Injectable()
export class SessionListService {
  constructor(
    private readonly sessions: SessionsService,
    private readonly store: SessionsStore,
    private readonly users: UsersService,
    private readonly accounts: AccountsService,
    private readonly events: EventsService,
  ) {}

  /** One's own, the last seen first. `thisId`: the session that asks, if it is one. */
  async listOwn(actor: Actor, thisId?: string): Promise<SessionView[]> {
    return this.viewsOf(actor, await this.own(actor), thisId);
  }

  async listAll(actor: Actor, thisId?: string): Promise<SessionView[]> {
    requireAdmin(actor);
    return this.viewsOf(actor, await this.sessions.listLive({}), thisId);
  }

  /** Ends one that the actor may see; any other is `not-found`. */
  async revoke(actor: Actor, id: string): Promise<void> {
    refuseWhileViewing(actor);
    const isAdmin = actor.role === 'admin' || actor.role === 'system';
    const visible = isAdmin ? await this.sessions.listLive({}) : await this.own(actor);
    const found = visible.find((session) => session.id.slice(0, SHORT) === id);
    if (!found) throw notFound('session', id);
    await this.endOne(actor, found);
  }

  /** Ends all one's own but the one that asks; answers how many. */
  async revokeOthers(actor: Actor, thisId?: string): Promise<number> {
    refuseWhileViewing(actor);
    const others = (await this.own(actor)).filter(({ id }) => id !== thisId);
    for (const session of others) await this.endOne(actor, session);
    return others.length;
  }

  private own(actor: Actor): Promise<Session[]> {
    return this.sessions.listLive(principalOf(actor));
  }

  private async endOne(actor: Actor, session: Session): Promise<void> {
    await this.store.remove(session.id);
    const { userId, accountId, address } = session;
    const subject =
      userId === null ? { kind: 'account', id: accountId ?? 'root' } : { kind: 'user', id: userId };
    await this.events.record(actor, 'session.revoked', { ...subject, accountId }, { address });
  }

  private async viewsOf(
    actor: Actor,
    sessions: readonly Session[],
    thisId: string | undefined,
  ): Promise<SessionView[]> {
    const users = new Map((await this.users.list(actor)).map(({ id, name }) => [id, name]));
    const accounts = new Map((await this.accounts.list(actor)).map(({ id, name }) => [id, name]));
    return sessions.map((session) => {
      const { id, userId, accountId, role, address, userAgent, createdAt, lastSeenAt } = session;
      const account = accountId === null ? 'root' : (accounts.get(accountId) ?? accountId);
      const who = userId === null ? account : (users.get(userId) ?? userId);
      return {
        ...{ id: id.slice(0, SHORT), who, role, address, userAgent, createdAt, lastSeenAt },
        isThis: id === thisId,
      };
    });
  }
}

/** Whose sessions are the actor's own: its user's, or those that came as it did, without one. */
function principalOf(actor: Actor): Partial<Principal> {
  if (actor.role === 'system') return {};
  if (actor.userId !== undefined) return { userId: actor.userId };
  if (actor.role === 'account') return { userId: null, accountId: actor.accountId };
  return { role: 'admin', userId: null };
}
