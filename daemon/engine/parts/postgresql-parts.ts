/** Databases of an account on a PostgreSQL server, and single tables of them, as parts of a restore. */
import { mkdir } from 'node:fs/promises';
import type { Client } from 'pg';
import { AppError } from '../../platform/errors.js';
import { POSTGRESQL, TABLES, nameOfFile, tableOfPiece } from '../databases/database-names.js';
import {
  isOfAccount,
  type DatabasesRequest,
  type PostgresqlRequest,
} from '../databases/databases-of-account.js';
import { MAINTENANCE_DATABASE } from '../databases/postgresql-databases.js';
import { qualified } from '../databases/postgresql-names.js';
import { dropDatabase } from '../databases/postgresql-scratch.js';
import { ask, connectPostgresql, endQuietly, type PostgresqlServer } from '../databases/postgresql-server.js'; // prettier-ignore
import { restorePostgresql, type PostgresqlTarget } from '../databases/restore-postgresql.js';
import { restorePostgresqlTable } from '../databases/restore-postgresql-table.js';
import { StoredPostgresql, type TableName } from '../databases/stored-postgresql.js';
import type { BytePath } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { CaptureRequest, EngineContext } from '../types.js';
import { databaseParts, notAPart, requireOwnDatabase } from './database-parts.js';
import { foldersIn, type Part, type PartDriver, type PartsChosen, type Standing, type StandingPart } from './part.js'; // prettier-ignore

export interface PostgresqlPartsOptions {
  server: PostgresqlServer;
  asked: PostgresqlRequest;
  /** Names that were given to other accounts. */
  others: readonly string[];
  journalFolder: string;
}

const NOBODY = { names: [] };
/** A request that captures none. */
export const NO_DATABASES: DatabasesRequest = {
  mariadb: undefined,
  ownership: NOBODY,
  users: NOBODY,
};

/** A table stands as `<schema>/<table>`, both as file names. */
export class PostgresqlParts implements PartDriver {
  readonly name = 'postgresql';
  readonly tops = [POSTGRESQL];

  constructor(private readonly options: PostgresqlPartsOptions) {}

  async choose({ reader, roots, suffix, rename }: PartsChosen): Promise<Part[]> {
    const tables = new Map<BytePath, string[]>();
    const whole = new Set<BytePath>();
    for (const root of roots) {
      const [name = '', folder, schema, file, ...rest] = root.slice(POSTGRESQL.length + 1).split('/'); // prettier-ignore
      const path = `${POSTGRESQL}/${name}`;
      const isTable = folder === TABLES && file !== undefined && rest.length === 0;
      const table = isTable ? file.replace(/\.sql(\.\d+)?$/, '') : undefined;
      if (name === '') for (const entry of await foldersIn(reader, POSTGRESQL)) whole.add(entry.path);
      else if (folder === undefined) whole.add(path);
      else if (table === undefined || tableOfPiece(file ?? '') === undefined) throw notAPart(root);
      else tables.set(path, [...new Set([...(tables.get(path) ?? []), `${schema ?? ''}/${table}`])]);
    }
    return databaseParts(this.name, { whole, tables }, { suffix, rename });
  } // prettier-ignore

  async look({ name, tables, suffix = '' }: Part): Promise<Standing> {
    const isThere = await this.ask(MAINTENANCE_DATABASE, async (client) => {
      return (await ask(client, 'SELECT FROM pg_database WHERE datname = $1', [name])).length > 0;
    });
    const { asked, others } = this.options;
    requireOwnDatabase(name, isThere, { ownership: asked.ownership, others });
    if (tables === undefined) return { isThere };
    if (!isThere) return { isThere: false, tables: [] };
    const found = await this.ask(name, async (client) => {
      const there: string[] = [];
      for (const table of tables) {
        const { schema, name: plain } = tableNamed(table);
        const sql = `SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = $1 AND c.relname = $2`;
        if ((await ask(client, sql, [schema, `${plain}${suffix}`])).length > 0) there.push(table);
      }
      return there;
    });
    return { isThere: found.length > 0, tables: found };
  }

  async restore(part: Part, reader: SnapshotReader, context: EngineContext): Promise<string[]> {
    const { path, name: liveName, tables, suffix } = part;
    const { server, journalFolder } = this.options;
    const stored = await StoredPostgresql.open(reader, path);
    const { owner } = await stored.describe(context);
    const roles = await this.ownRoles();
    const fit = roles.includes(owner) ? owner : roles[0];
    if (fit === undefined) throw noRole(owner);
    await mkdir(journalFolder, { recursive: true, mode: 0o700 });
    const target: PostgresqlTarget = { server, liveName, owner: fit, roles, journalFolder };
    if (tables === undefined) return (await restorePostgresql(stored, target, context)).notes;
    for (const table of tables) {
      await restorePostgresqlTable(stored, { ...target, table: tableNamed(table), suffix }, context);
    }
    return [];
  } // prettier-ignore

  async remove({ name, tables, suffix = '' }: Part): Promise<void> {
    if (tables === undefined) {
      await this.ask(MAINTENANCE_DATABASE, (client) => dropDatabase(client, name), true);
      return;
    }
    await this.ask(
      name,
      async (client) => {
        for (const table of tables) {
          const { schema, name: plain } = tableNamed(table);
          const full = qualified({ schema, name: `${plain}${suffix}` });
          await client.query(`DROP TABLE IF EXISTS ${full}`);
        }
      },
      true,
    );
  }

  /** A database of which only tables are chosen is kept whole. */
  narrow(request: CaptureRequest, parts: readonly StandingPart[]): CaptureRequest {
    const known = request.databases ?? NO_DATABASES;
    const users = known.postgresql?.users ?? NO_DATABASES.users;
    const ownership = { names: parts.map(({ part }) => part.name) };
    const { server } = this.options;
    return { ...request, databases: { ...known, postgresql: { server, ownership, users } } };
  }

  /** Those that are there now and may not do everything. */
  private ownRoles(): Promise<string[]> {
    return this.ask(MAINTENANCE_DATABASE, async (client) => {
      const sql = 'SELECT rolname AS name FROM pg_roles WHERE NOT rolsuper ORDER BY rolname';
      const roles = await ask<{ name: string }>(client, sql);
      const { users } = this.options.asked;
      return roles.map(({ name }) => name).filter((name) => isOfAccount(name, users));
    });
  }

  private async ask<Answer>(
    database: string,
    act: (client: Client) => Promise<Answer>,
    mayWrite = false,
  ): Promise<Answer> {
    const client = await connectPostgresql(this.options.server, database, { mayWrite });
    try {
      return await act(client);
    } finally {
      await endQuietly(client);
    }
  }
}

function tableNamed(table: string): TableName {
  const [schema = '', name = ''] = table.split('/').map(nameOfFile);
  return { schema, name };
}

function noRole(owner: string): AppError {
  const message = `The database belonged to the role "${owner}", and the account has no role now that could own it; restore its database users first.`;
  return new AppError('conflict', 'database.no-role', message);
}
