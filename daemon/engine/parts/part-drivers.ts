/** The drivers of a restore, by what of an account it may reach. */
import { isAtOrBelow } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';
import type { RestoreRequest } from '../types.js';
import { FileParts } from './file-parts.js';
import { MailboxParts } from './mailbox-parts.js';
import { MariadbParts } from './mariadb-parts.js';
import { MariadbUserParts } from './mariadb-user-parts.js';
import type { Part, PartDriver } from './part.js';
import { PostgresqlParts } from './postgresql-parts.js';
import { PostgresqlUserParts } from './postgresql-user-parts.js';

type PartsOf = Pick<RestoreRequest, 'parts' | 'account' | 'isTenantRequest'>;

export class PartDrivers {
  private constructor(private readonly drivers: readonly PartDriver[]) {}

  static of({ parts, account, isTenantRequest }: PartsOf): PartDrivers {
    const drivers: PartDriver[] = [];
    const databases = parts?.databases;
    if (parts !== undefined && databases?.mariadb !== undefined) {
      const { mariadb: server } = databases;
      const { journalFolder } = parts;
      const restorable = new Set<string>();
      const allowsOtherDefiners = !isTenantRequest;
      drivers.push(
        new MariadbUserParts(server, databases, restorable),
        new MariadbParts({ server, databases, allowsOtherDefiners, journalFolder, restorable }),
      );
    }
    const postgresql = databases?.postgresql;
    if (parts !== undefined && databases !== undefined && postgresql?.server !== undefined) {
      const { journalFolder } = parts;
      const { server } = postgresql;
      const options = { server, asked: postgresql, others: databases.others, journalFolder };
      drivers.push(new PostgresqlUserParts(options, isTenantRequest), new PostgresqlParts(options));
    }
    if (parts?.files !== undefined) {
      const options = { files: parts.files, account, isTenantRequest };
      drivers.push(new FileParts(options), new MailboxParts(options));
    }
    return new PartDrivers(drivers);
  } // prettier-ignore

  /** Those for something at or below the path, or above it; in the order of a restore. */
  reaching(path: BytePath): PartDriver[] {
    return this.drivers.filter(({ tops }) =>
      tops.some((top) => isAtOrBelow(path, top) || isAtOrBelow(top, path)),
    );
  }

  get all(): readonly PartDriver[] {
    return this.drivers;
  }

  of({ driver }: Pick<Part, 'driver'>): PartDriver {
    const found = this.drivers.find(({ name }) => name === driver);
    if (found === undefined) throw new Error(`There is no driver "${driver}".`);
    return found;
  }
}
