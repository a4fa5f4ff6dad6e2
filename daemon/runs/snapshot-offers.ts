/** What the page of a snapshot offers its viewer; whether it is done, the services say when it is asked. */
import { Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.entity.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { systemActor, type Actor } from '../auth/actor.js';
import type { ItemUse, PermissionName } from '../auth/permissions/catalogue.js';
import type { ItemKind } from '../platform/config-schema.js';
import { DownloadLimits } from './download-limits.service.js';
import { ItemPermissions } from './item-permissions.js';
import type { Snapshot } from './snapshot.entity.js';

export interface SnapshotOffer {
  allowed: ReadonlySet<PermissionName>;
  /** Of the parts that the viewer may restore and download; undefined: all of them. */
  permitted: Record<ItemUse, ReadonlySet<ItemKind> | undefined>;
  /** Most that the viewer may download at once; undefined: as much as there is. */
  maxDownloadBytes: number | undefined;
  /** Whether the account may be downloaded as a package that cPanel restores. */
  mayCpmove: boolean;
}

/** Only cPanel makes accounts that have what its packages consist of. */
export function hasCpmove({ source }: Pick<Account, 'source'>): boolean {
  return source === 'cpanel';
}

@Injectable()
export class SnapshotOffers {
  constructor(
    private readonly items: ItemPermissions,
    private readonly limits: DownloadLimits,
    private readonly accounts: AccountsService,
  ) {}

  async for(actor: Actor, { accountId }: Pick<Snapshot, 'accountId'>): Promise<SnapshotOffer> {
    const allowed = await this.items.allowedTo(actor, accountId);
    const account = await this.accounts.get(systemActor, accountId);
    const mayPlace = allowed.has('restore.overwrite') || allowed.has('restore.new-folder');
    return {
      allowed,
      permitted: {
        restore: mayPlace ? await this.items.kindsFor(actor, 'restore', accountId) : new Set(),
        download: await this.items.kindsFor(actor, 'download', accountId),
      },
      maxDownloadBytes: this.limits.maxBytesFor(actor),
      mayCpmove: allowed.has('download.cpmove') && hasCpmove(account),
    };
  }
}
