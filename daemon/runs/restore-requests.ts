/** Reads what a request about a snapshot needs and lets restore-rules.ts decide. */
import { Inject, Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import { systemActor, type Actor } from '../auth/actor.js';
import type { Selection } from '../engine/types.js';
import type { Config } from '../platform/config-schema.js';
import { CONFIG } from '../platform/platform.module.js';
import { parseInput } from '../platform/parse-input.js';
import { ItemPermissions, leftOutNote, type ItemUse } from './item-permissions.js';
import {
  downloadInput,
  restoreInput,
  type DownloadInput,
  type RestoreInput,
} from './restore-input.js';
import {
  requireMayWaiveSafety,
  requirePlaceable,
  requireReadable,
  requireUndamaged,
  targetOf,
} from './restore-rules.js';
import { requestOf, type DownloadRunRequest, type RestoreRunRequest } from './run-request.js';
import type { Run } from './run.entity.js';
import type { Snapshot } from './snapshot.entity.js';
import { SnapshotsStore } from './snapshots.store.js';

/** A request that may be carried out, and what it is about. */
export interface Planned<Request> {
  request: Request;
  snapshot: Snapshot;
  /** What whoever asked should know of it. */
  notes: string[];
}

@Injectable()
export class RestoreRequests {
  constructor(
    private readonly snapshots: SnapshotsStore,
    private readonly accounts: AccountsService,
    private readonly permissions: ItemPermissions,
    @Inject(CONFIG) private readonly config: Pick<Config, 'restore'>,
  ) {}

  /** The snapshot, for whoever may see it; a removed or foreign one is `not-found`. */
  getVisible(actor: Actor, snapshotId: string): Promise<Snapshot> {
    return this.snapshots.getVisible(actor, snapshotId);
  }

  async planRestore(
    actor: Actor,
    snapshotId: string,
    input: RestoreInput,
    isPreview = false,
  ): Promise<Planned<RestoreRunRequest>> {
    const snapshot = await this.getVisible(actor, snapshotId);
    const parsed = parseInput(restoreInput, input, 'restore');
    requireReadable(snapshot);
    const account = await this.accounts.get(systemActor, snapshot.accountId);
    const target = targetOf(actor, parsed, account, isPreview);
    const asked = { paths: parsed.paths, items: parsed.items };
    requirePlaceable(asked, target);
    const { selection, notes } = this.permitted(actor, 'restore', asked, snapshot);
    requireUndamaged(actor, snapshot, account, isPreview ? account.name : parsed.confirm);
    if (parsed.withoutSafety) requireMayWaiveSafety(actor, this.config.restore);
    const isTenantRequest = actor.role === 'account';
    const request: RestoreRunRequest = {
      ...{ snapshotId: snapshot.id, selection, target, isTenantRequest },
      ...(parsed.withoutSafety ? { isWithoutSafety: true } : {}),
    };
    return { request, snapshot, notes };
  }

  async planDownload(
    actor: Actor,
    snapshotId: string,
    input: DownloadInput,
  ): Promise<Planned<DownloadRunRequest>> {
    const snapshot = await this.getVisible(actor, snapshotId);
    const asked = parseInput(downloadInput, input, 'download');
    requireReadable(snapshot);
    const account = await this.accounts.get(systemActor, snapshot.accountId);
    // Downloading writes nothing of the account's, so an admin need not confirm.
    requireUndamaged(actor, snapshot, account, account.name);
    const { selection, notes } = this.permitted(actor, 'download', asked, snapshot);
    const isTenantRequest = actor.role === 'account';
    return { request: { snapshotId: snapshot.id, selection, isTenantRequest }, snapshot, notes };
  }

  /** What a run was asked to do, for doing it again: what is permitted may have changed since. */
  async again(actor: Actor, run: Run, snapshotId: string): Promise<Run['request']> {
    const snapshot = await this.getVisible(actor, snapshotId);
    requireReadable(snapshot);
    const request = requestOf(run);
    if (!('selection' in request)) return run.request;
    const use = request.kind === 'download' ? 'download' : 'restore';
    const { selection } = this.permitted(actor, use, request.selection, snapshot);
    return { ...run.request, selection };
  }

  private permitted(actor: Actor, use: ItemUse, asked: Selection, { summary }: Snapshot) {
    const items = summary?.items ?? [];
    const { selection, leftOut } = this.permissions.narrow(actor, use, asked, items);
    return { selection, notes: leftOut.length === 0 ? [] : [leftOutNote(use, leftOut)] };
  }
}
