/** Databases of an account on a MariaDB server, and single tables of them, as parts of a restore. */
import type { Connection } from 'mariadb';
import { MARIADB, TABLES, tableOfPiece } from '../databases/database-names.js';
import { isOfAccount, type RestoringDatabases } from '../databases/databases-of-account.js';
import { ask, connectMariadb, type MariadbServer } from '../databases/mariadb-server.js';
import { restoreMariadb } from '../databases/restore-mariadb.js';
import { quoteName } from '../databases/sql-names.js';
import type { BytePath } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { CaptureRequest, EngineContext } from '../types.js';
import { databaseParts, notAPart, requireOwnDatabase } from './database-parts.js';
import { foldersIn, type Part, type PartDriver, type PartsChosen, type Standing, type StandingPart } from './part.js'; // prettier-ignore

export interface MariadbPartsOptions {
  server: MariadbServer;
  databases: RestoringDatabases;
  /** Definers of others stay as they are. */
  allowsOtherDefiners: boolean;
  journalFolder: string;
  /** Names of databases that this restore may bring back are added. */
  restorable: Set<string>;
}

export class MariadbParts implements PartDriver {
  readonly name = 'mariadb';
  readonly tops = [MARIADB];

  constructor(private readonly options: MariadbPartsOptions) {}

  async choose({ reader, roots, suffix, rename }: PartsChosen): Promise<Part[]> {
    const tables = new Map<BytePath, string[]>();
    const whole = new Set<BytePath>();
    for (const root of roots) {
      const [name, folder, file, ...rest] = root.slice(MARIADB.length + 1).split('/');
      const path = `${MARIADB}/${name ?? ''}`;
      if (name === undefined || name === '') {
        for (const entry of await foldersIn(reader, MARIADB)) whole.add(entry.path);
      } else if (folder === undefined) {
        whole.add(path);
      } else {
        const isTable = folder === TABLES && file !== undefined && rest.length === 0;
        const table = isTable ? tableOfPiece(file) : undefined;
        if (table === undefined) throw notAPart(root);
        tables.set(path, [...new Set([...(tables.get(path) ?? []), table])]);
      }
    }
    return databaseParts(this.name, { whole, tables }, { suffix, rename });
  }

  look({ name, tables, suffix = '' }: Part): Promise<Standing> {
    return this.ask(async (connection) => {
      const isThere = await hasDatabase(connection, name);
      requireOwnDatabase(name, isThere, this.options.databases);
      this.options.restorable.add(name);
      if (tables === undefined) return { isThere };
      const there = await ask<{ name: string }>(
        connection,
        'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ?',
        [name],
      );
      const names = new Set(there.map((table) => table.name));
      const found = tables.filter((table) => names.has(`${table}${suffix}`));
      return { isThere: found.length > 0, tables: found };
    });
  }

  async restore(part: Part, reader: SnapshotReader, context: EngineContext): Promise<string[]> {
    const { path: root, name: database, tables, suffix } = part;
    const { server, databases, allowsOtherDefiners, journalFolder } = this.options;
    const isOwn = (user: string): boolean => isOfAccount(user, databases.users);
    const definers = { isOwn, allowsOthers: allowsOtherDefiners };
    const wanted = { root, database, tables, suffix: tables === undefined ? undefined : suffix };
    const place = { server, definers, journalFolder };
    return (await restoreMariadb(reader, wanted, place, context)).problems;
  }

  async remove({ name, tables, suffix = '' }: Part): Promise<void> {
    await this.ask(async (connection) => {
      await connection.query('SET SESSION foreign_key_checks = 0');
      if (tables === undefined) {
        await connection.query(`DROP DATABASE IF EXISTS ${quoteName(name)}`);
        return;
      }
      const names = tables.map((table) => `${quoteName(name)}.${quoteName(`${table}${suffix}`)}`);
      await connection.query(`DROP TABLE IF EXISTS ${names.join(', ')}`);
    });
  }

  narrow(request: CaptureRequest, parts: readonly StandingPart[]): CaptureRequest {
    // An undo brings some tables of a database back and takes others away: two parts, one folder.
    const chosen = new Map<string, string[]>();
    for (const { part, tables } of parts) {
      if (tables === undefined) continue;
      const names = tables.map((table) => `${table}${part.suffix ?? ''}`);
      chosen.set(part.name, [...(chosen.get(part.name) ?? []), ...names]);
    }
    const tablesOf = [...chosen].map(([database, tables]) => ({ database, tables }));
    const users = request.databases?.users ?? { names: [] };
    const ownership = { names: [...new Set(parts.map(({ part }) => part.name))] };
    const { server } = this.options;
    const { postgresql } = request.databases ?? {};
    return { ...request, databases: { mariadb: server, ownership, users, tablesOf, postgresql } };
  }

  private async ask<Answer>(act: (connection: Connection) => Promise<Answer>): Promise<Answer> {
    const connection = await connectMariadb(this.options.server);
    try {
      return await act(connection);
    } finally {
      await connection.end().catch(() => undefined);
    }
  }
}

async function hasDatabase(connection: Connection, name: string): Promise<boolean> {
  const sql = 'SELECT 1 FROM information_schema.schemata WHERE schema_name = ?';
  return (await ask(connection, sql, [name])).length > 0;
}
