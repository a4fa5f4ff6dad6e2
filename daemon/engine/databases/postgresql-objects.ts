/**
 * What a PostgreSQL database has, as its catalogue tells: what it is, its tables, sequences and large
 * objects. Neighbours: capture-postgresql.ts reads it; `pg_dump` writes what makes everything.
 */
import type { Client } from 'pg';
import { qualified, quoteIdentifier, quoteLiteral } from './postgresql-names.js';
import { ask } from './postgresql-server.js';

export interface PostgresqlTable {
  schema: string;
  name: string;
  /** Only ordinary ones have rows: those of a partitioned table are in its partitions. */
  kind: 'table' | 'partitioned';
  /** Rows that an extension has made are its own: only those for which this is true are kept. */
  condition: string | null;
  columns: PostgresqlColumn[];
  /** Of the primary key; null when there is none, or when it sorts by operators that are not the server's. */
  key: string[] | null;
}

export interface PostgresqlColumn {
  name: string;
  type: string;
  isNotNull: boolean;
  /** The expression of a generated column. */
  generated?: string;
}

export interface PostgresqlSequence {
  schema: string;
  name: string;
}

/** What of a database no script of `pg_dump` makes. */
export interface PostgresqlProperties {
  owner: string;
  encoding: string;
  collation: string;
  characterType: string;
  /** The database's own: `libc`, `icu`, … and its locale there. */
  localeProvider?: string | undefined;
  locale?: string | undefined;
  connectionLimit: number;
  comment: string | null;
  /** Null: what every new database has. */
  access: { grantee: string | null; privilege: string; isGrantable: boolean }[] | null;
  /** `name=value`, for everyone or a role. */
  settings: { role: string | null; settings: string[] }[];
}

const NOT_THE_SERVERS = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;
const OF_EXTENSION = `(SELECT e FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
    AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' LIMIT 1)`;
/** No operator that a tenant has made compares keys. */
const TABLES = `
  SELECT n.nspname AS schema, c.relname AS name,
    CASE c.relkind WHEN 'p' THEN 'partitioned' ELSE 'table' END AS kind,
    (x.e).extcondition[array_position((x.e).extconfig, c.oid)] AS condition,
    coalesce((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', a.attname,
        'type', format_type(a.atttypid, a.atttypmod), 'isNotNull', a.attnotnull,
        'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(f.adbin, f.adrelid) END)) ORDER BY a.attnum)
      FROM pg_attribute a LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns,
    (SELECT jsonb_agg(a.attname ORDER BY k.place)
      FROM pg_index i CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k(number, place)
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
      WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid AND NOT EXISTS (
        SELECT FROM unnest(i.indclass::oid[]) u(class) JOIN pg_opclass o ON o.oid = u.class
        WHERE o.opcnamespace <> 'pg_catalog'::regnamespace)) AS key
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL (SELECT ${OF_EXTENSION} AS e) x
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND ${NOT_THE_SERVERS}
    AND (x.e IS NULL OR c.oid = ANY ((x.e).extconfig))`;

/** In no order. */
export async function listTables(client: Client): Promise<PostgresqlTable[]> {
  return ask<PostgresqlTable>(client, TABLES);
}

/** Those of extensions are made by them. */
export async function listSequences(client: Client): Promise<PostgresqlSequence[]> {
  return ask<PostgresqlSequence>(
    client,
    `SELECT n.nspname AS schema, c.relname AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND ${NOT_THE_SERVERS}
       AND ${OF_EXTENSION} IS NULL ORDER BY 1, 2`,
  );
}

/** The columns that have a value of their own, for COPY; none: all. */
export function columnList({ columns }: Pick<PostgresqlTable, 'columns'>): string {
  const own = columns.filter(({ generated }) => generated === undefined);
  return own.length === 0 ? '' : ` (${own.map(({ name }) => quoteIdentifier(name)).join(', ')})`;
}

/** Gives the rows in an order that stays: by primary key, else as they lie. The first reads whatever has
 * the table's name by then, the other nothing but a table: it is for servers that are not `isRestricted`. */
