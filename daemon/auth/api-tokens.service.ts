import { Inject, Injectable } from '@nestjs/common';
import type { Row } from '../catalogue/columns.js';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { parseInput } from '../platform/parse-input.js';
import { CLOCK } from '../platform/platform.module.js';
import { refuseWhileViewing, type Actor } from './actor.js';
import { ActorsService } from './actors.service.js';
import type { ApiToken } from './api-token.entity.js';
import { ApiTokensStore } from './api-tokens.store.js';
import { EventsService } from './events.service.js';
import { requireFreshSession } from './fresh-session.js';
import { newToken, tokenId } from './tokens.js';
import { apiTokenInput, type ApiTokenInput } from './user-input.js';
import { UsersService, type UserView } from './users.service.js';

/** So that a leaked one is recognised in a log or a repository. */
const PREFIX = 'hf_';
const DAY_MS = 86_400_000;
const TOUCH_MS = 60_000;

/** Tokens for programs; each acts as its user, with the user's rights as they are now. */
@Injectable()
export class ApiTokensService {
  constructor(
    private readonly store: ApiTokensStore,
    private readonly users: UsersService,
    private readonly actors: ActorsService,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The token is told here and never again. Throws `auth.not-fresh` for a browser that has not shown
   * lately who it is, and for a token: one that leaked makes no others.
   */
  async create(actor: Actor, input: ApiTokenInput): Promise<{ token: string; row: Row<ApiToken> }> {
    const given = parseInput(apiTokenInput, input, 'api-token');
    const { name, expiresInDays, isReadOnly } = given;
    const user = await this.userOf(actor, given.user);
    const now = this.clock.now();
    requireFreshSession(actor, now);
    refuseTokens(actor);
    const token = `${PREFIX}${newToken()}`;
    const row: Row<ApiToken> = {
      id: tokenId(token),
      name,
      userId: user.id,
      createdAt: now.toISOString(),
      expiresAt:
        expiresInDays === undefined
          ? null
          : new Date(now.getTime() + expiresInDays * DAY_MS).toISOString(),
      ...{ lastUsedAt: null, isReadOnly },
    };
    await this.store.insert(row);
    await this.record(actor, 'api-token.created', user, name);
    return { token, row };
  }

  async list(actor: Actor, user?: string): Promise<ApiToken[]> {
    return this.store.listOfUser((await this.userOf(actor, user)).id);
  }

  /** Of every user whom the actor may see, with their names. */
  async listAll(actor: Actor): Promise<{ token: ApiToken; user: UserView }[]> {
    const users = new Map((await this.users.list(actor)).map((user) => [user.id, user]));
    const tokens = await this.store.list();
    return tokens.flatMap((token) => {
      const user = users.get(token.userId);
      return user ? [{ token, user }] : [];
    });
  }

  async remove(actor: Actor, name: string, userName?: string): Promise<void> {
    const user = await this.userOf(actor, userName);
    if (!(await this.store.remove(user.id, name))) throw notFound('api-token', name);
    await this.record(actor, 'api-token.removed', user, name);
  }

  /**
   * Whom a Bearer token stands for; undefined when it is unknown, expired or its user disabled. Throws
   * `auth.read-only-token` when it may only look and the request is to change something.
   */
  async findActor(token: string, address?: string, willChange = false): Promise<Actor | undefined> {
    const row = token.startsWith(PREFIX) ? await this.store.findById(tokenId(token)) : undefined;
    if (!row) return undefined;
    const now = this.clock.now();
    if (row.expiresAt !== null && Date.parse(row.expiresAt) <= now.getTime()) return undefined;
    if (row.isReadOnly && willChange) throw readOnly();
    const presence = { origin: 'api', ...(address !== undefined && { address }) } as const;
    const actor = await this.actors.ofUser(row.userId, presence);
    if (actor && now.getTime() - Date.parse(row.lastUsedAt ?? row.createdAt) >= TOUCH_MS) {
      await this.store.touch(row.id, now.toISOString());
    }
    return actor;
  }

  private async userOf(actor: Actor, nameOrId: string | undefined): Promise<UserView> {
    refuseWhileViewing(actor);
    const asker = actor.role === 'system' ? undefined : actor.userId;
    const wanted = nameOrId ?? asker;
    if (wanted !== undefined) return this.users.get(actor, wanted);
    const message = t('An API token belongs to a user: name the user it is for.');
    throw new AppError('input', 'api-token.no-user', message);
  }

  private async record(actor: Actor, action: string, user: UserView, name: string): Promise<void> {
    const subject = { kind: 'user', id: user.id, accountId: user.accountId };
    await this.events.record(actor, action, subject, { name, user: user.name });
  }
}

/** Over TCP, what is of the API and of no browser came with a token. */
function refuseTokens(actor: Actor): void {
  if (actor.role === 'system' || actor.origin !== 'api' || actor.uid !== undefined) return;
  const message = t(
    'An API token cannot make another one. Make it in the panel, or on the server with: holdfast token add',
  );
  throw new AppError('denied', 'api-token.by-token', message);
}

function readOnly(): AppError {
  const message = t('This API token may only look. Make one that may change things, too.');
  return new AppError('denied', 'auth.read-only-token', message);
}
