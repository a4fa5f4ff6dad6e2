/**
 * Whose accounts an actor sees: the same rule once for a row (`canSeeAccount`) and once as SQL
 * (`within`), which lists and look-ups add to their own conditions. Whoever lists filters in the
 * database, never afterwards.
 */
import { And, Equal, Raw, type FindOperator } from 'typeorm';
import type { Account } from '../accounts/account.entity.js';
import { isTenant, type Actor } from './actor.js';

/** What every list for an actor is limited to. */
export type AccountScope = { of: 'account'; accountId: string } | { of: 'owner'; owner: string };

/**
 * Where a reseller's name is the name of its own account, too. Elsewhere (Plesk, Virtualmin) the
 * two are names of different things, and an account could be called like somebody else's reseller.
 */
export const ONE_NAMESPACE: readonly string[] = ['cpanel', 'directadmin', 'directory'];

const OWNED = `SELECT "scoped"."id" FROM "account" "scoped"
  WHERE "scoped"."origin" IS NULL AND ("scoped"."owner" = :scopeOwner OR ("scoped"."name" = :scopeOwner
    AND "scoped"."state" = 'active' AND "scoped"."source" IN (:...scopeSources)))`;

/** Undefined: all accounts, and what belongs to none. */
export function accountScope(actor: Actor): AccountScope | undefined {
  if (!isTenant(actor)) return undefined;
  if (actor.role === 'reseller') return { of: 'owner', owner: actor.owner };
  return { of: 'account', accountId: actor.accountId };
}

/**
 * Whether an account, and what belongs to it, may be shown to the actor. Of another server's
 * accounts only snapshots tell, and who owns them there is nobody here.
 */
export function canSeeAccount(
  actor: Actor,
  account: Pick<Account, 'id' | 'name' | 'owner' | 'state' | 'source' | 'origin'>,
): boolean {
  if (!isTenant(actor)) return true;
  if (actor.role === 'account') return actor.accountId === account.id;
  const { name, owner, state, source, origin } = account;
  if (origin !== null) return false;
  if (owner === actor.owner) return true;
  return name === actor.owner && state === 'active' && ONE_NAMESPACE.includes(source);
}

/** The condition on a column of account ids; undefined: none. What belongs to no account is in no scope. */
export function within(
  scope: AccountScope | undefined,
  accountId?: string,
): FindOperator<string> | undefined {
  const asked = accountId === undefined ? undefined : Equal(accountId);
  if (scope === undefined) return asked;
  const own = operatorOf(scope);
  return asked === undefined ? own : And(asked, own);
}

function operatorOf(scope: AccountScope): FindOperator<string> {
  if (scope.of === 'account') return Equal(scope.accountId);
  const values = { scopeOwner: scope.owner, scopeSources: ONE_NAMESPACE };
  return Raw((column) => `${column} IN (${OWNED})`, values) as FindOperator<string>;
}
