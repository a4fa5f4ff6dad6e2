/** The databases of accounts: on which server they are, and whose is whose. */
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { NOTHING_OWNED, type DatabaseOwnership } from '../engine/databases/databases-of-account.js';
import type { MariadbServer } from '../engine/databases/mariadb-server.js';
import type { PostgresqlServer } from '../engine/databases/postgresql-server.js';
import type { CaptureRequest, RestoringParts } from '../engine/types.js';
import type { Config } from '../platform/config-schema.js';
import { toAppError } from '../platform/errors.js';
import type { InstancePaths } from '../platform/instance.js';
import { CONFIG, INSTANCE_PATHS } from '../platform/platform.module.js';
import type { Account } from './account.entity.js';
import { AccountsStore } from './accounts.store.js';
import { databaseOwnership } from './database-ownership.js';
import { partsOf } from './parts-of.js';
import { findMariadb } from './mariadb-settings.js';
import { findPostgresql } from './postgresql-settings.js';

/** Of one kind of server. */
interface Asked<Server> {
  server: Server | undefined;
  ownership: DatabaseOwnership;
  users: DatabaseOwnership;
}

export interface DatabaseServers {
  mariadb: MariadbServer | undefined;
  postgresql: PostgresqlServer | undefined;
}

@Injectable()
export class AccountDatabases {
  constructor(
    private readonly store: AccountsStore,
    @Inject(CONFIG) private readonly config: Pick<Config, 'accounts' | 'databases' | 'sandbox'>,
    @Inject(INSTANCE_PATHS) private readonly paths: Pick<InstancePaths, 'swaps'>,
  ) {}

  /** What a backup of the account has to ask for; undefined where databases are none of its matters.
   * A server that is not to be had costs the databases, not the backup. */
  async captureOf(account: Account): Promise<CaptureRequest['databases']> {
    const mariadb = await this.askFor(account, 'mariadb', findMariadb);
    const postgresql = await this.askFor(account, 'postgresql', findPostgresql);
    if (mariadb === undefined && postgresql === undefined) return undefined;
    return {
      mariadb: mariadb?.server,
      ownership: mariadb?.ownership ?? NOTHING_OWNED,
      users: mariadb?.users ?? NOTHING_OWNED,
      postgresql,
    };
  }

  private async askFor<Server>(
    account: Account,
    engine: 'mariadb' | 'postgresql',
    find: (config: Config['databases']) => Promise<Server | undefined>,
  ): Promise<Asked<Server> | undefined> {
    const { server, problem } = await this.findServer(engine, find);
    if (server === undefined && problem === undefined && !this.isMissed(account, engine)) return undefined; // prettier-ignore
    const { byPrefix } = this.config.databases;
    const everyone = account.parts === null ? await this.store.list() : [];
    const ownership = databaseOwnership(account, everyone, byPrefix, { engine });
    const users = databaseOwnership(account, everyone, byPrefix, { engine, kind: 'databaseUsers' });
    return {
      server,
      ownership: problem === undefined ? ownership : { ...ownership, problem },
      users,
    };
  }

  /** Where a restore of the account's finds what is no file. `runId` is undefined for a preview, which
   * writes nothing. */
  async restoringOf(account: Account, runId: number | undefined): Promise<RestoringParts> {
    const servers = await this.servers();
    const everyone = await this.store.list();
    const others = everyone.flatMap(({ id, parts }) => {
      const isOther = id !== account.id && parts !== null;
      return isOther ? [...parts.databases, ...parts.databaseUsers].map(({ name }) => name) : [];
    });
    const { byPrefix } = this.config.databases;
    const own = (engine: 'mariadb' | 'postgresql') => ({
      ownership: databaseOwnership(account, everyone, byPrefix, { engine }),
      users: databaseOwnership(account, everyone, byPrefix, { engine, kind: 'databaseUsers' }),
    });
    const parts = partsOf(account, this.config);
    const postgresql = { server: servers.postgresql, ...own('postgresql') };
    return {
      databases: { mariadb: servers.mariadb, ...own('mariadb'), postgresql, others },
      files: parts && { parts, user: account.user },
      journalFolder: join(this.paths.swaps, String(runId ?? 'preview')),
    };
  }

  /** Those of all accounts' databases. */
  async servers(): Promise<DatabaseServers> {
    const { server: mariadb } = await this.findServer('mariadb', findMariadb);
    const { server: postgresql } = await this.findServer('postgresql', findPostgresql);
    return { mariadb, postgresql };
  }

  /** An account that has databases is not complete without them, unless an admin said so. */
  private isMissed({ parts }: Account, engine: 'mariadb' | 'postgresql'): boolean {
    if (this.config.databases[engine] === 'off') return false;
    return parts?.databases.some((database) => database.engine === engine) === true;
  }

  /** In the sandbox only a server that the configuration names is one. */
  private async findServer<Server>(
    engine: 'mariadb' | 'postgresql',
    find: (config: Config['databases']) => Promise<Server | undefined>,
  ): Promise<{ server: Server | undefined; problem?: string }> {
    const { databases, sandbox } = this.config;
    const isNamed = databases[`${engine}Socket`] !== undefined || databases[engine] === 'on';
    if (sandbox && !isNamed) return { server: undefined };
    try {
      return { server: await find(databases) };
    } catch (error) {
      return { server: undefined, problem: toAppError(error).message };
    }
  }
}
