/**
 * Who may restore what to where. Pure: the rows are read by restore-requests.ts. An account may
 * only write its own home; whatever can destroy something asks for the account's name.
 */
import type { Account } from '../accounts/account.entity.js';
import { isTenant, type Actor } from '../auth/actor.js';
import type { PermissionName } from '../auth/permissions/catalogue.js';
import type { RestoreTarget, Selection } from '../engine/types.js';
import { isAtOrBelow, parsePathReference } from '../engine/manifest/byte-path.js';
import { AppError, inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import type { ParsedRestoreInput } from './restore-input.js';
import type { Snapshot } from './snapshot.entity.js';

/** Tops of a snapshot whose content has a place of its own on the server. */
const PLACES = [
  ...['homedir', 'databases', 'database-users', 'mail', 'cron', 'zones', 'certificates', 'ftp'],
  'config/panel',
];
/** Of `config` that is what the panel keeps. */
const PLACED_ITEMS =
  /^(files|config|cron|ftp)$|^(database|database-user|mailbox|zone|certificate):/;

/** A snapshot of an account that the actor sees; a removed, unknown or foreign one is `not-found`. */
export function requireVisible(actor: Actor, snapshot: Snapshot | undefined, id: string): Snapshot {
  // What a restore kept may be of an admin's directory: an account gets it back by an undo only.
  const isKeptApart = isTenant(actor) && snapshot?.isSafety === true;
  if (snapshot?.removedAt !== null || isKeptApart) throw notFound('snapshot', id);
  return snapshot;
}

/** Throws unless the snapshot can be read: finished, and not removed. */
export function requireReadable(
  snapshot: Pick<Snapshot, 'id' | 'state' | 'removedAt' | 'missingAt'>,
): void {
  const { id, state, removedAt, missingAt } = snapshot;
  if (missingAt !== null) {
    const message = t(
      'The snapshot {id} is no longer at its destination; put its files back and reindex the destination.',
      { id },
    );
    throw new AppError('conflict', 'snapshot.missing', message);
  }
  if (removedAt === null && (state === 'complete' || state === 'incomplete')) return;
  throw new AppError(
    'conflict',
    'snapshot.not-restorable',
    removedAt !== null
      ? t(
          'The snapshot {id} was removed; only complete and incomplete snapshots can be restored.',
          { id },
        )
      : t('The snapshot {id} is {state}; only complete and incomplete snapshots can be restored.', {
          id,
          state,
        }),
    { details: { state } },
  );
}

/** A damaged snapshot gives back what is left of it, but only to an admin who knows that. */
export function requireUndamaged(
  actor: Actor,
  snapshot: Pick<Snapshot, 'id' | 'isDamaged'>,
  account: Pick<Account, 'name'>,
  confirm: string | undefined,
): void {
  if (!snapshot.isDamaged) return;
  if (isTenant(actor)) {
    throw new AppError(
      'denied',
      'snapshot.damaged',
      t('The snapshot {id} is damaged. Choose another one, or ask your host.', { id: snapshot.id }),
    );
  }
  if (confirm === account.name) return;
  throw confirmationNeeded(t('The snapshot {id} is damaged.', { id: snapshot.id }), account.name);
}

/** Where a restore goes. `isPreview`: nothing is at stake yet, so nothing is asked. */
export function targetOf(
  actor: Actor,
  input: ParsedRestoreInput,
  account: Pick<Account, 'name' | 'state'>,
  isPreview: boolean,
): RestoreTarget {
  if (input.to !== undefined && isTenant(actor)) {
    throw new AppError(
      'denied',
      'restore.directory-denied',
      t(
        'Only an admin restores into a directory outside the account. Restore to the original place, or beside it.',
      ),
    );
  }
  if (input.mode === 'mirror' && !isPreview && input.confirm !== account.name) {
    throw confirmationNeeded(t('Mirror deletes what the snapshot does not hold.'), account.name);
  }
  if (input.to !== undefined) return { place: 'directory', path: input.to, mode: input.mode };
  if (account.state === 'gone') {
    throw new AppError(
      'conflict',
      'account.gone',
      t('The account "{name}" is no longer on this server; restore into a directory instead.', {
        name: account.name,
      }),
    );
  }
  if (input.beside) return { place: 'beside' };
  return { place: 'original', mode: input.mode };
}

/** What a restore to this target takes; what is replaced without being kept is lost. */
export function permissionsFor(target: RestoreTarget, isWithoutSafety: boolean): PermissionName[] {
  const safety: PermissionName[] = isWithoutSafety ? ['restore.without-safety'] : [];
  if (target.place === 'beside') return ['restore.new-folder', ...safety];
  if (target.place === 'directory') return safety;
  const mirror: PermissionName[] = target.mode === 'mirror' ? ['restore.mirror'] : [];
  return ['restore.overwrite', ...mirror, ...safety];
}

/** Throws when something was chosen that has no original place to go to. */
export function requirePlaceable(selection: Selection, target: RestoreTarget): void {
  if (target.place !== 'original') return;
  const outside = selection.paths.filter((path) => {
    const plain = parsePathReference(path);
    return !PLACES.some((place) => isAtOrBelow(plain, place));
  });
  const others = selection.items.filter((item) => !PLACED_ITEMS.test(item));
  const chosen = [...outside, ...others];
  if (chosen.length === 0) return;
  const message = t(
    'What describes an account has no original place; restore {names} beside it or into a directory.',
    { names: chosen.join(', ') },
  );
  const field = outside.length > 0 ? 'paths' : 'items';
  throw inputError('restore.no-original-place', message, [{ field, message }]);
}

function confirmationNeeded(why: string, accountName: string): AppError {
  const message = t('{why} To go on, confirm with the name of the account, "{accountName}".', {
    why,
    accountName,
  });
  return inputError('restore.confirm', message, [{ field: 'confirm', message }]);
}
