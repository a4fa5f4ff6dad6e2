/**
 * Views, routines, triggers and events as a snapshot has them (mariadb-objects.ts writes their scripts),
 * taken apart for a restore: one statement, and the settings under which it is to be made. The
 * statement is sent alone, so that nothing in a body can end it early.
 */
import { AppError } from '../../platform/errors.js';
import { OBJECT_KINDS, type DatabaseObject } from './mariadb-objects.js';
import { quoteName } from './sql-names.js';

export interface ObjectStatement extends DatabaseObject {
  /** Session variables and their values. */
  settings: Record<string, string>;
  sql: string;
}

/** Who an object's statements are run as. */
export interface Definer {
  user: string;
  host: string;
}

const SETTINGS = ['sql_mode', 'character_set_client', 'collation_connection', 'time_zone'];
const SETTING = /SET ([a-z_]+) = '((?:[^'\\]|\\\\|'')*)';\n/y;
const BODY = /DELIMITER (\/{2,})\n([\s\S]*)\n\1\nDELIMITER ;\n$/y;
const QUOTED = '`(?:[^`]|``)*`';
const DEFINED = new RegExp(
  `^(CREATE (?:OR REPLACE )?(?:AGGREGATE )?(?:ALGORITHM=\\w+ )?)DEFINER=(${QUOTED})(?:@(${QUOTED}))?(?= )`,
);

/** Throws `integrity` for a script that Holdfast did not write. */
export function statementOf(object: DatabaseObject, script: string): ObjectStatement {
  const settings: Record<string, string> = {};
  let at = 0;
  for (let found = matchAt(SETTING, script, 0); found !== null;) {
    const [whole, name = '', value = ''] = found;
    if (!SETTINGS.includes(name)) break;
    settings[name] = value.replaceAll("''", "'").replaceAll('\\\\', '\\');
    at += whole.length;
    found = matchAt(SETTING, script, at);
  }
  const sql = matchAt(BODY, script, at)?.[2];
  if (sql !== undefined) return { ...object, settings, sql };
  const message = `The script of ${nameOfObject(object)} is not one that Holdfast writes.`;
  throw new AppError('integrity', 'database.script', message);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Undefined: it names none, or a role. */
export function definerOf({ sql }: Pick<ObjectStatement, 'sql'>): Definer | undefined {
  const [, , user, host] = DEFINED.exec(sql) ?? [];
  return user === undefined || host === undefined
    ? undefined
    : { user: unquoted(user), host: unquoted(host) };
}

/** Undefined: nobody can tell whom it would run as. */
export function withDefiner(
  object: ObjectStatement,
  { user, host }: Definer,
): ObjectStatement | undefined {
  if (!DEFINED.test(object.sql)) return undefined;
  const definer = `DEFINER=${quoteName(user)}@${quoteName(host)}`;
  // A function, for names may hold what a replacement understands.
  const sql = object.sql.replace(DEFINED, (_, before: string) => `${before}${definer}`);
  return { ...object, sql };
}

export function nameOfObject({ kind, name }: DatabaseObject): string {
  return `the ${OBJECT_KINDS[kind].statement.toLowerCase()} "${name}"`;
}

/** Takes it away, if it is there. */
export function dropOf({ kind, name }: DatabaseObject): string {
  return `DROP ${OBJECT_KINDS[kind].statement} IF EXISTS ${quoteName(name)}`;
}

function unquoted(name: string): string {
  return name.slice(1, -1).replaceAll('``', '`');
}
