/** Roles of an account on a PostgreSQL server as parts of a restore. */
import { AppError } from '../../platform/errors.js';
import { POSTGRESQL_USERS, nameOfFile } from '../databases/database-names.js';
import { isOfAccount } from '../databases/databases-of-account.js';
import { MAINTENANCE_DATABASE } from '../databases/postgresql-databases.js';
import { connectPostgresql, endQuietly } from '../databases/postgresql-server.js';
import { dropPostgresqlRole, hasRole, restorePostgresqlRole } from '../databases/restore-postgresql-user.js'; // prettier-ignore
import { nameOf } from '../manifest/byte-path.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { CaptureRequest, EngineContext } from '../types.js';
import { foldersIn, type Part, type PartDriver, type PartsChosen, type Standing, type StandingPart } from './part.js'; // prettier-ignore
import { NO_DATABASES, type PostgresqlPartsOptions } from './postgresql-parts.js';

export class PostgresqlUserParts implements PartDriver {
  readonly name = 'postgresql-user';
  readonly tops = [POSTGRESQL_USERS];

  constructor(
    private readonly options: PostgresqlPartsOptions,
    private readonly isTenantRequest: boolean,
  ) {}

  async choose({ reader, roots, suffix }: PartsChosen): Promise<Part[]> {
    // Beside itself a role would be another one.
    if (suffix !== undefined) return [];
    const paths = new Set<string>();
    for (const root of roots) {
      const [name = ''] = root.slice(POSTGRESQL_USERS.length + 1).split('/');
      if (name !== '') paths.add(`${POSTGRESQL_USERS}/${name}`);
      else for (const { path } of await foldersIn(reader, POSTGRESQL_USERS)) paths.add(path);
    }
    return [...paths].map((path) => {
      const name = nameOfFile(nameOf(path));
      return { driver: this.name, path, name, title: `the database user "${name}"` };
    });
  }

  async look({ name }: Part): Promise<Standing> {
    const { server, asked, others } = this.options;
    const client = await connectPostgresql(server, MAINTENANCE_DATABASE);
    try {
      const isThere = await hasRole(client, name);
      if (isOfAccount(name, asked.users) || (!isThere && !others.includes(name))) {
        return { isThere };
      }
      const message = `The database user "${name}" is not this account's now; it is left alone.`;
      throw new AppError('denied', 'database.foreign-user', message);
    } finally {
      await endQuietly(client);
    }
  }

  restore({ path: root, name }: Part, reader: SnapshotReader, context: EngineContext): Promise<string[]> {
    const { server, asked } = this.options;
    const isOwn = (role: string): boolean => isOfAccount(role, asked.users);
    const wanted = { root, name, isOwn, isTenantRequest: this.isTenantRequest };
    return restorePostgresqlRole(reader, wanted, server, context);
  } // prettier-ignore

  async remove({ name }: Part): Promise<void> {
    await dropPostgresqlRole(this.options.server, name);
  }

  narrow(request: CaptureRequest, parts: readonly StandingPart[]): CaptureRequest {
    const known = request.databases ?? NO_DATABASES;
    const { server } = this.options;
    const ownership = known.postgresql?.ownership ?? NO_DATABASES.ownership;
    const users = { names: parts.map(({ part }) => part.name) };
    return { ...request, databases: { ...known, postgresql: { server, ownership, users } } };
  }
}
