/** The sites of snapshots, and what of a snapshot a site is. */
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AccountsService } from '../accounts/accounts.service.js';
import { isTenant, type Actor } from '../auth/actor.js';
import { nameOf, parsePathReference, toText } from '../engine/manifest/byte-path.js';
import { nameOfFile } from '../engine/databases/database-names.js';
import { foldersToSplit, siteSelection, tablesFolder } from '../engine/sites/site-selection.js';
import type { Site } from '../engine/sites/site.js';
import type { Selection } from '../engine/types.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { pathRef, restoreInput } from '../runs/restore-input.js';
import { requireReadable } from '../runs/restore-rules.js';
import type { Snapshot } from '../runs/snapshot.entity.js';
import { SnapshotsStore } from '../runs/snapshots.store.js';
import { SnapshotReaders } from './snapshot-readers.js';

/** What may be asked of a snapshot, with a site as one thing. */
export const siteRestoreInput = restoreInput.safeExtend({
  /** Path of a site's folder: its files and its tables are restored, besides what else is named. */
  site: pathRef.optional(),
});

/** The sites of an account as its newest snapshot has them. */
export interface AccountSites {
  snapshot: Snapshot | undefined;
  sites: Site[];
}

@Injectable()
export class SnapshotSites {
  constructor(
    private readonly snapshots: SnapshotsStore,
    private readonly accounts: AccountsService,
    private readonly readers: SnapshotReaders,
  ) {}

  async ofAccount(actor: Actor, nameOrId: string): Promise<AccountSites> {
    const { id: accountId } = await this.accounts.get(actor, nameOrId);
    const isForTenant = isTenant(actor);
    const scope = await this.snapshots.scopeFor(actor);
    const [snapshot] = await this.snapshots.list({ accountId, limit: 1, isForTenant, scope });
    return { snapshot, sites: snapshot?.summary?.sites ?? [] };
  }

  /** The site as paths of the snapshot; `path` is the reference of its folder. */
  async selectionOf(actor: Actor, snapshotId: string, path: string): Promise<Selection> {
    const snapshot = await this.snapshots.getVisible(actor, snapshotId);
    requireReadable(snapshot);
    const sites = snapshot.summary?.sites ?? [];
    const site = sites.find((one) => one.path === path);
    if (site === undefined) throw notThere(snapshotId, path, sites);
    return this.readers.use(snapshot, async (reader) => {
      const within = new Map<string, string[]>();
      for (const folder of foldersToSplit(site, sites)) {
        const inside = (await reader.list(folder)).filter((one) => one.excludedBy === undefined);
        const paths = inside.map((entry) => entry.path);
        within.set(folder, paths);
      }
      const folder = tablesFolder(site.database ?? '');
      const names = (await reader.list(folder)).map((entry) => nameOf(entry.path));
      const tables = names
        .filter((name) => name.endsWith('.sql'))
        .map((name) => nameOfFile(name.slice(0, -'.sql'.length)));
      const selection = siteSelection(site, { tables, within }, sites);
      // No path at all would mean everything.
      if (selection.paths.length === 0) throw notThere(snapshotId, path, sites);
      return selection;
    });
  }

  /** What is asked with the site as paths; the same when no site is named. */
  async resolve(
    actor: Actor,
    snapshotId: string,
    { site, ...input }: z.output<typeof siteRestoreInput>,
  ): Promise<z.output<typeof restoreInput>> {
    if (site === undefined) return input;
    const { paths } = await this.selectionOf(actor, snapshotId, site);
    return { ...input, paths: [...input.paths, ...paths] };
  }
}

function notThere(snapshotId: string, path: string, sites: readonly Site[]): AppError {
  const known = sites.map((site) => `"${toText(parsePathReference(site.path)) ?? site.path}"`);
  const there =
    known.length === 0 ? t('It has none.') : t('It has {sites}.', { sites: known.join(', ') });
  const message = t('The snapshot {snapshotId} has no site at "{path}". {there}', {
    snapshotId,
    path,
    there,
  });
  return new AppError('not-found', 'site.not-found', message);
}
