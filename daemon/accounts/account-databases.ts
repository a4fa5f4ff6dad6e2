/** The databases of accounts: on which server they are, and whose is whose. */
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { MariadbServer } from '../engine/databases/mariadb-server.js';
import type { CaptureRequest, RestoringParts } from '../engine/types.js';
import type { Config } from '../platform/config-schema.js';
import { toAppError } from '../platform/errors.js';
import type { InstancePaths } from '../platform/instance.js';
import { CONFIG, INSTANCE_PATHS } from '../platform/platform.module.js';
import type { Account } from './account.entity.js';
import { AccountsStore } from './accounts.store.js';
import { databaseOwnership } from './database-ownership.js';
import { findMariadb } from './mariadb-settings.js';

@Injectable()
export class AccountDatabases {
  constructor(
    private readonly store: AccountsStore,
    @Inject(CONFIG) private readonly config: Pick<Config, 'databases' | 'sandbox'>,
    @Inject(INSTANCE_PATHS) private readonly paths: Pick<InstancePaths, 'swaps'>,
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

  /** Where a restore of the account's finds what is no file. `runId` is undefined for a preview, which
   * writes nothing. */
  async restoringOf(account: Account, runId: number | undefined): Promise<RestoringParts> {
    const { mariadb } = await this.findServer();
    const everyone = await this.store.list();
    const others = everyone.flatMap(({ id, parts }) => {
      const isOther = id !== account.id && parts !== null;
      return isOther ? [...parts.databases, ...parts.databaseUsers].map(({ name }) => name) : [];
    });
    const { byPrefix } = this.config.databases;
    const ownership = databaseOwnership(account, everyone, byPrefix);
    const users = databaseOwnership(account, everyone, byPrefix, 'databaseUsers');
    return {
      databases: { mariadb, ownership, users, others },
      journalFolder: join(this.paths.swaps, String(runId ?? 'preview')),
    };
  }

  /** To bring to an end what a restore had begun. */
  async mariadb(): Promise<MariadbServer | undefined> {
    return (await this.findServer()).mariadb;
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
