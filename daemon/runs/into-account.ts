/** Restores of one account's snapshot into the home of another one: admins only, files and databases only. Pure. */
import type { Account } from '../accounts/account.entity.js';
import { isTenant, type Actor } from '../auth/actor.js';
import type { Selection, SnapshotSummary } from '../engine/types.js';
import { AppError, inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { kindOfItem, kindOfPath, someOf } from './item-permissions.js';

/** Before anything is looked up: names of others are none of an account's business. */
export function requireMayRestoreElsewhere(actor: Actor): void {
  if (!isTenant(actor)) return;
  throw new AppError(
    'denied',
    'restore.account-denied',
    t('Only an admin restores into another account. Leave that out, or ask your host.'),
  );
}

/** It writes what is one customer's into the home of another one. */
export function requireConfirmed(
  { name }: Pick<Account, 'name'>,
  confirm: string | undefined,
): void {
  if (confirm === name) return;
  const message = t(
    'This writes into another account. To go on, confirm with its name, "{name}".',
    { name },
  );
  throw inputError('restore.confirm', message, [{ field: 'confirm', message }]);
}

const KINDS: ReadonlySet<string | undefined> = new Set(['files', 'database']);

/** Whose mailboxes, zones and users those would be, nobody can tell: their names are the owner's. Databases
 * are called after the account that gets them (engine/parts/database-renames.ts). */
export function movableOnly(
  selection: Selection,
  items: SnapshotSummary['items'],
): { selection: Selection; notes: string[] } {
  const { paths, items: names } = selection;
  const others = [
    ...names.filter((name) => !KINDS.has(kindOfItem(name))),
    ...paths.filter((path) => !KINDS.has(kindOfPath(path))),
  ];
  if (others.length > 0) {
    const field = paths.some((path) => others.includes(path)) ? 'paths' : 'items';
    const message = t('Only files and databases go into another account; leave out {names}.', {
      names: someOf(others),
    });
    throw inputError('restore.account-items', message, [{ field, message }]);
  }
  const all = items.map(({ name }) => name);
  const leftOut = all.filter((name) => !KINDS.has(kindOfItem(name)));
  if (paths.length + names.length > 0 || leftOut.length === 0) return { selection, notes: [] };
  const note = `Left out, since only files and databases go into another account: ${someOf(leftOut)}.`;
  const movable = all.filter((name) => KINDS.has(kindOfItem(name)));
  return { selection: { paths: [], items: movable }, notes: [note] };
}
