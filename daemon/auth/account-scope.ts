/**
 * Whose accounts an actor sees: the same rule once for a row (`canSeeAccount`) and once as SQL
 * (`within`), which lists and look-ups add to their own conditions. Whoever lists filters in the
 * database, never afterwards.
 */
import { And, Equal, Raw, type FindOperator } from 'typeorm';
import type { Account } from '../accounts/account.entity.js';
import { isTenant, type Actor } from './actor.js';
import type { PermissionName } from './permissions/catalogue.js';

/** What every list for an actor is limited to. */
export type AccountScope =
  | { of: 'nobody' }
  | { of: 'account'; accountId: string }
  /** Without accounts that this permission is never given to. */
  | { of: 'owner'; owner: string; permission?: PermissionName };

/**
 * Where a reseller's name is the name of its own account, too. Elsewhere (Plesk, Virtualmin) the
 * two are names of different things, and an account could be called like somebody else's reseller.
 */
export const ONE_NAMESPACE: readonly string[] = ['cpanel', 'directadmin', 'directory'];

const OWNED = `SELECT "scoped"."id" FROM "account" "scoped"
  WHERE "scoped"."origin" IS NULL AND ("scoped"."owner" = :scopeOwner OR ("scoped"."name" = :scopeOwner
    AND "scoped"."state" = 'active' AND "scoped"."source" IN (:...scopeSources)))`;

const NEVER = `SELECT 1 FROM "permission_setting" "final"
  WHERE "final"."permission" = :scopePermission AND "final"."value" = 'never'
    AND (("final"."level" = 'account' AND "final"."subject" = "scoped"."id")
      OR ("final"."level" = 'package' AND "final"."subject" = "scoped"."package"))`;

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
  if (scope.of === 'nobody') return Raw(() => '0') as FindOperator<string>;
  if (scope.of === 'account') return Equal(scope.accountId);
  const { owner, permission } = scope;
  const owned = permission === undefined ? OWNED : `${OWNED} AND NOT EXISTS (${NEVER})`;
  const values = { scopeOwner: owner, scopeSources: ONE_NAMESPACE, scopePermission: permission };
  return Raw((column) => `${column} IN (${owned})`, values) as FindOperator<string>;
}
