/**
 * Which parts of its snapshots an account may restore and download itself, by kind of item. A part
 * that is named and not permitted is refused; of everything, what is not permitted is left out.
 */
import { Injectable } from '@nestjs/common';
import { isTenant, type Actor } from '../auth/actor.js';
import {
  itemPermission,
  type ItemUse,
  type PermissionName,
} from '../auth/permissions/catalogue.js';
import { PermissionsService } from '../auth/permissions/permissions.service.js';
import { displayPath, parsePathReference } from '../engine/manifest/byte-path.js';
import type { Selection, SnapshotSummary } from '../engine/types.js';
import { ITEM_KINDS, type ItemKind } from '../platform/config-schema.js';
import { AppError } from '../platform/errors.js';
import { msg, t } from '../platform/messages.js';
import type { Snapshot } from './snapshot.entity.js';

/** What may be used of a snapshot. */
export interface PermittedSelection {
  selection: Selection;
  /** Items of the snapshot that are left out. */
  leftOut: string[];
}

/** The top folder of a snapshot that holds the items of a kind. */
const KIND_OF_TOP: ReadonlyMap<string, ItemKind> = new Map([
  ['homedir', 'files'],
  ['databases', 'database'],
  ['database-users', 'database-user'],
  ['mail', 'mailbox'],
  ['cron', 'cron'],
  ['zones', 'zone'],
  ['certificates', 'certificate'],
  ['ftp', 'ftp'],
  ['config', 'config'],
]);

@Injectable()
export class ItemPermissions {
  constructor(private readonly permissions: PermissionsService) {}

  /** Of an account’s snapshots. Undefined: all of them. */
  async kindsFor(
    actor: Actor,
    use: ItemUse,
    accountId: string,
  ): Promise<ReadonlySet<ItemKind> | undefined> {
    if (!isTenant(actor)) return undefined;
    const allowed = await this.permissions.allowedTo(actor, accountId);
    return new Set(ITEM_KINDS.filter((kind) => allowed.has(itemPermission(use, kind))));
  }

  /** Throws `denied` when the actor may not do it with the snapshots of an account. */
  require(actor: Actor, permission: PermissionName, accountId: string): Promise<void> {
    return this.permissions.require(actor, permission, accountId);
  }

  /** All that the actor may do with the snapshots of an account. */
  allowedTo(actor: Actor, accountId: string): Promise<ReadonlySet<PermissionName>> {
    return this.permissions.allowedTo(actor, accountId);
  }

  /** Throws `denied` when something is named that the actor may not use, or nothing is left. */
  async narrow(
    actor: Actor,
    use: ItemUse,
    selection: Selection,
    { accountId, summary }: Pick<Snapshot, 'accountId' | 'summary'>,
  ): Promise<PermittedSelection> {
    const items = summary?.items ?? [];
    const kinds = await this.kindsFor(actor, use, accountId);
    return kinds === undefined
      ? { selection, leftOut: [] }
      : permittedSelection(selection, { kinds, items, use });
  }

  /** Throws `denied` also when something of everything is not permitted. */
  async requireAll(
    actor: Actor,
    use: ItemUse,
    selection: Selection,
    snapshot: Pick<Snapshot, 'accountId' | 'summary'>,
  ): Promise<void> {
    const { leftOut } = await this.narrow(actor, use, selection, snapshot);
    if (leftOut.length === 0) return;
    const kinds = await this.kindsFor(actor, use, snapshot.accountId);
    throw denied(use, leftOut, kinds ?? new Set());
  }
}

/** `files` of `files`, `database` of `database:shop`. */
export function kindOfItem(name: string): ItemKind | undefined {
  const kind = name.split(':', 1)[0];
  return ITEM_KINDS.find((known) => known === kind);
}

/** Of a path of a snapshot, as requests and links write it. */
export function kindOfPath(reference: string): ItemKind | undefined {
  const [top = ''] = parsePathReference(reference).split('/', 1);
  return KIND_OF_TOP.get(top);
}

/** Pure. `items`: those of the snapshot. */
export function permittedSelection(
  { paths, items: names }: Selection,
  { kinds, items, use }: { kinds: ReadonlySet<ItemKind>; items: SnapshotSummary['items']; use: ItemUse }, // prettier-ignore
): PermittedSelection {
  const isPermitted = (kind: ItemKind | undefined): boolean =>
    kind !== undefined && kinds.has(kind);
  if (paths.length + names.length > 0) {
    const refused = [
      ...names.filter((name) => !isPermitted(kindOfItem(name))),
      ...paths
        .filter((path) => !isPermitted(kindOfPath(path)))
        .map((path) => displayPath(parsePathReference(path))),
    ];
    if (refused.length > 0) throw denied(use, refused, kinds);
    return { selection: { paths, items: names }, leftOut: [] };
  }
  // An empty item is no part that could be asked for: its folder may not be there.
  const full = items.filter(({ entries }) => entries > 0).map(({ name }) => name);
  const leftOut = full.filter((name) => !isPermitted(kindOfItem(name)));
  if (leftOut.length === 0) return { selection: { paths, items: names }, leftOut };
  const permitted = full.filter((name) => isPermitted(kindOfItem(name)));
  if (permitted.length === 0) throw denied(use, leftOut, kinds);
  return { selection: { paths, items: permitted }, leftOut };
}

const SHOWN = 5;

/** What was left out of everything, in a sentence. */
export function leftOutNote(use: ItemUse, leftOut: readonly string[]): string {
  const what = use === 'restore' ? 'restore' : 'download';
  return `Left out, since accounts of this server do not ${what} it themselves: ${someOf(leftOut)}.`;
}

const REFUSALS = {
  restore: msg(
    'Accounts of this server restore {may} themselves, and not {names}. Leave that out, or ask your host.',
  ),
  download: msg(
    'Accounts of this server download {may} themselves, and not {names}. Leave that out, or ask your host.',
  ),
} satisfies Record<ItemUse, string>;

function denied(use: ItemUse, refused: readonly string[], kinds: ReadonlySet<ItemKind>): AppError {
  const may = kinds.size === 0 ? t('nothing') : [...kinds].join(', ');
  const message = t(REFUSALS[use], { may, names: someOf(refused) });
  return new AppError('denied', `${use}.item-denied`, message);
}

/** The first few of them, in words. */
export function someOf(names: readonly string[]): string {
  const more = names.length - SHOWN;
  const shown = names.slice(0, SHOWN).join(', ');
  return more > 0 ? `${shown} and ${String(more)} more` : shown;
}
