/**
 * Turns a task's rows into the order its worker gets: the account as it is now, the destination
 * opened up, keys and limits from the configuration. Orders hold secrets; they go over IPC only.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.entity.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { systemActor } from '../auth/actor.js';
import { accountPrefix, parseSnapshotKey, snapshotKey } from '../engine/layout.js';
import type { CaptureRequest } from '../engine/types.js';
import { DestinationOpener } from '../jobs/destination-opener.js';
import type { Config } from '../platform/config-schema.js';
import { AppError, notFound } from '../platform/errors.js';
import { CONFIG, SERVER_KEYS } from '../platform/platform.module.js';
import type { ServerKeys } from '../platform/server-keys.js';
import { requestOf, type RestoreRunRequest } from './run-request.js';
import type { Run } from './run.entity.js';
import { SnapshotsStore } from './snapshots.store.js';
import type { Task } from './task.entity.js';
import type { BackupOrder, Work, WorkOrder, WorkPriority } from './worker-protocol.js';

const UNHURRIED: WorkPriority = { nice: 0, ioClass: 'none', ioLevel: 7 };

@Injectable()
export class WorkOrders {
  constructor(
    private readonly accounts: AccountsService,
    private readonly opener: DestinationOpener,
    private readonly snapshots: SnapshotsStore,
    @Inject(CONFIG) private readonly config: Pick<Config, 'server' | 'queue' | 'backup'>,
    @Inject(SERVER_KEYS) private readonly keys: ServerKeys,
  ) {}

  accountOf(accountId: string): Promise<Account> {
    return this.accounts.get(systemActor, accountId);
  }

  /** Where the file of a new snapshot of this account will lie. */
  keyOf(account: Account, snapshotId: string): string {
    return snapshotKey({ prefix: accountPrefix(this.keys.serverId, account), snapshotId });
  }

  /** `outputPath`: the file that a download is to write. */
  async forTask(run: Run, task: Task, outputPath: string): Promise<WorkOrder> {
    return this.order(task.destinationId, await this.workOf(run, outputPath));
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
      },
      crossMounts: this.config.backup.crossMounts,
      compressionLevel: this.config.backup.compressionLevel,
      trigger: run.trigger,
      signingKeyPem: this.keys.signingKeyPem,
    };
  }

  /** Throws when the destination was removed or switched off. */
  async targetFor({ destinationId }: Task, snapshotId: string): Promise<BackupOrder['targets'][0]> {
    return { snapshotId, destination: await this.opener.specOf(destinationId) };
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
    const work = { kind: 'preview', request: await this.restoreOf(request) } as const;
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

  private async workOf(run: Run, outputPath: string): Promise<Work> {
    const request = requestOf(run);
    switch (request.kind) {
      case 'backup':
        throw new Error('A backup is ordered for its destinations together.');
      case 'restore':
        return { kind: 'restore', request: await this.restoreOf(request) };
      case 'download': {
        const { selection } = request;
        const source = await this.sourceOf(request.snapshotId);
        return { kind: 'download', request: { ...source, selection, outputPath } };
      }
      case 'verify':
        return { kind: 'verify', request: await this.sourceOf(request.snapshotId) };
      case 'remove': {
        const { snapshotKey: key } = await this.sourceOf(request.snapshotId);
        return { kind: 'remove', request: { snapshotKey: key } };
      }
    }
  }

  private async restoreOf({ snapshotId, selection, target, isTenantRequest }: RestoreRunRequest) {
    const snapshot = await this.getSnapshot(snapshotId);
    const account = this.accounts.identityOf(await this.accountOf(snapshot.accountId));
    const source = await this.sourceOf(snapshotId);
    return { ...source, account, selection, target, isTenantRequest };
  }

  private async sourceOf(snapshotId: string) {
    const { key } = await this.getSnapshot(snapshotId);
    return { snapshotKey: key, trustedKeysPem: [this.keys.publicKeyPem] };
  }

  private async getSnapshot(snapshotId: string) {
    const snapshot = await this.snapshots.findById(snapshotId);
    if (snapshot?.removedAt !== null) {
      throw notFound('snapshot', snapshotId);
    }
    return snapshot;
  }

  private async order(destinationId: string, work: Work): Promise<WorkOrder> {
    const { nice, ioClass, ioLevel } = this.config.queue;
    return {
      work,
      destination: await this.opener.specOf(destinationId),
      // Someone waits for a preview, and it moves few bytes.
      priority: work.kind === 'preview' ? UNHURRIED : { nice, ioClass, ioLevel },
      threads: this.config.backup.threads,
    };
  }
}

function accountGone({ name }: Account): AppError {
  const message = `The account "${name}" is no longer on this server; there is nothing to back up.`;
  return new AppError('not-found', 'account.gone', message);
}