export function copyOut(
  table: PostgresqlTable,
  { encoding, isRestricted }: { encoding: string; isRestricted: boolean },
): string {
  const how = `TO STDOUT (ENCODING ${quoteLiteral(encoding)})`;
  const place = qualified(table);
  const { key, condition } = table;
  if (!isRestricted || (key === null && condition === null)) {
    return `COPY ${place}${columnList(table)} ${how}`;
  }
  const columns = columnList(table).slice(2, -1);
  // Extensions write theirs as `WHERE …`.
  const where = condition === null ? '' : ` ${condition}`;
  const order = key === null ? '' : ` ORDER BY ${key.map(quoteIdentifier).join(', ')}`;
  return `COPY (SELECT ${columns} FROM ONLY ${place}${where}${order}) ${how}`;
}

/** A line for each piece of each large object, that puts it there. */
export const COPY_LARGE_OBJECTS = `COPY (
  SELECT 'SELECT pg_catalog.lo_put(' || loid || ', '
    || pageno::bigint * (current_setting('block_size')::bigint / 4)
    || ', pg_catalog.decode(''' || encode(data, 'hex') || ''', ''hex''));'
  FROM pg_largeobject ORDER BY loid, pageno) TO STDOUT`;

export async function countLargeObjects(client: Client): Promise<number> {
  const sql = 'SELECT count(*)::int AS count FROM pg_largeobject_metadata';
  const [found] = await ask<{ count: number }>(client, sql);
  return found?.count ?? 0;
}

interface Position {
  value: string;
  isCalled: boolean;
}

const TOLD_POSITION = `
  SELECT coalesce(last_value, start_value)::text AS value, last_value IS NOT NULL AS "isCalled"
  FROM pg_sequences WHERE schemaname = $1 AND sequencename = $2`;

/** Lines that let every sequence go on where it is. Of one that was not used yet, a server that is not
 * `isRestricted` tells no more than where it began. */
export async function sequenceLines(
  client: Client,
  sequences: readonly PostgresqlSequence[],
  isRestricted: boolean,
): Promise<string[]> {
  const lines: string[] = [];
  for (const sequence of sequences) {
    const [at] = isRestricted
      ? await ask<Position>(client, `SELECT last_value AS value, is_called AS "isCalled" FROM ${qualified(sequence)}`) // prettier-ignore
      : await ask<Position>(client, TOLD_POSITION, [sequence.schema, sequence.name]);
    if (at === undefined) continue;
    const place = quoteLiteral(qualified(sequence));
    lines.push(`SELECT pg_catalog.setval(${place}, ${at.value}, ${String(at.isCalled)});\n`);
  }
  return lines;
}

const LOCALE_PROVIDERS: Readonly<Record<string, string>> = { b: 'builtin', c: 'libc', i: 'icu' };

interface DatabaseRow {
  row: Record<string, unknown>;
  owner: string;
  encoding: string;
  comment: string | null;
  access: PostgresqlProperties['access'];
  settings: PostgresqlProperties['settings'];
}

/** Of the database with this name, asked anywhere on its server. */
export async function propertiesOf(
  client: Client,
  database: string,
): Promise<PostgresqlProperties | undefined> {
  const [found] = await ask<DatabaseRow>(
    client,
    `SELECT to_jsonb(d) AS row, pg_get_userbyid(d.datdba) AS owner,
       pg_encoding_to_char(d.encoding) AS encoding, shobj_description(d.oid, 'pg_database') AS comment,
       CASE WHEN d.datacl IS NOT NULL THEN (SELECT coalesce(jsonb_agg(jsonb_build_object(
           'grantee', CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee) END,
           'privilege', a.privilege_type, 'isGrantable', a.is_grantable)), '[]')
         FROM aclexplode(d.datacl) a) END AS access,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
           'role', CASE WHEN s.setrole <> 0 THEN pg_get_userbyid(s.setrole) END,
           'settings', s.setconfig) ORDER BY s.setrole), '[]')
         FROM pg_db_role_setting s WHERE s.setdatabase = d.oid) AS settings
     FROM pg_database d WHERE d.datname = $1`,
    [database],
  );
  if (found === undefined) return undefined;
  const { row, ...told } = found;
  // How these are called depends on the server's version.
  const locale = row['datlocale'] ?? row['daticulocale'];
  return {
    ...told,
    collation: String(row['datcollate']),
    characterType: String(row['datctype']),
    localeProvider: LOCALE_PROVIDERS[String(row['datlocprovider'])],
    locale: typeof locale === 'string' ? locale : undefined,
    connectionLimit: Number(row['datconnlimit']),
  };
}
