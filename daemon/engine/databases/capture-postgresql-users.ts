/**
 * The users of an account on a PostgreSQL server, which calls them roles, with the hashes of their
 * passwords and what they are members of: a folder for each, with one script.
 */
import type { Client } from 'pg';
import { madeUpFile, madeUpFolder } from '../capture/made-up.js';
import type { Found } from '../capture/slab-cutter.js';
import { databaseProblem } from './database-problem.js';
import { POSTGRESQL_USERS, fileNameOf } from './database-names.js';
import { isOfAccount, type DatabaseOwnership } from './databases-of-account.js';
import { MAINTENANCE_DATABASE } from './postgresql-databases.js';
import { quoteIdentifier, quoteLiteral } from './postgresql-names.js';
import { ask, connectPostgresql, endQuietly, type PostgresqlServer } from './postgresql-server.js';

interface Role {
  name: string;
  isLogin: boolean;
  isInheriting: boolean;
  mayCreateDatabases: boolean;
  mayCreateRoles: boolean;
  mayReplicate: boolean;
  isAboveRows: boolean;
  connectionLimit: number;
  password: string | null;
  validUntil: string | null;
  settings: string[] | null;
  comment: string | null;
  groups: { name: string; isAdmin: boolean }[];
}

/** One who may do everything is the server's, whatever an account is called. */
const ROLES = `
  SELECT rolname AS name, rolcanlogin AS "isLogin", rolinherit AS "isInheriting",
    rolcreatedb AS "mayCreateDatabases", rolcreaterole AS "mayCreateRoles",
    rolreplication AS "mayReplicate", rolbypassrls AS "isAboveRows",
    rolconnlimit AS "connectionLimit", rolpassword AS password, rolvaliduntil::text AS "validUntil",
    (SELECT to_jsonb(setconfig) FROM pg_db_role_setting s WHERE s.setrole = r.oid AND s.setdatabase = 0) AS settings,
    shobj_description(r.oid, 'pg_authid') AS comment,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('name', g.rolname, 'isAdmin', m.admin_option) ORDER BY g.rolname), '[]')
      FROM pg_auth_members m JOIN pg_authid g ON g.oid = m.roleid WHERE m.member = r.oid) AS groups
  FROM pg_authid r WHERE NOT rolsuper AND rolname !~ '^pg_'`;

/** What lies below `database-users/postgresql`, whose own entry was given before. */
export async function* capturePostgresqlUsers(
  server: PostgresqlServer,
  ownership: DatabaseOwnership,
  now: Date,
): AsyncGenerator<Found> {
  let client: Client | undefined;
  try {
    client = await connectPostgresql(server, MAINTENANCE_DATABASE);
    const roles = await ask<Role>(client, ROLES);
    const own = roles
      .filter(({ name }) => isOfAccount(name, ownership))
      .map((role) => ({
        role,
        entry: madeUpFolder(`${POSTGRESQL_USERS}/${fileNameOf(role.name)}`, now),
      })) // prettier-ignore
      .sort((a, b) => (a.entry.path < b.entry.path ? -1 : 1));
    for (const { entry } of own) yield { kind: 'entry', entry };
    for (const { entry, role } of own) {
      yield { kind: 'enter', entry };
      yield madeUpFile(`${entry.path}/role.sql`, Buffer.from(scriptOf(role)), now);
    }
  } catch (error) {
    const message = `the users of databases could not be read: ${databaseProblem(error)}`;
    yield { kind: 'lost', path: POSTGRESQL_USERS, problem: { code: 'unreadable', message } };
  } finally {
    await endQuietly(client);
  }
}

function scriptOf(role: Role): string {
  const name = quoteIdentifier(role.name);
  const lines = [
    "SET client_encoding = 'UTF8';",
    `CREATE ROLE ${name};`,
    `ALTER ROLE ${name} WITH ${optionsOf(role).join(' ')};`,
    ...(role.settings ?? []).flatMap((setting) => settingOf(name, setting)),
    ...(role.comment === null ? [] : [`COMMENT ON ROLE ${name} IS ${quoteLiteral(role.comment)};`]),
    ...role.groups.map(
      (group) =>
        `GRANT ${quoteIdentifier(group.name)} TO ${name}${group.isAdmin ? ' WITH ADMIN OPTION' : ''};`,
    ),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function optionsOf(role: Role): string[] {
  const flag = (isSet: boolean, option: string): string => (isSet ? option : `NO${option}`);
  return [
    'NOSUPERUSER',
    flag(role.isInheriting, 'INHERIT'),
    flag(role.mayCreateRoles, 'CREATEROLE'),
    flag(role.mayCreateDatabases, 'CREATEDB'),
    flag(role.isLogin, 'LOGIN'),
    flag(role.mayReplicate, 'REPLICATION'),
    flag(role.isAboveRows, 'BYPASSRLS'),
    `CONNECTION LIMIT ${String(role.connectionLimit)}`,
    ...(role.password === null ? [] : [`PASSWORD ${quoteLiteral(role.password)}`]),
    ...(role.validUntil === null ? [] : [`VALID UNTIL ${quoteLiteral(role.validUntil)}`]),
  ];
}

/** Lists of names are quoted names already. */
const LISTS: ReadonlySet<string> = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
]);

/** `name=value`; a list of names must not become one name. */
function settingOf(role: string, setting: string): string[] {
  const at = setting.indexOf('=');
  const name = setting.slice(0, at);
  const value = setting.slice(at + 1);
  const key = name.split('.').map(quoteIdentifier).join('.');
  if (!LISTS.has(name.toLowerCase())) return [`ALTER ROLE ${role} SET ${key} TO ${quoteLiteral(value)};`]; // prettier-ignore
  const names = namesIn(value);
  if (names.length === 0) return [`ALTER ROLE ${role} SET ${key} TO '';`];
  return [`ALTER ROLE ${role} SET ${key} TO ${names.map(quoteLiteral).join(', ')};`];
}

/** `"$user", public` as the names it has. */
function namesIn(list: string): string[] {
  return [...list.matchAll(/"((?:[^"]|"")*)"|[^\s,]+/g)].map(
    ([whole, quoted]) => quoted?.replaceAll('""', '"') ?? whole,
  );
}
