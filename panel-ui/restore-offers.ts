/** What the form of a restore knows besides the snapshot: its sites, and what has to be accepted. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../daemon/auth/actor.js';
import type { PermissionName } from '../daemon/auth/permissions/catalogue.js';
import { PermissionsService } from '../daemon/auth/permissions/permissions.service.js';
import type { RestoreCondition } from '../daemon/runs/restore-condition.entity.js';
import { RestoreConditions } from '../daemon/runs/restore-conditions.service.js';
import { SnapshotSites } from '../daemon/snapshots/snapshot-sites.service.js';

@Injectable()
export class RestoreOffers {
  constructor(
    private readonly conditions: RestoreConditions,
    private readonly sites: SnapshotSites,
    private readonly permissions: PermissionsService,
  ) {}

  conditionsOf(actor: Actor): Promise<RestoreCondition[]> {
    return this.conditions.askedOf(actor, 'restore');
  }

  allowedTo(actor: Actor, accountId: string): Promise<ReadonlySet<PermissionName>> {
    return this.permissions.allowedTo(actor, accountId);
  }

  /** `site`: the path of its folder. */
  async pathsOfSite(actor: Actor, snapshotId: string, site: string): Promise<string[]> {
    return (await this.sites.selectionOf(actor, snapshotId, site)).paths;
  }
}
