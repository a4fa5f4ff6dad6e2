/**
 * The accounts of this server: refreshed from their source, listed for whoever may see them. An
 * account is never forgotten, since its snapshots outlive it; it is only marked gone.
 * Neighbours: the sources look, `planRefresh` compares, the store writes.
 */
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { accountScope, canSeeAccount } from '../auth/account-scope.js';
import { requireAdmin, systemActor, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import { PermissionsService } from '../auth/permissions/permissions.service.js';
import type { Row } from '../catalogue/columns.js';
import type { AccountIdentity } from '../engine/types.js';
import type { Clock } from '../platform/clock.js';
import { AppError, toAppError } from '../platform/errors.js';
import { newId } from '../platform/ids.js';
import { speaking } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { parseInput } from '../platform/parse-input.js';
import { CLOCK } from '../platform/platform.module.js';
import { AccountDatabases } from './account-databases.js';
import type { AccountSource, DiscoveredAccount } from './account-source.js';
import { excludePatterns, ownExcludePatterns } from './exclude-patterns.js';
import { tagsInput } from './account-tags.js';
import type { Account, AccountState } from './account.entity.js';
import { AccountsStore, type AccountChanges } from './accounts.store.js';
import { findHomeDirectory } from './home-directory.js';
import { planRefresh } from './plan-refresh.js';
import type { AccountOrigin } from './source-titles.js';

export const excludesInput = z.strictObject({ excludes: excludePatterns });

/** Of an account itself: it can leave out more, and not bring back what a job leaves out. */
const ownExcludesInput = z.strictObject({ excludes: ownExcludePatterns });

export const ACCOUNT_SOURCE = Symbol('AccountSource');

@Injectable()
export class AccountsService {
  private problem: string | undefined;
  private readAt: string | undefined;
  private refreshing: Promise<void> | undefined;

  // eslint-disable-next-line no-restricted-syntax -- what may be changed of an account is asked for here
  constructor(
    private readonly store: AccountsStore,
    private readonly events: EventsService,
    @Inject(ACCOUNT_SOURCE) private readonly source: AccountSource,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly databases: AccountDatabases,
    private readonly permissions: PermissionsService,
  ) {}

  /**
   * Makes the catalogue agree with the source. A source that fails or lists nobody is an error of
   * kind `source` and changes nothing. Two callers at once share one refresh.
   */
  refresh(): Promise<void> {
    this.refreshing ??= this.refreshNow().finally(() => {
      this.refreshing = undefined;
    });
    return this.refreshing;
  }

  /** By name; those gone too unless asked otherwise. */
  list(actor: Actor, filter: { state?: AccountState } = {}): Promise<Account[]> {
    return this.store.list({ ...filter, scope: accountScope(actor) });
  }

  /** By id, else by name: the active account of that name, else the one seen last. */
  async get(actor: Actor, nameOrId: string): Promise<Account> {
    const account =
      (await this.store.findById(nameOrId)) ??
      (await this.store.findByName(nameOrId, accountScope(actor)));
    if (!account || !canSeeAccount(actor, account)) throw notFound('account', nameOrId);
    return account;
  }

  /** What every backup of this account leaves out, on top of the job's own excludes. */
  async setExcludes(actor: Actor, nameOrId: string, excludes: string[]): Promise<Account> {
    const account = await this.get(actor, nameOrId);
    await this.permissions.require(actor, 'account.excludes', account.id);
    const schema = actor.role === 'account' ? ownExcludesInput : excludesInput;
    const given = parseInput(schema, { excludes }, 'excludes');
    await this.store.setExcludes(account.id, given.excludes);
    const subject = { kind: 'account', id: account.id, accountId: account.id };
    await this.events.record(actor, 'account.excludes-changed', subject, given);
    return this.get(actor, account.id);
  }

  /** Words for choosing it, in place of those it has. */
  async setTags(actor: Actor, nameOrId: string, tags: string[]): Promise<Account> {
    requireAdmin(actor);
    const account = await this.get(actor, nameOrId);
    const given = parseInput(tagsInput, { tags }, 'tags');
    await this.store.setTags(account.id, given.tags);
    // Not of the account's own events: it does not see its tags.
    await this.events.record(
      actor,
      'account.tags-changed',
      { kind: 'account', id: account.id },
      given,
    );
    return this.get(actor, account.id);
  }

  /** The account as the engine and every snapshot know it. */
  identityOf(account: Account): AccountIdentity {
    const { id, name, uid, gid, home, source } = account;
    return {
      id,
      name,
      uid,
      gid,
      home,
      owner: account.owner ?? undefined,
      package: account.package ?? undefined,
      email: account.email ?? undefined,
      source,
    };
  }

  /** What a backup of it has to ask database servers for. */
  databasesOf(account: Account): ReturnType<AccountDatabases['captureOf']> {
    return this.databases.captureOf(account);
  }

  /** Where a restore of it finds what is no file. */
  restoringPartsOf(
    account: Account,
    runId: number | undefined,
  ): ReturnType<AccountDatabases['restoringOf']> {
    return this.databases.restoringOf(account, runId);
  }

  /** Those of all accounts' databases. */
  databaseServers(): ReturnType<AccountDatabases['servers']> {
    return this.databases.servers();
  }

  /** Where accounts come from. */
  get origin(): AccountOrigin {
    const { name, isDetected } = this.source;
    return { name, isDetected: isDetected ?? false };
  }

  /** Why the last refresh failed, in a sentence; undefined when it went well. */
  get sourceProblem(): string | undefined {
    return this.problem;
  }

  /** When a refresh last succeeded; undefined: none has since the start. */
  get refreshedAt(): string | undefined {
    return this.readAt;
  }

  private async refreshNow(): Promise<void> {
    // In English, whoever asked for it: what is wrong with the source is kept, for everyone.
    const discovered = await speaking('en', () => this.discover()).catch((error: unknown) => {
      this.problem = toAppError(error).message;
      throw error;
    });
    this.problem = undefined;
    const rows = await this.store.list();
    const now = this.clock.now().toISOString();
    const changes = planRefresh(rows, discovered, { source: this.source.name, now, newId });
    this.store.applyChanges(changes);
    await this.recordChanges(rows, changes);
    this.readAt = now;
  }

  private async discover(): Promise<DiscoveredAccount[]> {
    const discovered = await this.source.discover();
    if (discovered.length > 0) return Promise.all(discovered.map(withAge));
    const message =
      `The account source "${this.source.name}" found no accounts, which is taken for a mistake ` +
      `and changes nothing. Check accounts.* in the configuration and that homes are mounted.`;
    throw new AppError('source', 'accounts.none-found', message);
  }

  private async recordChanges(rows: Row<Account>[], changes: AccountChanges): Promise<void> {
    const gone = new Set(changes.goneIds);
    const wasGone = new Set(rows.filter((row) => row.state === 'gone').map((row) => row.id));
    const back = changes.seen.filter((account) => wasGone.has(account.id));
    await this.recordEach('account.found', changes.added);
    await this.recordEach('account.back', back);
    await this.recordEach(
      'account.replaced',
      rows.filter((row) => changes.replacedIds.includes(row.id)),
    );
    await this.recordEach(
      'account.gone',
      rows.filter((row) => gone.has(row.id)),
    );
  }

  private async recordEach(
    action: string,
    accounts: Pick<Account, 'id' | 'name' | 'uid'>[],
  ): Promise<void> {
    for (const { id, name, uid } of accounts) {
      const subject = { kind: 'account', id, accountId: id };
      await this.events.record(systemActor, action, subject, { name, uid });
    }
  }
}

async function withAge(account: DiscoveredAccount): Promise<DiscoveredAccount> {
  if (account.createdAt !== undefined) return account;
  const home = await findHomeDirectory(account.home).catch(() => undefined);
  const createdAt = home?.createdAt;
  return createdAt === undefined ? account : { ...account, createdAt };
}
