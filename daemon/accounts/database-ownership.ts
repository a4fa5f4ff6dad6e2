/** Which databases are an account's: those that its source names, else those with its name before `_`. */
import type { DatabaseOwnership } from '../engine/databases/databases-of-account.js';
import type { Account } from './account.entity.js';

type Named = Pick<Account, 'name' | 'parts' | 'state'>;

const UNKNOWN = "the panel's list of this account's databases could not be read";

/**
 * A source that names databases at all is believed. By names alone `ab_c_shop` is of the account
 * `ab_c`, not of `ab`: the longest name of an account that fits counts.
 */
export function databaseOwnership(
  account: Named,
  everyone: readonly Named[],
  isByPrefix: boolean,
  kind: 'databases' | 'databaseUsers' = 'databases',
): DatabaseOwnership {
  if (account.parts !== null) {
    const names = account.parts[kind].map(({ name }) => name);
    return account.parts.areDatabasesUnknown === true ? { names, problem: UNKNOWN } : { names };
  }
  if (!isByPrefix) return { names: [] };
  const own = prefixOf(account);
  const longer = everyone
    .filter((other) => other.state === 'active' && other.name !== account.name)
    .map(prefixOf)
    .filter((prefix) => prefix.length > own.length && prefix.startsWith(own));
  // What a panel or an admin gave to another account is that one's, whatever it is called.
  const given = everyone.flatMap((other) =>
    other.name === account.name ? [] : (other.parts?.[kind] ?? []).map(({ name }) => name),
  );
  // A user may have the account's very name; a database of that name is likelier someone else's.
  const names = kind === 'databaseUsers' ? [account.name] : [];
  return { names, prefix: { own, longer: [...longer, ...given] } };
}

function prefixOf({ name }: Named): string {
  return `${name}_`;
}
