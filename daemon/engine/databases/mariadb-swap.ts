/**
 * Puts loaded tables in the place of a database's own, all at once: what cannot move with a table (views,
 * routines, triggers, events) is dropped and made around one RENAME. MariaDB gets it as one block, which
 * it finishes also when we are killed; other servers get it step by step. In both cases what a dead server
 * or a dead process leaves half done is brought to an end, old or new, by `settleSwap`.
 */
import type { Connection } from 'mariadb';
import { ask } from './mariadb-server.js';
import { quoteName, quoteText } from './sql-names.js';
import { dropOf, type ObjectStatement } from './stored-objects.js';

/** Plain data: a journal keeps it. */
export interface MariadbSwap {
  /** The database whose tables are replaced. */
  database: string;
  /** It was made for this. */
  isNew: boolean;
  /** Where the new ones are, and where the old ones go. */
  scratch: string;
  old: string;
  /** Names of tables and sequences that leave, and those that come: in the scratch, and afterwards. */
  out: string[];
  in: { from: string; to: string }[];
  /** Foreign keys between what is exchanged and what stays: rename leaves them with the old ones. */
  links: ForeignKey[];
  /** Settings of the database before and after. */
  before: DatabaseSettings | undefined;
  after: DatabaseSettings | undefined;
  /** Objects that the database has, and is to have. */
  drop: ObjectStatement[];
  create: ObjectStatement[];
}

/** `table` is quoted, with its database where that is another one. */
export interface ForeignKey {
  table: string;
  name: string;
  /** `CONSTRAINT … FOREIGN KEY … REFERENCES …` */
  definition: string;
}

export interface DatabaseSettings {
  characterSet: string;
  collation: string;
}

interface Step {
  settings?: Record<string, string>;
  sql: string;
}

/** Longer than applications hold a table; a forgotten transaction must not hold up a restore for ever. */
const LOCK_WAIT_SECONDS = 60;
/** From here on every statement may stand in a prepared one (MDEV-16708). */
const BLOCKS_SINCE = 1006;

/** `connection` is in the database. */
export async function performSwap(connection: Connection, swap: MariadbSwap): Promise<void> {
  await connection.query(
    `SET SESSION lock_wait_timeout = LEAST(@@lock_wait_timeout, ${String(LOCK_WAIT_SECONDS)})`,
  );
  await perform(connection, [
    ...swap.drop.map((object) => ({ sql: dropOf(object) })),
    ...exchange(swap),
    ...linkSteps(swap.links),
    ...settingsSteps(swap.database, swap.after),
    ...swap.create.map(({ settings, sql }) => ({ settings, sql })),
  ]);
}

/** When it is not there. */
export async function makeDatabase(
  connection: Connection,
  { isNew, database }: MariadbSwap,
): Promise<void> {
  if (isNew) await connection.query(`CREATE DATABASE IF NOT EXISTS ${quoteName(database)}`);
}

/** Brings a swap that was begun to an end. Answers which one. */
export async function settleSwap(
  connection: Connection,
  swap: MariadbSwap,
): Promise<'old' | 'new'> {
  const isNew = await hasExchanged(connection, swap);
  if (!isNew && swap.isNew) {
    // There was none before. What someone else made in it meanwhile is theirs.
    if (!(await hasTables(connection, swap.database))) {
      await connection.query(`DROP DATABASE IF EXISTS ${quoteName(swap.database)}`);
    }
    return 'old';
  }
  await makeDatabase(connection, swap);
  const objects = isNew ? swap.create : swap.drop;
  const others = isNew ? swap.drop : swap.create;
  await connection.query(`USE ${quoteName(swap.database)}`);
  await perform(connection, [
    ...[...others, ...objects].map((object) => ({ sql: dropOf(object) })),
    ...(isNew ? linkSteps(swap.links) : []),
    ...settingsSteps(swap.database, isNew ? swap.after : swap.before),
    ...objects.map(({ settings, sql }) => ({ settings, sql })),
  ]);
  return isNew ? 'new' : 'old';
}

function exchange({ database, scratch, old, out, in: coming }: MariadbSwap): Step[] {
  const place = (where: string, table: string): string => `${quoteName(where)}.${quoteName(table)}`;
  const moves = [
    ...out.map((table) => `${place(database, table)} TO ${place(old, table)}`),
    ...coming.map(({ from, to }) => `${place(scratch, from)} TO ${place(database, to)}`),
  ];
  return moves.length === 0 ? [] : [{ sql: `RENAME TABLE ${moves.join(', ')}` }];
}

function linkSteps(links: readonly ForeignKey[]): Step[] {
  const unchecked = { foreign_key_checks: '0' };
  return links.flatMap(({ table, name, definition }) => [
    { settings: unchecked, sql: `ALTER TABLE ${table} DROP FOREIGN KEY IF EXISTS ${quoteName(name)}` },
    { settings: unchecked, sql: `ALTER TABLE ${table} ADD ${definition}` },
  ]); // prettier-ignore
}

function settingsSteps(database: string, settings: DatabaseSettings | undefined): Step[] {
  if (settings === undefined) return [];
  const { characterSet, collation } = settings;
  const sql = `ALTER DATABASE ${quoteName(database)} CHARACTER SET ${quoteText(characterSet)} COLLATE ${quoteText(collation)}`;
  return [{ sql }];
}

async function hasExchanged(
  connection: Connection,
  { scratch, old, out, in: coming }: MariadbSwap,
): Promise<boolean> {
  const [first] = coming;
  if (first !== undefined) return !(await hasTable(connection, scratch, first.from));
  const [left] = out;
  // Nothing moves: only other objects change.
  return left === undefined || (await hasTable(connection, old, left));
}

async function hasTables(connection: Connection, database: string): Promise<boolean> {
  const sql = 'SELECT 1 FROM information_schema.tables WHERE table_schema = ? LIMIT 1';
  return (await ask(connection, sql, [database])).length > 0;
}

async function hasTable(connection: Connection, database: string, name: string): Promise<boolean> {
  const sql = 'SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?';
  return (await ask(connection, sql, [database, name])).length > 0;
}

async function perform(connection: Connection, steps: readonly Step[]): Promise<void> {
  if (steps.length === 0) return;
  if (await canRunBlocks(connection)) {
    await connection.query(asBlock(steps));
    return;
  }
  for (const { settings = {}, sql } of steps) {
    for (const [name, value] of Object.entries(settings)) {
      await connection.query(`SET SESSION ${name} = ${literal(value)}`);
    }
    await connection.query(sql);
  }
}

function asBlock(steps: readonly Step[]): string {
  const lines = steps.flatMap(({ settings = {}, sql }) => [
    ...Object.entries(settings).map(([name, value]) => `SET SESSION ${name} = ${literal(value)};`),
    `EXECUTE IMMEDIATE ${quoteText(sql)};`,
  ]);
  return `BEGIN NOT ATOMIC\n${lines.join('\n')}\nEND`;
}

function literal(value: string): string {
  return /^\d+$/.test(value) ? value : quoteText(value);
}

async function canRunBlocks(connection: Connection): Promise<boolean> {
  const [answer] = await ask<{ version: string }>(connection, 'SELECT VERSION() AS version');
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+).*MariaDB/i.exec(answer?.version ?? '') ?? [];
  return Number(major) * 100 + Number(minor) >= BLOCKS_SINCE;
}
