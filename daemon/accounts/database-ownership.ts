/** Which databases are an account's: those that its source names, else those with its name before `_`. */
import type { DatabaseOwnership } from '../engine/databases/databases-of-account.js';
import type { AccountParts } from './account-parts.js';
import type { Account } from './account.entity.js';

type Named = Pick<Account, 'name' | 'parts'>;

/**
 * A source that names databases at all is believed. By names alone `ab_c_shop` is of the account
 * `ab_c`, not of `ab`: the longest name of an account that fits counts. One that is gone
 * counts, too: what it left on the server is not another customer's.
 */
export function databaseOwnership(
  account: Named,
  everyone: readonly Named[],
  isByPrefix: boolean,
  {
    kind = 'databases',
    engine = 'mariadb',
  }: { kind?: 'databases' | 'databaseUsers'; engine?: 'mariadb' | 'postgresql' } = {},
): DatabaseOwnership {
  if (account.parts !== null) {
    const told = account.parts[kind];
    const names = told.filter((each) => each.engine === engine).map(({ name }) => name);
    const problem = problemOf(account.parts);
    return problem === undefined ? { names } : { names, problem };
  }
  if (!isByPrefix) return { names: [] };
  const own = prefixOf(account);
  const prefixes = everyone.filter((other) => other.name !== account.name).map(prefixOf);
  const longer = prefixes.filter((prefix) => prefix.length > own.length && prefix.startsWith(own));
  // What a panel or an admin gave to another account is that one's, whatever it is called.
  const given = everyone.flatMap((other) =>
    other.name === account.name ? [] : (other.parts?.[kind] ?? []).map(({ name }) => name),
  );
  // A user may have the account's very name; a database of that name is likelier someone else's.
  const names = kind === 'databaseUsers' ? [account.name] : [];
  const others = [...prefixes, ...given];
  return { names, prefix: { own, longer: [...longer, ...given], others } };
}

/** Whatever the source could not tell may have been of databases. */
function problemOf({ problems = [] }: AccountParts): string | undefined {
  const [problem] = problems;
  if (problem === undefined) return undefined;
  return `there may be more than were told of: ${problem.replace(/\.$/, '')}`;
}

function prefixOf({ name }: Named): string {
  return `${name}_`;
}
