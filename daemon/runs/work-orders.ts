/**
 * Turns a task's rows into the order its worker gets: the account as it is now, the destination
 * opened up, keys and limits from the configuration. Orders hold secrets; they go over IPC only.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.entity.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { partsOf } from '../accounts/parts-of.js';
import { systemActor } from '../auth/actor.js';
import {
  accountOfKey,
  accountPrefix,
  parseSnapshotKey,
  serverOfKey,
  snapshotKey,
} from '../engine/layout.js';
import { keysFor } from '../engine/manifest/find-snapshots.js';
import type { CaptureRequest, RestoreRequest, Structure, UndoRequest } from '../engine/types.js';
import type { PruneRequest } from '../engine/manifest/prune-types.js';
import { DestinationOpener, type DestinationSpec } from '../jobs/destination-opener.js';
import type { Config } from '../platform/config-schema.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { CONFIG, SERVER_KEYS } from '../platform/platform.module.js';
import type { ServerKeys } from '../platform/server-keys.js';
import { expectedBytes } from './expected-bytes.js';
import { SAFETY_TRIGGER } from './index-plan.js';
import { requestOf, type RestoreRunRequest, type UndoRunRequest } from './run-request.js';
import type { Run } from './run.entity.js';
import { SnapshotSources } from './snapshot-sources.js';
import type { Snapshot } from './snapshot.entity.js';
import type { Task } from './task.entity.js';
import type {
  BackupOrder,
  HistoryOrder,
  HistoryRequest,
  Work,
  WorkOrder,
  WorkPriority,
} from './worker-protocol.js';

/** A snapshot that is about to be made. */
type PlacedSnapshot = Pick<Snapshot, 'id' | 'key' | 'accountId' | 'destinationId'>;

const UNHURRIED: WorkPriority = { nice: 0, ioClass: 'none', ioLevel: 7 };
/** Nobody waits for it, and a folder of thousands of objects keeps a disk busy. */
const REMOVING: ReadonlySet<Work['kind']> = new Set(['remove', 'prune', 'erase']);
const LOWEST_NICE = 19;
/** Someone waits for it, and it moves few bytes. */
const LOOKING: ReadonlySet<Work['kind']> = new Set(['preview', 'preview-undo']);

@Injectable()
export class WorkOrders {
  constructor(
    private readonly accounts: AccountsService,
    private readonly opener: DestinationOpener,
    private readonly sources: SnapshotSources,
    @Inject(CONFIG)
    private readonly config: Pick<Config, 'server' | 'queue' | 'backup' | 'accounts' | 'sandbox' | 'downloads'>, // prettier-ignore
    @Inject(SERVER_KEYS) private readonly keys: ServerKeys,
  ) {}

  accountOf(accountId: string): Promise<Account> {
    return this.accounts.get(systemActor, accountId);
  }

  /** The name of the account that a task is about; undefined: it is about a destination. */
  async nameOf({ accountId }: Task): Promise<string | undefined> {
    return accountId === null ? undefined : (await this.accountOf(accountId)).name;
  }

  /** Where the file of a new snapshot of this account will lie. */
  keyOf(account: Account, snapshotId: string): string {
    return snapshotKey({ prefix: accountPrefix(this.keys.serverId, account), snapshotId });
  }

  /** `outputPath`: the file that a download is to write. */
  async forTask(run: Run, task: Task, outputPath: string): Promise<WorkOrder> {
    return this.order(task.destinationId, await this.workOf(run, task, outputPath));
  }

  /** What of the account is captured, for all destinations of a backup. */
  async captureFor(run: Run, accountId: string): Promise<CaptureRequest> {
    const request = requestOf(run);
    if (request.kind !== 'backup') throw new Error(`Run ${String(run.id)} is no backup.`);
    const account = await this.accountOf(accountId);
    if (account.state === 'gone') throw accountGone(account);
    return {
      server: { id: this.keys.serverId, name: this.config.server.name },
      account: this.accounts.identityOf(account),
      job: request.job,
      structure: request.structure,
      excludes: {
        patterns: [...request.excludes, ...account.excludes],
        useDefaults: request.useDefaultExcludes,
        coreChecksums: request.skipWordpressCore === true ? this.config.backup.wordpressChecksums : undefined, // prettier-ignore
      },
      crossMounts: this.config.backup.crossMounts,
      databases: await this.accounts.databasesOf(account),
      parts: partsOf(account, this.config),
      documentRoots: account.parts?.domains.flatMap(({ documentRoot }) => documentRoot ?? []),
      compressionLevel: this.config.backup.compressionLevel,
      trigger: run.trigger,
      signingKeyPem: this.keys.signingKeyPem,
      expectedBytes: expectedBytes(await this.sources.latestOf(accountId), request.structure),
    };
  }

