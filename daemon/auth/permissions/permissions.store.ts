import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, Not, type FindOptionsWhere, type Repository } from 'typeorm';
import { Account } from '../../accounts/account.entity.js';
import { atomically } from '../../catalogue/atomically.js';
import { columns } from '../../catalogue/columns.js';
import { ONE_NAMESPACE } from '../account-scope.js';
import { User } from '../user.entity.js';
import type { Level } from './decide.js';
import { PermissionSetting } from './permission-setting.entity.js';

/** Where a setting stands; `subject` as its row has it. */
export interface Place {
  level: Level;
  subject: string;
}

/** The rows of permission settings, and what of accounts says which of them hold for one. */
@Injectable()
export class PermissionsStore {
  private readonly settings: Repository<PermissionSetting>;
  private readonly accounts: Repository<Account>;
  private readonly users: Repository<User>;

  constructor(private readonly dataSource: DataSource) {
    this.settings = dataSource.getRepository(PermissionSetting);
    this.accounts = dataSource.getRepository(Account);
    this.users = dataSource.getRepository(User);
  }

  /** What any of these places says. */
  listAt(places: readonly Place[]): Promise<PermissionSetting[]> {
    const where: FindOptionsWhere<PermissionSetting>[] = places.map(({ level, subject }) => ({
      level,
      subject,
    }));
    return this.settings.findBy(where);
  }

  /** The places above an account, and its own; of an unknown one, the server's alone. */
  async placesOf(accountId: string): Promise<Place[]> {
    const account = await this.accounts.findOneBy({ id: accountId });
    const places: Place[] = [{ level: 'global', subject: '' }];
    if (account === null) return places;
    const reseller = (await this.isReseller(account)) ? account.name : account.owner;
    if (reseller !== null) places.push({ level: 'reseller', subject: reseller });
    if (account.package !== null) places.push({ level: 'package', subject: account.package });
    return [...places, { level: 'account', subject: accountId }];
  }

  /** A reseller's own account is held to what the reseller is. */
  private async isReseller({ name, source }: Account): Promise<boolean> {
    if (!ONE_NAMESPACE.includes(source)) return false;
    return this.accounts.existsBy({ owner: name, name: Not(name), state: 'active' });
  }

  /** Whom accounts or users name as an owner, by name. */
  async listResellers(): Promise<string[]> {
    const where = { owner: Not(IsNull()) };
    const rows = [
      ...(await this.accounts.find({ select: { id: true, owner: true }, where })),
      ...(await this.users.find({ select: { id: true, owner: true }, where })),
    ];
    return sorted(rows.map(({ owner }) => owner));
  }

  async listPackages(): Promise<string[]> {
    const where = { package: Not(IsNull()) };
    const rows = await this.accounts.find({ select: { id: true, package: true }, where });
    return sorted(rows.map((row) => row.package));
  }

  /** All of it, or nothing. */
  apply(
    { level, subject }: Place,
    changes: readonly { permission: string; row: PermissionSetting | undefined }[],
  ): void {
    atomically(this.dataSource, (execute) => {
      for (const { permission, row } of changes) {
        const query = this.settings.createQueryBuilder();
        execute(query.delete().where({ level, subject, permission }));
        if (row !== undefined) {
          const insert = this.settings.createQueryBuilder().insert();
          execute(insert.values(columns<PermissionSetting>(row)));
        }
      }
    });
  }
}

function sorted(names: readonly (string | null)[]): string[] {
  return [...new Set(names.filter((name) => name !== null))].toSorted();
}
