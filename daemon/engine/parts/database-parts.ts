/** What databases of both kinds of servers have in common as parts of a restore. */
import { AppError, inputError } from '../../platform/errors.js';
import { nameOfFile } from '../databases/database-names.js';
import { isOfAccount, type DatabaseOwnership } from '../databases/databases-of-account.js';
import { displayPath, nameOf } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';
import { withTables, type DriverName, type Part, type PartsChosen } from './part.js';

/** By the folder of each database: `whole` ones, and of others some `tables`. */
export interface ChosenDatabases {
  whole: ReadonlySet<BytePath>;
  tables: ReadonlyMap<BytePath, string[]>;
}

export function databaseParts(
  driver: DriverName,
  { whole, tables }: ChosenDatabases,
  { suffix, rename }: Pick<PartsChosen, 'suffix' | 'rename'>,
): Part[] {
  const beside = suffix === undefined ? {} : { suffix };
  const nameAt = (path: BytePath): string => rename(nameOfFile(nameOf(path)));
  const some = [...tables].filter(([path]) => !whole.has(path));
  return [
    ...[...whole].map((path) => {
      const name = `${nameAt(path)}${suffix ?? ''}`;
      return { driver, path, name, title: `the database "${name}"`, ...beside };
    }),
    ...some.map(([path, names]) =>
      withTables({ driver, path, name: nameAt(path), title: '', ...beside }, names),
    ),
  ];
}

/** Throws for a database that is not the account's now. */
export function requireOwnDatabase(
  name: string,
  isThere: boolean,
  { ownership, others }: { ownership: DatabaseOwnership; others: readonly string[] },
): void {
  if (isOfAccount(name, ownership) || (!isThere && !others.includes(name))) return;
  const message = `The database "${name}" is not this account's now; it is left alone.`;
  throw new AppError('denied', 'database.foreign', message);
}

export function notAPart(path: BytePath): AppError {
  const message = `"${displayPath(path)}" cannot be restored by itself; choose a table, or the whole database.`;
  return inputError('restore.part', message, [{ field: 'paths', message }]);
}
