/**
 * Restores a database, or some of its tables: loaded into a scratch database, checked, then exchanged
 * with the live one, which is whole at every moment: the old one or the new one. Neighbours:
 * scratch-database.ts loads, mariadb-swap.ts exchanges, swap-journal.ts keeps what was begun.
 */
import { randomBytes } from 'node:crypto';
import type { Connection } from 'mariadb';
import { AppError } from '../../platform/errors.js';
import type { BytePath } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { EngineContext } from '../types.js';
import { databaseProblem } from './database-problem.js';
import { dropKeys, keysToLeaving, takeKeysToOthers } from './foreign-keys.js';
import { listObjects, scriptOf, type DatabaseObject } from './mariadb-objects.js';
import { ask, connectMariadb, type MariadbServer } from './mariadb-server.js';
import {
  makeDatabase,
  performSwap,
  settleSwap,
  type DatabaseSettings,
  type MariadbSwap,
} from './mariadb-swap.js';
import { PreparedObjects, type DefinerRule } from './prepared-objects.js';
import { dropScratch, loadScratch, scratchNames } from './scratch-database.js';
import { quoteName, quoteText } from './sql-names.js';
import { StoredDatabase, type DatabaseDescription } from './stored-database.js';
import { statementOf, type ObjectStatement } from './stored-objects.js';
import { readJournals, removeJournal, writeJournal } from './swap-journal.js';

export interface MariadbRestore {
  /** Its folder in the snapshot. */
  root: BytePath;
  /** The database that is to have it; made when it is not there. */
  database: string;
  /** Only these, and nothing else of the database; undefined: all of it, and nothing else in it. */
  tables?: string[] | undefined;
  /** The tables get this at the end of their names, beside those that are there. */
  suffix?: string | undefined;
}

export interface MariadbPlace {
  server: MariadbServer;
  definers: DefinerRule;
  /** Where journals lie: a folder of this run's own. */
  journalFolder: string;
}

/** What was restored, and what of it is not as it was. */
export interface MariadbOutcome {
  tables: number;
  problems: string[];
}

const MAX_NAME_LENGTH = 64;
/** Longer than the server takes to end what a dead process had asked for. */
const SETTLE_WAIT_SECONDS = 600;

export async function restoreMariadb(
  reader: SnapshotReader,
  wanted: MariadbRestore,
  { server, definers, journalFolder }: MariadbPlace,
  context: EngineContext,
): Promise<MariadbOutcome> {
  const stored = await StoredDatabase.open(reader, wanted.root);
  const description = await stored.description(context);
  const chosen = chosenOf(description, wanted);
  const id = randomBytes(6).toString('hex');
  const connection = await connectMariadb(server);
  try {
    await writeJournal(journalFolder, { format: 'holdfast-swap', id, swap: undefined });
    await loadScratch(id, { server, connection, stored, description, ...chosen }, context);
    const restore = new Restore({ id, connection, wanted, description, chosen, journalFolder });
    const problems = await restore.prepare(stored, definers, context);
    context.signal.throwIfAborted();
    await restore.exchange();
    return { tables: chosen.tables.length, problems };
  } finally {
    await finish(connection, server, { journalFolder, id });
  }
}

/** Brings to an end what a dead process had begun. Answers one sentence for each. */
export async function settleMariadb(server: MariadbServer, journalFolder: string): Promise<string[]> {
  const told: string[] = [];
  for (const { id, swap } of await readJournals(journalFolder)) {
    const connection = await connectMariadb(server);
    try {
      await takeLock(connection, id, SETTLE_WAIT_SECONDS);
      const state = swap === undefined ? 'old' : await settleSwap(connection, swap);
      await dropScratch(connection, id);
      await removeJournal(journalFolder, id);
      if (swap !== undefined) {
        told.push(`The restore of the database "${swap.database}" was cut off; it is whole, the ${state} one.`);
      }
    } finally {
      await connection.end().catch(() => undefined);
    }
  }
  return told;
} // prettier-ignore

/** Whether it went well or not: what is left of it on the server goes, with its journal. */
async function finish(
  connection: Connection,
  server: MariadbServer,
  { journalFolder, id }: { journalFolder: string; id: string },
): Promise<void> {
  await connection.end().catch(() => undefined);
  const own = (await readJournals(journalFolder)).some((journal) => journal.id === id);
  // A server that is gone is settled with later: the journal stays.
  if (own) await settleMariadb(server, journalFolder).catch(() => undefined);
}

/** The server gives it back when the connection is over and nothing that it asked for still runs. */
async function takeLock(connection: Connection, id: string, seconds: number): Promise<void> {
  const [taken] = await ask<{ taken: number | null }>(
    connection,
    `SELECT GET_LOCK(${quoteText(`holdfast_${id}`)}, ${String(seconds)}) AS taken`,
  );
  if (taken?.taken === 1) return;
  throw new AppError('source', 'database.busy', 'The database server is still busy with an earlier restore.', { isRetryable: true }); // prettier-ignore
}

interface Chosen {
  tables: string[];
  sequences: string[];
}

function chosenOf({ tables, objects }: DatabaseDescription, { tables: only }: MariadbRestore): Chosen {
  const names = tables.map(({ name }) => name);
  if (only === undefined) {
    const sequences = objects.filter(({ kind }) => kind === 'sequences').map(({ name }) => name);
    return { tables: names, sequences };
  }
  const missing = only.find((name) => !names.includes(name));
  if (missing === undefined) return { tables: only, sequences: [] };
  throw new AppError('not-found', 'table.not-found', `The database in the snapshot has no table "${missing}".`); // prettier-ignore
} // prettier-ignore