  /** What of the account a restore keeps before it replaces it. */
  async safetyCaptureFor(accountId: string): Promise<CaptureRequest> {
    return {
      server: { id: this.keys.serverId, name: this.config.server.name },
      account: this.accounts.identityOf(await this.accountOf(accountId)),
      job: undefined,
      structure: 'compressed',
      excludes: { patterns: [], useDefaults: false },
      crossMounts: this.config.backup.crossMounts,
      compressionLevel: this.config.backup.compressionLevel,
      trigger: SAFETY_TRIGGER,
      signingKeyPem: this.keys.signingKeyPem,
    };
  }

  /** Throws when the destination was removed or switched off. */
  destinationOf(id: string): Promise<DestinationSpec> {
    return this.opener.specOf(id);
  }

  /** `ledgerPath`: the list of what the restore did. */
  async forUndo(
    {
      accountId,
      destinationId,
      runId,
    }: Pick<Task, 'accountId' | 'destinationId'> & { runId?: number },
    undo: { kind: 'undo' | 'preview-undo'; request: UndoRunRequest; ledgerPath: string },
  ): Promise<WorkOrder> {
    const { target, isForced, isTenantRequest, snapshotId } = undo.request;
    const row = await this.accountOf(accountId ?? '');
    const safety = snapshotId === undefined ? undefined : await this.sources.sourceOf(snapshotId);
    const request: UndoRequest = {
      ...{ account: this.accounts.identityOf(row), target, isForced, isTenantRequest },
      parts: await this.accounts.restoringPartsOf(row, runId),
      ledgerPath: undo.ledgerPath,
      safety,
    };
    return this.order(destinationId, { kind: undo.kind, request });
  }

  /** Throws when the destination was removed or switched off. */
  async targetFor(
    structure: Structure,
    { id: snapshotId, key, accountId, destinationId }: PlacedSnapshot,
  ): Promise<BackupOrder['targets'][0]> {
    const destination = await this.opener.specOf(destinationId);
    if (structure !== 'incremental') return { snapshotId, destination };
    const maxDeadShare = this.config.backup.maxDeadPercent / 100;
    const account = { accountId, destinationId };
    const parent = await this.sources.parentOf(key, account, maxDeadShare);
    return { snapshotId, destination, parent };
  }

  forBackup(request: CaptureRequest, targets: BackupOrder['targets']): BackupOrder {
    const { nice, ioClass, ioLevel } = this.config.queue;
    return {
      work: { kind: 'backup', request },
      targets,
      priority: { nice, ioClass, ioLevel },
      threads: this.config.backup.threads,
    };
  }

  async forPreview(destinationId: string, request: RestoreRunRequest): Promise<WorkOrder> {
    const work = { kind: 'preview', request: await this.restoreOf(request, undefined) } as const;
    return this.order(destinationId, work);
  }

  /** Removes whatever below the account's folder no snapshot refers to. */
  forScrub(destinationId: string, key: string): Promise<WorkOrder> {
    const { prefix } = parseSnapshotKey(key);
    return this.order(destinationId, { kind: 'scrub', request: { accountPrefix: prefix } });
  }

  forRemoval(destinationId: string, key: string): Promise<WorkOrder> {
    return this.order(destinationId, { kind: 'remove', request: { snapshotKey: key } });
  }

  /** One that nobody waits for; destinations that cannot be asked now are left out. */
  async forHistory(
    request: HistoryRequest,
    missing: readonly Pick<Snapshot, 'id' | 'key' | 'destinationId' | 'startedAt'>[],
  ): Promise<HistoryOrder> {
    const sources: HistoryOrder['sources'] = [];
    for (const destinationId of new Set(missing.map((one) => one.destinationId))) {
      const destination = await this.opener.specOf(destinationId).catch(() => undefined);
      if (destination === undefined) continue;
      const trusted = await this.sources.trustedAt(destinationId);
      const snapshots = missing
        .filter((one) => one.destinationId === destinationId)
        .map(({ id, key, startedAt }) => ({
          ...{ id, startedAt, snapshotKey: key },
          trustedKeysPem: keysFor(serverOfKey(key), trusted),
        }));
      sources.push({ destination, snapshots });
    }
    const priority = this.priorityOf('prune');
    return { work: { kind: 'history', request }, sources, priority, threads: 1 };
  }

