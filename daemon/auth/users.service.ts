import { Inject, Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import type { Row } from '../catalogue/columns.js';
import type { Clock } from '../platform/clock.js';
import { AppError, inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { newId } from '../platform/ids.js';
import { notFound } from '../platform/not-found.js';
import { parseInput, unusable } from '../platform/parse-input.js';
import { CLOCK } from '../platform/platform.module.js';
import { isTenant, refuseWhileViewing, requireAdmin, type Actor } from './actor.js';
import { EventsService } from './events.service.js';
import { requireFreshSession } from './fresh-session.js';
import { hashPassword, passwordProblems } from './passwords.js';
import { SessionsStore } from './sessions.store.js';
import { userInput, type UserInput } from './user-input.js';
import type { User } from './user.entity.js';
import { UsersStore } from './users.store.js';

/** A user as others may see them: without the hash and the secret. */
export type UserView = Omit<Row<User>, 'passwordHash' | 'totpSecret' | 'totpLastStep'> & {
  hasPassword: boolean;
  hasTotp: boolean;
};

/** Users of the panel and the API. */
@Injectable()
export class UsersService {
  constructor(
    private readonly store: UsersStore,
    private readonly sessions: SessionsStore,
    private readonly accounts: AccountsService,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Throws `input` with every problem, or `conflict` when the name is taken. */
  async add(actor: Actor, input: UserInput): Promise<UserView> {
    requireAdmin(actor);
    const { name, role, account, owner, password } = parseUser(input);
    const own = account === undefined ? undefined : await this.accounts.get(actor, account);
    const user: Row<User> = {
      id: newId(),
      name,
      role,
      accountId: own?.id ?? null,
      owner: owner ?? null,
      passwordHash: password === undefined ? null : await hashPassword(password),
      createdAt: this.clock.now().toISOString(),
      ...{ disabledAt: null, totpSecret: null, totpSince: null, totpLastStep: null },
    };
    await this.store.insert(user);
    const details = {
      name,
      role,
      ...(own && { account: own.name }),
      ...(owner !== undefined && { owner }),
    };
    await this.events.record(actor, 'user.created', subjectOf(user), details);
    return viewOf(user);
  }

  /** By name. Who is no admin sees only itself. */
  async list(actor: Actor): Promise<UserView[]> {
    const users = await this.store.list();
    return users.filter((user) => canSeeUser(actor, user)).map(viewOf);
  }

  async get(actor: Actor, nameOrId: string): Promise<UserView> {
    return viewOf(await this.getUser(actor, nameOrId));
  }

  /** The user that asks; `denied` for who came without one, by a link or over the socket. */
  async self(actor: Actor): Promise<UserView> {
    refuseWhileViewing(actor);
    const userId = actor.role === 'system' ? undefined : actor.userId;
    if (userId !== undefined) return this.get(actor, userId);
    const message = t('You came without a user of your own, by a link; this is for users.');
    throw new AppError('denied', 'user.none', message);
  }

  /** Whether anybody could sign in as an admin without the command line. */
  async hasAdminWithPassword(): Promise<boolean> {
    const users = await this.store.list();
    return users.some(
      ({ role, passwordHash, disabledAt }) =>
        role === 'admin' && passwordHash !== null && disabledAt === null,
    );
  }

  /** Who is disabled cannot sign in; sessions end, tokens are refused. The last admin stays: `conflict`. */
  async setDisabled(actor: Actor, nameOrId: string, isDisabled: boolean): Promise<UserView> {
    requireAdmin(actor);
    const user = await this.getUser(actor, nameOrId);
    if ((user.disabledAt !== null) === isDisabled) return viewOf(user);
    if (isDisabled) {
      const now = this.clock.now().toISOString();
      if (!(await this.store.disableUnlessLastAdmin(user.id, now))) {
        throw await this.lastAdmin(user, nameOrId);
      }
      await this.sessions.removeOfUser(user.id);
    } else {
      await this.store.enable(user.id);
    }
    const action = isDisabled ? 'user.disabled' : 'user.enabled';
    await this.events.record(actor, action, subjectOf(user), { name: user.name });
    return this.get(actor, user.id);
  }

  /** Ends their sessions too. The last admin stays: `conflict`. */
  async remove(actor: Actor, nameOrId: string): Promise<void> {
    requireAdmin(actor);
    const user = await this.getUser(actor, nameOrId);
    if (!(await this.store.removeUnlessLastAdmin(user.id))) {
      throw await this.lastAdmin(user, nameOrId);
    }
    await this.events.record(actor, 'user.removed', subjectOf(user), { name: user.name });
  }

  /**
   * By an admin or by the user. Ends all sessions of the user but `keepSessionId`, so that whoever
   * knew the old password is out. A browser's session must be fresh: `auth.not-fresh`.
   */
  async setPassword(
    actor: Actor,
    nameOrId: string,
    password: string,
    keepSessionId?: string,
  ): Promise<void> {
    refuseWhileViewing(actor);
    const user = await this.getUser(actor, nameOrId);
    requireFreshSession(actor, this.clock.now());
    const problems = passwordProblems(password, user.name);
    if (problems.length > 0) throw passwordRefused(problems);
    await this.store.setPasswordHash(user.id, await hashPassword(password));
    await this.sessions.removeOfUser(user.id, keepSessionId);
    const details = { name: user.name };
    await this.events.record(actor, 'user.password-changed', subjectOf(user), details);
  }

  private async lastAdmin({ id, name }: User, nameOrId: string): Promise<AppError> {
    if (!(await this.store.findById(id))) return notFound('user', nameOrId);
    const message = t('"{name}" is the last admin. Add another admin first.', { name });
    return new AppError('conflict', 'user.last-admin', message);
  }

  private async getUser(actor: Actor, nameOrId: string): Promise<User> {
    const user = (await this.store.findByName(nameOrId)) ?? (await this.store.findById(nameOrId));
    if (!user || !canSeeUser(actor, user)) throw notFound('user', nameOrId);
    return user;
  }
}

function parseUser(input: UserInput) {
  const user = parseInput(userInput, input, 'user');
  const { name, password } = user;
  const messages = password === undefined ? [] : passwordProblems(password, name);
  if (messages.length === 0) return user;
  throw unusable(
    'user',
    messages.map((message) => ({ field: 'password', message })),
  );
}

function passwordRefused(messages: string[]): AppError {
  const problems = messages.map((message) => ({ field: 'password', message }));
  return inputError('user.password-refused', messages.join(' '), problems);
}

/** Who is no admin sees no user but itself, not even others of the same account. */
function canSeeUser(actor: Actor, user: User): boolean {
  return !isTenant(actor) || (actor.userId !== undefined && actor.userId === user.id);
}

function viewOf({ passwordHash, totpSecret, totpLastStep: _, ...user }: Row<User>): UserView {
  return { ...user, hasPassword: passwordHash !== null, hasTotp: totpSecret !== null };
}

function subjectOf(user: Row<User>) {
  return { kind: 'user', id: user.id, accountId: user.accountId };
}
