/** Which databases of a PostgreSQL server are an account's. */
import { fileNameOf } from './database-names.js';
import { isOfAccount, type DatabaseOwnership } from './databases-of-account.js';
import { ask, connectPostgresql, endQuietly, type PostgresqlServer } from './postgresql-server.js';

/** Every server has it, and nobody's data are there. */
export const MAINTENANCE_DATABASE = 'postgres';

/** Databases that a restore makes for a while. */
export const SCRATCH_PREFIX = 'holdfast_restore_';
export const OLD_PREFIX = 'holdfast_old_';

export interface OwnDatabase {
  name: string;
  owner: string;
}

/** In the order of the manifest. */
export async function databasesOf(
  server: PostgresqlServer,
  ownership: DatabaseOwnership,
  users: DatabaseOwnership,
): Promise<OwnDatabase[]> {
  const client = await connectPostgresql(server, MAINTENANCE_DATABASE);
  try {
    const databases = await ask<OwnDatabase & { isSuper: boolean }>(
      client,
      `SELECT d.datname AS name, r.rolname AS owner, r.rolsuper AS "isSuper"
       FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba
       WHERE NOT d.datistemplate AND d.datname <> $1 AND d.datname !~ $2`,
      [MAINTENANCE_DATABASE, `^(${SCRATCH_PREFIX}|${OLD_PREFIX})[0-9a-f]{16}$`],
    );
    return databases
      .filter((database) => isOwn(database, ownership, users))
      .map(({ name, owner }) => ({ name, owner }))
      .sort((a, b) => (fileNameOf(a.name) < fileNameOf(b.name) ? -1 : 1));
  } finally {
    await endQuietly(client);
  }
}

/** By its name; one whose name is nobody's is of the account whose user owns it. */
function isOwn(
  { name, owner, isSuper }: OwnDatabase & { isSuper: boolean },
  ownership: DatabaseOwnership,
  users: DatabaseOwnership,
): boolean {
  if (isOfAccount(name, ownership)) return true;
  const others = ownership.prefix?.others;
  if (others === undefined || isSuper || !isOfAccount(owner, users)) return false;
  return !others.some((other) => name.startsWith(other));
}
