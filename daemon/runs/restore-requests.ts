/** Reads what a request about a snapshot needs and lets restore-rules.ts decide. */
import { Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.entity.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { isTenant, systemActor, type Actor } from '../auth/actor.js';
import type { ItemUse, PermissionName } from '../auth/permissions/catalogue.js';
import type { Selection } from '../engine/types.js';
import { AppError, inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { parseInput } from '../platform/parse-input.js';
import type { AcceptedCondition } from './condition-rules.js';
import { DownloadLimits } from './download-limits.service.js';
import { movableOnly, requireConfirmed, requireMayRestoreElsewhere } from './into-account.js';
import { hasCpmove } from './snapshot-offers.js';
import { ItemPermissions, leftOutNote } from './item-permissions.js';
import { RestoreConditions } from './restore-conditions.service.js';
import {
  downloadInput,
  partsInput,
  restoreInput,
  type DownloadInput,
  type PartsInput,
  type ParsedRestoreInput,
  type RestoreInput,
} from './restore-input.js';
import {
  permissionsFor,
  requirePlaceable,
  requireReadable,
  requireUndamaged,
  targetOf,
} from './restore-rules.js';
import { requestOf, type DownloadRunRequest, type RestoreRunRequest } from './run-request.js';
import type { Run } from './run.entity.js';
import type { Parts } from './run-writer.js';
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
    private readonly items: ItemPermissions,
    private readonly conditions: RestoreConditions,
    private readonly downloadLimits: DownloadLimits,
  ) {}

  /** See SnapshotsStore. */
  newestGood(accountIds: readonly string[]): Promise<string[]> {
    return this.snapshots.newestGood(accountIds);
  }

  /** The snapshot, for whoever may see it; a removed or foreign one is `not-found`. */
  getVisible(actor: Actor, snapshotId: string): Promise<Snapshot> {
    return this.snapshots.getVisible(actor, snapshotId);
  }

  /** The same, for doing with it what a permission is about. */
  async getFor(actor: Actor, permission: PermissionName, snapshotId: string): Promise<Snapshot> {
    const snapshot = await this.getVisible(actor, snapshotId);
    await this.items.require(actor, permission, snapshot.accountId);
    return snapshot;
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
    const owner = await this.accounts.get(systemActor, snapshot.accountId);
    const into = await this.otherAccount(actor, parsed, owner);
    const account = into ?? owner;
    const target = targetOf(actor, parsed, account, isPreview);
    for (const permission of permissionsFor(target, parsed.withoutSafety)) {
      await this.items.require(actor, permission, owner.id);
    }
    if (into !== undefined && !isPreview) requireConfirmed(into, parsed.confirm);
    const asked = { paths: parsed.paths, items: parsed.items };
    requirePlaceable(asked, target);
    const { selection, notes } =
      into === undefined
        ? await this.permitted(actor, 'restore', asked, snapshot)
        : movableOnly(asked, snapshot.summary?.items ?? []);
    requireUndamaged(actor, snapshot, account, isPreview ? account.name : parsed.confirm);
    const isTenantRequest = isTenant(actor);
    const accepted = isPreview ? {} : await this.accepted(actor, 'restore', parsed.accept);
    const request: RestoreRunRequest = {
      ...{ snapshotId: snapshot.id, selection, target, isTenantRequest, ...accepted },
      ...(into === undefined ? {} : { intoAccountId: into.id }),
      ...(parsed.withoutSafety ? { isWithoutSafety: true } : {}),
    };
    return { request, snapshot, notes };
  }

  /** Of one account, in the order they are done; nothing is begun unless all may be. */
  async planParts(
    actor: Actor,
    input: PartsInput,
    isPreview = false,
  ): Promise<Parts<Planned<RestoreRunRequest>>> {
    const { parts, ...manner } = parseInput(partsInput, input, 'restore');
    const planned: Planned<RestoreRunRequest>[] = [];
    for (const { snapshot, ...selection } of parts) {
      const asked = { ...manner, ...selection };
      planned.push(await this.planRestore(actor, snapshot, asked, isPreview));
    }
    const [first, ...others] = planned;
    if (first === undefined) throw new Error('The schema lets no empty list pass.');
    const { accountId } = first.snapshot;
    const stranger = others.find(({ snapshot }) => snapshot.accountId !== accountId);
    if (stranger === undefined) return [first, ...others];
    const message = t('Parts go together for one account only, and {id} is of another one.', {
      id: stranger.snapshot.id,
    });
    throw inputError('restore.parts', message, [{ field: 'parts', message }]);
  }

  /** Undefined: it goes to the snapshot's own account. */
  private async otherAccount(
    actor: Actor,
    { intoAccount }: ParsedRestoreInput,
    owner: Account,
  ): Promise<Account | undefined> {
    if (intoAccount === undefined) return undefined;
    requireMayRestoreElsewhere(actor);
    const account = await this.accounts.get(actor, intoAccount);
    return account.id === owner.id ? undefined : account;
  }

  async planDownload(
    actor: Actor,
    snapshotId: string,
    input: DownloadInput,
  ): Promise<Planned<DownloadRunRequest>> {
    const snapshot = await this.getVisible(actor, snapshotId);
    const { accept, format, ...asked } = parseInput(downloadInput, input, 'download');
    requireReadable(snapshot);
    const account = await this.accounts.get(systemActor, snapshot.accountId);
    // Downloading writes nothing of the account's, so an admin need not confirm.
    requireUndamaged(actor, snapshot, account, account.name);
    if (format === 'cpmove') await this.requireCpmove(actor, account);
    const { selection, notes } = await this.permitted(actor, 'download', asked, snapshot);
    await this.downloadLimits.require(actor, selection, snapshot);
    const isTenantRequest = isTenant(actor);
    const accepted = await this.accepted(actor, 'download', accept);
    const request: DownloadRunRequest = {
      ...{ snapshotId: snapshot.id, selection, isTenantRequest, ...accepted },
      ...(notes.length === 0 ? {} : { notes }),
      ...(format === 'cpmove' ? { format } : {}),
    };
    return { request, snapshot, notes };
  }

  /** What a run was asked to do, for doing it again: what is permitted may have changed since. */
  async again(actor: Actor, run: Run, snapshotId: string): Promise<Run['request']> {
    const snapshot = await this.getVisible(actor, snapshotId);
    requireReadable(snapshot);
    const request = requestOf(run);
    if (!('selection' in request)) return run.request;
    const use = request.kind === 'download' ? 'download' : 'restore';
    if ('format' in request) await this.items.require(actor, 'download.cpmove', snapshot.accountId);
    const { selection, notes } = await this.permitted(actor, use, request.selection, snapshot);
    if (use === 'download') await this.downloadLimits.require(actor, selection, snapshot);
    await this.requireAcceptedThen(actor, use, request.accepted ?? []);
    if (request.kind !== 'download' || notes.length === 0) return { ...run.request, selection };
    // The download says of itself what it lacks.
    return { ...run.request, selection, notes: [...(request.notes ?? []), ...notes] };
  }

  /** Throws unless a tenant may have what was prepared, whoever asked for it: what is permitted may differ. */
  async requireMayFetch(actor: Actor, run: Pick<Run, 'id' | 'kind' | 'request'>): Promise<void> {
    const request = requestOf(run);
    if (!isTenant(actor) || request.kind !== 'download') return;
    const snapshot = await this.snapshots.findById(request.snapshotId);
    if (snapshot === undefined) throw notFound('download', run.id);
    const isStill = snapshot.removedAt === null;
    if (isStill && !request.isTenantRequest) await this.getVisible(actor, snapshot.id);
    if ('format' in request) await this.items.require(actor, 'download.cpmove', snapshot.accountId);
    await this.items.requireAll(actor, 'download', request.selection, snapshot);
  }

  /** What was accepted then must be all that is asked for now; what is no longer asked is no matter. */
  private async requireAcceptedThen(
    actor: Actor,
    use: ItemUse,
    accepted: readonly AcceptedCondition[],
  ): Promise<void> {
    const known = new Set((await this.conditions.askedOf(actor, use)).map(({ name }) => name));
    const names = accepted.map(({ name }) => name).filter((name) => known.has(name));
    await this.conditions.require(actor, use, names);
  }

  private async accepted(actor: Actor, use: ItemUse, accept: readonly string[]) {
    const accepted = await this.conditions.require(actor, use, accept);
    return accepted.length === 0 ? {} : { accepted };
  }

  private async requireCpmove(actor: Actor, account: Account): Promise<void> {
    await this.items.require(actor, 'download.cpmove', account.id);
    if (hasCpmove(account)) return;
    const message = t(
      'A cpmove package can be made of accounts of cPanel only, and "{name}" is none. Leave the format out.',
      { name: account.name },
    );
    throw new AppError('conflict', 'download.no-cpmove', message);
  }

  private async permitted(actor: Actor, use: ItemUse, asked: Selection, snapshot: Snapshot) {
    const { selection, leftOut } = await this.items.narrow(actor, use, asked, snapshot);
    return { selection, notes: leftOut.length === 0 ? [] : [leftOutNote(use, leftOut)] };
  }
}
