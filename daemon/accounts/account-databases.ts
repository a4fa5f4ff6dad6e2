/** The databases of accounts: on which server they are, and whose is whose. */
import { Inject, Injectable } from '@nestjs/common';
import type { MariadbServer } from '../engine/databases/mariadb-server.js';
import type { CaptureRequest } from '../engine/types.js';
import type { Config } from '../platform/config-schema.js';
import { toAppError } from '../platform/errors.js';
import { CONFIG } from '../platform/platform.module.js';
import type { Account } from './account.entity.js';
import { AccountsStore } from './accounts.store.js';
import { databaseOwnership } from './database-ownership.js';
import { findMariadb } from './mariadb-settings.js';

@Injectable()
export class AccountDatabases {
  constructor(
    private readonly store: AccountsStore,
    @Inject(CONFIG) private readonly config: Pick<Config, 'databases' | 'sandbox'>,
  ) {}

  /** What a backup of the account has to ask for; undefined where databases are none of its matters.
   * A server that is not to be had costs the databases, not the backup. */
  async captureOf(account: Account): Promise<CaptureRequest['databases']> {
    const { mariadb, problem } = await this.findServer();
    if (mariadb === undefined && problem === undefined && !this.isMissed(account)) return undefined;
    const { byPrefix } = this.config.databases;
    const everyone = account.parts === null ? await this.store.list() : [];
    const ownership = databaseOwnership(account, everyone, byPrefix);
    const users = databaseOwnership(account, everyone, byPrefix, 'databaseUsers');
    return {
      mariadb,
      ownership: problem === undefined ? ownership : { ...ownership, problem },
      users,
    };
  }

  /** An account that has databases is not complete without them, unless an admin said so. */
  private isMissed({ parts }: Account): boolean {
    const isOff = this.config.databases.mariadb === 'off';
    return parts?.databases.some(({ engine }) => engine !== 'mariadb' || !isOff) === true;
  }

  /** In the sandbox only a server that the configuration names is one. */
  private async findServer(): Promise<{ mariadb: MariadbServer | undefined; problem?: string }> {
    const { databases, sandbox } = this.config;
    const isNamed = databases.mariadbSocket !== undefined || databases.mariadb === 'on';
    if (sandbox && !isNamed) return { mariadb: undefined };
    try {
      return { mariadb: await findMariadb(databases) };
    } catch (error) {
      return { mariadb: undefined, problem: toAppError(error).message };
    }
  }
}
