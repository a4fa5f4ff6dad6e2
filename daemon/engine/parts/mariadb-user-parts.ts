/** Users of an account on a MariaDB server as parts of a restore. */
import { AppError } from '../../platform/errors.js';
import { MARIADB_USERS, nameOfFile } from '../databases/database-names.js';
import { isOfAccount, type RestoringDatabases } from '../databases/databases-of-account.js';
import { connectMariadb, type MariadbServer } from '../databases/mariadb-server.js';
import { dropMariadbUser, hostsOf, restoreMariadbUser } from '../databases/restore-mariadb-user.js';
import { nameOf } from '../manifest/byte-path.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { CaptureRequest, EngineContext } from '../types.js';
import { foldersIn, type Part, type PartDriver, type PartsChosen, type Standing, type StandingPart } from './part.js'; // prettier-ignore

export class MariadbUserParts implements PartDriver {
  readonly name = 'mariadb-user';
  readonly tops = [MARIADB_USERS];

  constructor(
    private readonly server: MariadbServer,
    private readonly databases: RestoringDatabases,
    /** Databases that come back in the same restore. */
    private readonly restorable: ReadonlySet<string>,
  ) {}

  async choose({ reader, roots, suffix }: PartsChosen): Promise<Part[]> {
    // Beside itself a user would be another one.
    if (suffix !== undefined) return [];
    const paths = new Set<string>();
    for (const root of roots) {
      const [name = ''] = root.slice(MARIADB_USERS.length + 1).split('/');
      if (name !== '') paths.add(`${MARIADB_USERS}/${name}`);
      else for (const { path } of await foldersIn(reader, MARIADB_USERS)) paths.add(path);
    }
    return [...paths].map((path) => {
      const name = nameOfFile(nameOf(path));
      return { driver: this.name, path, name, title: `the database user "${name}"` };
    });
  }

  async look({ name }: Part): Promise<Standing> {
    const connection = await connectMariadb(this.server);
    try {
      const isThere = (await hostsOf(connection, name)).length > 0;
      const { users, others } = this.databases;
      if (isOfAccount(name, users) || (!isThere && !others.includes(name))) return { isThere };
      const message = `The database user "${name}" is not this account's now; it is left alone.`;
      throw new AppError('denied', 'database.foreign-user', message);
    } finally {
      await connection.end().catch(() => undefined);
    }
  }

  restore({ path: root, name }: Part, reader: SnapshotReader, context: EngineContext): Promise<string[]> {
    const { ownership } = this.databases;
    const mayUse = (database: string): boolean =>
      isOfAccount(database, ownership) || this.restorable.has(database);
    return restoreMariadbUser(reader, { root, name, mayUse }, this.server, context);
  } // prettier-ignore

  async remove({ name }: Part): Promise<void> {
    await dropMariadbUser(this.server, name);
  }

  narrow(request: CaptureRequest, parts: readonly StandingPart[]): CaptureRequest {
    const known = request.databases ?? { mariadb: this.server, ownership: { names: [] } };
    return {
      ...request,
      databases: { ...known, users: { names: parts.map(({ part }) => part.name) } },
    };
  }
}