  /** Only this server's own folders. */
  async forPrune(
    destinationId: string,
    request: Omit<PruneRequest, 'trustedKeysPem'>,
  ): Promise<WorkOrder> {
    const trusted = await this.sources.trustedAt(destinationId);
    const trustedKeysPem = keysFor(this.keys.serverId, trusted);
    return this.order(destinationId, { kind: 'prune', request: { ...request, trustedKeysPem } });
  }

  private async workOf(run: Run, task: Task, outputPath: string): Promise<Work> {
    const request = requestOf(run);
    switch (request.kind) {
      case 'backup':
        throw new Error('A backup is ordered for its destinations together.');
      case 'prune':
        throw new Error('A prune is ordered with what is over.');
      case 'restore':
        if ('undoOf' in request) throw new Error('An undo is ordered with its ledger.');
        return { kind: 'restore', request: await this.restoreOf(request, run.id) };
      case 'download': {
        const { selection, isTenantRequest, notes, format } = request;
        const source = await this.sources.sourceOf(request.snapshotId);
        const { maxBytes: most, minFreeBytes } = this.config.downloads;
        const maxBytes = isTenantRequest && most > 0 ? most : undefined;
        const limits = { maxBytes, minFreeBytes };
        return {
          kind: 'download',
          request: { ...source, selection, outputPath, notes, format, ...limits },
        };
      }
      case 'verify':
        return { kind: 'verify', request: await this.sources.sourceOf(request.snapshotId) };
      case 'remove': {
        const { key } = await this.sources.get(request.snapshotId);
        return { kind: 'remove', request: { snapshotKey: key } };
      }
      case 'reindex': {
        const trusted = await this.sources.trustedAt(task.destinationId);
        const after = request.resume?.lastKey ?? undefined;
        return { kind: 'reindex', request: { trusted, after } };
      }
      case 'erase':
        return { kind: 'erase', request: { serverId: this.keys.serverId } };
    }
  }

  /** `runId` is undefined for a preview, which writes nothing. */
  private async restoreOf(
    { snapshotId, selection, target, isTenantRequest, intoAccountId }: RestoreRunRequest,
    runId: number | undefined,
  ): Promise<RestoreRequest> {
    const snapshot = await this.sources.get(snapshotId);
    const row = await this.accountOf(intoAccountId ?? snapshot.accountId);
    const account = this.accounts.identityOf(row);
    const source = await this.sources.sourceOf(snapshotId);
    const isTenant = { isTenantRequest };
    if (target.place === 'directory') return { ...source, account, selection, target, ...isTenant };
    if (intoAccountId !== undefined) {
      // Uids in it mean nobody here: everything becomes the account's own.
      const sourceAccountId = accountOfKey(snapshot.key);
      const { name: databasesOf } = await this.accountOf(snapshot.accountId);
      const { databases, journalFolder } = await this.accounts.restoringPartsOf(row, runId);
      const parts = { databases, journalFolder, databasesOf };
      return {
        ...source,
        account,
        sourceAccountId,
        selection,
        target,
        parts,
        isTenantRequest: true,
      };
    }
    const { sourceAccountId, isStranger } = await this.sources.ownerOf(snapshot, row);
    if (isStranger) isTenant.isTenantRequest = true;
    const parts = await this.accounts.restoringPartsOf(row, runId);
    return { ...source, account, sourceAccountId, selection, target, parts, ...isTenant };
  }

  private async order(destinationId: string, work: Work): Promise<WorkOrder> {
    return {
      work,
      // It was switched off for everything else.
      destination: await this.opener.specOf(destinationId, { alsoDisabled: work.kind === 'erase' }),
      priority: this.priorityOf(work.kind),
      threads: this.config.backup.threads,
    };
  }

  private priorityOf(kind: Work['kind']): WorkPriority {
    if (LOOKING.has(kind)) return UNHURRIED;
    const { nice, ioClass, ioLevel } = this.config.queue;
    if (!REMOVING.has(kind)) return { nice, ioClass, ioLevel };
    return { nice: LOWEST_NICE, ioClass: ioClass === 'none' ? 'none' : 'idle', ioLevel };
  }
}

function accountGone({ name }: Account): AppError {
  const message = t(
    'The account "{name}" is no longer on this server; there is nothing to back up.',
    { name },
  );
  return new AppError('not-found', 'account.gone', message);
}
