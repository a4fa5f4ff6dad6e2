import { Inject, Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import type { Row } from '../catalogue/columns.js';
import type { Clock } from '../platform/clock.js';
import { CLOCK } from '../platform/platform.module.js';
import type { Actor } from './actor.js';
import { ActorsService, type Principal } from './actors.service.js';
import { actingSubject, EventsService } from './events.service.js';
import type { Session } from './session.entity.js';
import { SessionsStore } from './sessions.store.js';
import { newToken, tokenId } from './tokens.js';

const HOUR_MS = 3_600_000;
const IDLE_MS = 12 * HOUR_MS;
const LONGEST_MS = 7 * 24 * HOUR_MS;
/** How exact `lastSeenAt` is: a write per request would be one too many. */
const TOUCH_MS = 60_000;

/** The browser that signs in. */
export interface Browser {
  address: string;
  userAgent: string;
}

/** What signing in answers; the only time that the token is known. */
export interface SignedIn {
  /** For the cookie. */
  token: string;
  session: Row<Session>;
  actor: Actor;
}

/** Sessions of browsers: ended by 12 idle hours, by 7 days, by signing out, by a new password. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly store: SessionsStore,
    private readonly actors: ActorsService,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Undefined when whom it is for is disabled or gone. */
  async begin(principal: Principal, browser: Browser): Promise<SignedIn | undefined> {
    const { address } = browser;
    const now = this.clock.now();
    const presence = { origin: 'panel', address, confirmedAt: now.toISOString() } as const;
    const actor = await this.actors.findActor(principal, presence);
    if (!actor) return undefined;
    await this.removeExpired(now);
    const token = newToken();
    const session: Row<Session> = {
      id: tokenId(token),
      userId: principal.userId,
      accountId: principal.accountId,
      role: principal.role,
      csrfToken: newToken(),
      createdAt: now.toISOString(),
      expiresAt: new Date(now.getTime() + LONGEST_MS).toISOString(),
      lastSeenAt: now.toISOString(),
      address,
      userAgent: browser.userAgent.slice(0, 500),
      confirmedAt: null,
      viewingAccountId: null,
    };
    await this.store.insert(session);
    return { token, session, actor };
  }

  /** The session of a cookie and who acts in it; undefined when it has ended or never was. */
  async find(
    token: string,
    address: string,
  ): Promise<{ session: Session; actor: Actor } | undefined> {
    const session = await this.store.findById(tokenId(token));
    if (!session) return undefined;
    const now = this.clock.now();
    if (hasEnded(session, now)) {
      await this.store.remove(session.id);
      return undefined;
    }
    const actor = await this.actorIn(session, address);
    if (!actor) return undefined;
    if (now.getTime() - Date.parse(session.lastSeenAt) >= TOUCH_MS) {
      await this.store.touch(session.id, now.toISOString());
    }
    return { session, actor };
  }

  async isOpen(id: string): Promise<boolean> {
    const session = await this.store.findById(id);
    return session !== undefined && !hasEnded(session, this.clock.now());
  }

  /** Signs out. */
  async end(actor: Actor, sessionId: string): Promise<void> {
    await this.store.remove(sessionId);
    await this.events.record(actor, 'session.ended', actingSubject(actor));
  }

  /** The password was typed once more. */
  async confirm(sessionId: string): Promise<void> {
    await this.store.confirm(sessionId, this.clock.now().toISOString());
  }

  /** Those that have not ended; of one principal, or of all. */
  listLive(whose: Partial<Principal>): Promise<Session[]> {
    const now = this.clock.now();
    const where = {
      ...(whose.role !== undefined && { role: whose.role }),
      ...(whose.userId !== undefined && { userId: whose.userId ?? IsNull() }),
      ...(whose.accountId !== undefined && { accountId: whose.accountId ?? IsNull() }),
    };
    return this.store.listLive(where, now.toISOString(), idleSince(now));
  }

  /** Whoever signed in, or the account that this admin looks at the panel as. */
  private async actorIn(session: Session, address: string): Promise<Actor | undefined> {
    const confirmedAt = session.confirmedAt ?? session.createdAt;
    const presence = { origin: 'panel', address, confirmedAt } as const;
    const actor = await this.actors.findActor(session, presence);
    const { viewingAccountId: accountId } = session;
    if (accountId === null || actor?.role !== 'admin') return actor;
    const principal = { role: 'account', userId: null, accountId } as const;
    const viewed = await this.actors.findActor(principal, presence);
    if (viewed?.role === 'account') {
      const label = `${actor.label} as ${viewed.accountName}`;
      return { ...viewed, label, viewedBy: actor.label };
    }
    // The account is gone, and with it what there was to look at.
    session.csrfToken = newToken();
    await this.store.setViewing(session.id, null, session.csrfToken);
    return actor;
  }

  private async removeExpired(now: Date): Promise<void> {
    await this.store.removeExpired(now.toISOString(), idleSince(now));
  }
}

function idleSince(now: Date): string {
  return new Date(now.getTime() - IDLE_MS).toISOString();
}

function hasEnded(session: Session, now: Date): boolean {
  const nowMs = now.getTime();
  return (
    Date.parse(session.expiresAt) <= nowMs || Date.parse(session.lastSeenAt) + IDLE_MS <= nowMs
  );
}
