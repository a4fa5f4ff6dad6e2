import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, Not, type Repository } from 'typeorm';
import { within, type AccountScope } from '../auth/account-scope.js';
import { atomically } from '../catalogue/atomically.js';
import type { Row } from '../catalogue/columns.js';
import { Account, SNAPSHOT_SOURCE, type AccountState } from './account.entity.js';

/** What a source says anew about an account that has a row. */
export type SeenAccount = Omit<
  Row<Account>,
  'firstSeenAt' | 'excludes' | 'origin' | 'assignedTo' | 'isAssumed' | 'tags'
>;

/** What a refresh changes, as `planRefresh` decided it. */
export interface AccountChanges {
  added: Row<Account>[];
  seen: SeenAccount[];
  /** Ids of accounts that the source no longer lists. */
  goneIds: string[];
  /** Ids of gone accounts whose name and uid another one has now. */
  replacedIds: string[];
}

/** The rows of accounts. Nothing here deletes one. */
@Injectable()
export class AccountsStore {
  private readonly accounts: Repository<Account>;

  constructor(private readonly dataSource: DataSource) {
    this.accounts = dataSource.getRepository(Account);
  }

  /** By name, active before gone. */
  list(
    filter: { state?: AccountState; scope?: AccountScope | undefined } = {},
  ): Promise<Account[]> {
    const id = within(filter.scope);
    return this.accounts.find({
      where: { ...(filter.state && { state: filter.state }), ...(id && { id }) },
      order: { name: 'ASC', state: 'ASC', lastSeenAt: 'DESC' },
    });
  }

  async findById(id: string): Promise<Account | undefined> {
    return (await this.accounts.findOneBy({ id })) ?? undefined;
  }

  /** The active account of this name, else the one seen last; of those in the scope. */
  async findByName(name: string, scope?: AccountScope): Promise<Account | undefined> {
    const order = { state: 'ASC', lastSeenAt: 'DESC' } as const;
    const id = within(scope);
    return (
      (await this.accounts.findOne({ where: { name, ...(id && { id }) }, order })) ?? undefined
    );
  }

  /** Of another server's account; `<server-id>/<account-id>`. */
  async findByOrigin(origin: string): Promise<Account | undefined> {
    return (await this.accounts.findOneBy({ origin })) ?? undefined;
  }

  /** Accounts of this server that only snapshots tell of. */
  listOwnOrphans(): Promise<Account[]> {
    return this.accounts.findBy({ source: SNAPSHOT_SOURCE, origin: IsNull() });
  }

  async insert(account: Row<Account>): Promise<void> {
    await this.accounts.insert(account);
  }

  async setLastSeen(id: string, lastSeenAt: string): Promise<void> {
    await this.accounts.update({ id }, { lastSeenAt });
  }

  /** It stays gone from now on, also when its source lists one of its name and uid again. */
  async assign(id: string, assignedTo: string | null, isAssumed: boolean): Promise<void> {
    await this.accounts.update({ id }, { assignedTo, isAssumed, source: SNAPSHOT_SOURCE });
  }

  /** The active accounts of this Unix user. */
  listActiveByUid(uid: number): Promise<Account[]> {
    return this.accounts.findBy({ uid, state: 'active' });
  }

  /** Whether another active account belongs to whoever is called so. */
  ownsOthers(name: string): Promise<boolean> {
    return this.accounts.existsBy({ owner: name, name: Not(name), state: 'active' });
  }

  /** All of a refresh, or nothing of it. */
  applyChanges(changes: AccountChanges): void {
    atomically(this.dataSource, (execute) => {
      for (const id of changes.replacedIds) {
        const source = SNAPSHOT_SOURCE;
        execute(this.accounts.createQueryBuilder().update().set({ source }).where({ id }));
      }
      for (const account of changes.added) {
        execute(this.accounts.createQueryBuilder().insert().values(account));
      }
      for (const { id, ...seen } of changes.seen) {
        execute(this.accounts.createQueryBuilder().update().set(seen).where({ id }));
      }
      for (const id of changes.goneIds) {
        execute(this.accounts.createQueryBuilder().update().set({ state: 'gone' }).where({ id }));
      }
    });
  }

  async setTags(id: string, tags: string[]): Promise<void> {
    await this.accounts.update({ id }, { tags });
  }

  async setExcludes(id: string, excludes: string[]): Promise<void> {
    await this.accounts.update({ id }, { excludes });
  }
}