interface RestoreParts {
  id: string;
  connection: Connection;
  wanted: MariadbRestore;
  description: DatabaseDescription;
  chosen: Chosen;
  journalFolder: string;
}

/** From a loaded scratch database to the exchange. */
class Restore {
  private objects: ObjectStatement[] = [];

  constructor(private readonly parts: RestoreParts) {}

  /** Makes the other objects once, where they harm nobody. Answers what cannot be had again. */
  async prepare(
    stored: StoredDatabase,
    definers: DefinerRule,
    context: EngineContext,
  ): Promise<string[]> {
    const { connection, wanted, description, id } = this.parts;
    if (wanted.tables !== undefined) return [];
    const prepared = new PreparedObjects(connection, scratchNames(id).scratch, definers);
    const { objects, problems } = await prepared.prepare(stored, description, context);
    this.objects = objects;
    return problems;
  }

  async exchange(): Promise<void> {
    const { connection, wanted, id, journalFolder } = this.parts;
    const swap = await this.plan();
    await takeLock(connection, id, 0);
    await writeJournal(journalFolder, { format: 'holdfast-swap', id, swap });
    await makeDatabase(connection, swap);
    if (swap.out.length > 0) await connection.query(`CREATE DATABASE ${quoteName(swap.old)}`);
    await connection.query(`USE ${quoteName(swap.database)}`);
    try {
      await performSwap(connection, swap);
    } catch (error) {
      throw notExchanged(wanted.database, error);
    }
    await writeJournal(journalFolder, { format: 'holdfast-swap', id, swap: undefined });
  } // prettier-ignore

  private async plan(): Promise<MariadbSwap> {
    const { connection, wanted, description, chosen, id } = this.parts;
    const { database, suffix = '', tables: only } = wanted;
    const { scratch, old } = scratchNames(id);
    const { characterSet, collation } = description;
    const loaded = [...chosen.tables, ...chosen.sequences];
    const before = await settingsOf(connection, database);
    const there = await tablesOf(connection, database);
    const coming = loaded.map((from) => ({ from, to: `${from}${suffix}` }));
    checkNames(coming, suffix === '' ? [] : there);
    const out = only === undefined ? there : there.filter((name) => coming.some(({ to }) => to === name)); // prettier-ignore
    if (suffix !== '') await dropKeys(connection, scratch);
    const links = [
      ...(await takeKeysToOthers(connection, scratch, loaded)),
      ...(await keysToLeaving(connection, database, out)),
    ];
    const objects = before === undefined ? [] : await this.liveObjects(out);
    return {
      ...{ database, isNew: before === undefined, scratch, old, out, in: coming, links, before },
      after: only === undefined ? { characterSet, collation } : before,
      drop: objects,
      create: only === undefined ? this.objects : objects,
    };
  }

  /** Of the whole database; of some tables only their triggers, which stay. */
  private async liveObjects(tables: readonly string[]): Promise<ObjectStatement[]> {
    const { connection, wanted } = this.parts;
    const { database } = wanted;
    await connection.query(`USE ${quoteName(database)}`);
    const all = await listObjects(connection, database);
    const chosen =
      wanted.tables === undefined
        ? all.filter(({ kind }) => kind !== 'sequences')
        : (await triggersOf(connection, database, tables));
    const statements: ObjectStatement[] = [];
    for (const object of chosen) {
      statements.push(statementOf(object, await scriptOf(connection, database, object)));
    }
    return statements;
  } // prettier-ignore
}

async function triggersOf(
  connection: Connection,
  database: string,
  tables: readonly string[],
): Promise<DatabaseObject[]> {
  const shown = await ask<{ trigger: string; table: string }>(connection, `SHOW TRIGGERS FROM ${quoteName(database)}`); // prettier-ignore
  return shown
    .filter(({ table }) => tables.includes(table))
    .map(({ trigger }) => ({ kind: 'triggers', name: trigger }));
}

async function settingsOf(
  connection: Connection,
  database: string,
): Promise<DatabaseSettings | undefined> {
  const [found] = await ask<{ set: string; collation: string }>(
    connection,
    `SELECT default_character_set_name AS "set", default_collation_name AS collation
     FROM information_schema.schemata WHERE schema_name = ?`,
    [database],
  );
  return found && { characterSet: found.set, collation: found.collation };
}

/** Whatever RENAME TABLE moves. */
async function tablesOf(connection: Connection, database: string): Promise<string[]> {
  const rows = await ask<{ name: string }>(
    connection,
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = ? AND table_type <> 'VIEW'`,
    [database],
  );
  return rows.map(({ name }) => name);
}

function checkNames(coming: MariadbSwap['in'], taken: readonly string[]): void {
  for (const { to } of coming) {
    if (to.length > MAX_NAME_LENGTH) throw refused(`the name "${to}" is too long for a table; restore it in its place`); // prettier-ignore
    if (taken.includes(to)) throw refused(`there is a table "${to}" already`);
  }
}

function refused(why: string): AppError {
  return new AppError('conflict', 'database.name', `Nothing was restored: ${why}.`);
}

function notExchanged(database: string, error: unknown): AppError {
  const message = `The database "${database}" stays as it was: ${databaseProblem(error)}`;
  return new AppError('source', 'database.not-exchanged', message, { cause: error });
}
