/**
 * Plans new runs: who may ask for one, over which tasks. run-writer.ts records them; the queue takes
 * their tasks up.
 */
import { Injectable } from '@nestjs/common';
import { isTenant, type Actor } from '../auth/actor.js';
import { JobsService } from '../jobs/jobs.service.js';
import type { JobWithDestinations } from '../jobs/jobs.store.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { planBackup, planRetry } from './backup-plan.js';
import { JobCandidates } from './job-candidates.js';
import { PRIORITIES } from './queue.js';
import { removalObstacle } from './removal-rules.js';
import type { DownloadInput, PartsInput, RestoreInput } from './restore-input.js';
import { RestoreRequests, type Planned } from './restore-requests.js';
import { requireReadable } from './restore-rules.js';
import { RunRecords } from './run-records.js';
import type { BackupRunRequest, RestoreRunRequest } from './run-request.js';
import { RunWriter, type Asked, type Parts } from './run-writer.js';
import type { Run } from './run.entity.js';
import type { NewTask } from './runs.store.js';
import type { Snapshot } from './snapshot.entity.js';
import type { Task } from './task.entity.js';

/** What of a job is backed up, and why. */
export interface BackupOptions {
  /** Only these of its accounts, by name. */
  accounts?: string[] | undefined;
  /** Whose retention is that of its snapshots. `dueAt`: it is started because it was due. */
  schedule?: { id: string; dueAt?: Date | undefined } | undefined;
  note?: string | undefined;
}

export interface RemovalOptions {
  evenNewest?: boolean;
}

@Injectable()
export class RunStarter {
  constructor(
    private readonly jobs: JobsService,
    private readonly candidates: JobCandidates,
    private readonly requests: RestoreRequests,
    private readonly records: RunRecords,
    private readonly writer: RunWriter,
  ) {}

  async backup(actor: Actor, jobName: string, options: BackupOptions): Promise<Run> {
    return this.backupOf(actor, await this.jobs.get(actor, jobName), options);
  }

  /** Of a job that the actor may not see itself; whether it may ask is for the caller to say. */
  async backupOf(
    actor: Actor,
    { job, destinationIds }: JobWithDestinations,
    options: BackupOptions,
  ): Promise<Run> {
    const { accounts: names, schedule, note } = options;
    const { accounts, sourceProblem } = await this.candidates.refreshed();
    const { id, name, structure, excludes, useDefaultExcludes, retries } = job;
    const { skipWordpressCore } = job;
    const run = await this.writer.write(actor, {
      kind: 'backup',
      jobId: id,
      scheduleId: schedule?.id ?? null,
      dueAt: schedule?.dueAt,
      request: {
        ...{ job: { id, name }, structure, excludes, useDefaultExcludes, retries },
        ...(skipWordpressCore ? { skipWordpressCore } : {}),
        ...(names === undefined ? {} : { accounts: names }),
        ...(note === undefined ? {} : { note }),
        ...(isTenant(actor) ? { isTenantRequest: true } : {}),
      } satisfies BackupRunRequest,
      tasks: planBackup({ job, destinationIds, accounts, names }),
    });
    if (sourceProblem !== undefined) {
      const message = `The accounts known so far are backed up, because new ones could not be looked up: ${sourceProblem}`;
      await this.records.logRun(run.id, 'warn', message);
    }
    return run;
  }

  async restore(actor: Actor, snapshotId: string, input: RestoreInput): Promise<Run> {
    const planned = await this.requests.planRestore(actor, snapshotId, input);
    return (await this.writeRestores(actor, [planned]))[0];
  }

  /** Runs that are done one after the other; one that fails does not stop the others. */
  async restoreParts(actor: Actor, input: PartsInput): Promise<Parts<Run>> {
    return this.writeRestores(actor, await this.requests.planParts(actor, input));
  }

  private async writeRestores(
    actor: Actor,
    planned: Parts<Planned<RestoreRunRequest>>,
  ): Promise<Parts<Run>> {
    const [first, ...others] = planned.map(askedOf) as Parts<Asked>;
    const runs = await this.writer.writeParts(actor, [first, ...others]);
    for (const [index, run] of runs.entries()) {
      const { snapshot, notes } = planned[index] ?? planned[0];
      if (run.accountId !== snapshot.accountId) await this.writer.tellOwner(actor, run, snapshot);
      await this.warn(run, snapshot, notes);
    }
    return runs;
  }

  async download(actor: Actor, snapshotId: string, input: DownloadInput): Promise<Run> {
    const planned = await this.requests.planDownload(actor, snapshotId, input);
    const { request, snapshot, notes } = planned;
    const run = await this.writer.write(actor, {
      kind: 'download',
      request,
      tasks: [taskOn(snapshot, 'download')],
    });
    await this.warn(run, snapshot, notes);
    return run;
  }

  /** See RestoreRequests. */
  requireMayFetch(actor: Actor, run: Run): Promise<void> {
    return this.requests.requireMayFetch(actor, run);
  }

  async verify(actor: Actor, snapshotId: string): Promise<Run> {
    const snapshot = await this.requests.getFor(actor, 'snapshots.verify', snapshotId);
    requireReadable(snapshot);
    const request = { snapshotId: snapshot.id, isTenantRequest: isTenant(actor) };
    return this.writer.write(actor, {
      kind: 'verify',
      request,
      tasks: [taskOn(snapshot, 'verify')],
    });
  }

  /** `evenNewest`: whoever asks knows that it is the newest complete one of its account. */
  async remove(
    actor: Actor,
    snapshotId: string,
    { evenNewest = false }: RemovalOptions,
  ): Promise<Run> {
    const snapshot = await this.requests.getFor(actor, 'snapshots.delete', snapshotId);
    const newest = evenNewest ? [] : await this.requests.newestGood([snapshot.accountId]);
    requireRemovable(snapshot, new Set(newest));
    const request = { snapshotId: snapshot.id, isTenantRequest: isTenant(actor) };
    return this.writer.write(actor, {
      kind: 'remove',
      request,
      tasks: [taskOn(snapshot, 'remove')],
    });
  }

  /** A new run over the tasks of an ended one that did not complete. */
  async retry(actor: Actor, run: Run, tasks: Task[]): Promise<Run> {
    const again = planRetry(run, tasks);
    // An undo reads what an account does not see.
    const isUnchecked = run.kind === 'backup' || run.undoOf !== null;
    const snapshotId = isUnchecked ? undefined : again[0]?.snapshotId;
    const request =
      typeof snapshotId === 'string'
        ? await this.requests.again(actor, run, snapshotId)
        : run.request;
    const { kind, jobId, scheduleId, undoOf } = run;
    const asked = { kind, request, jobId, scheduleId, undoOf, tasks: again };
    return this.writer.write(actor, { ...asked, retryOf: run });
  }

  private async warn(run: Run, snapshot: Snapshot, notes: readonly string[]): Promise<void> {
    for (const note of notes) await this.records.logRun(run.id, 'warn', note);
    if (snapshot.state !== 'incomplete') return;
    const count = snapshot.problems;
    const what = count === 1 ? 'One entry is' : `${String(count)} entries are`;
    const message = `The snapshot is incomplete. ${what} missing or not whole; the snapshot's page lists them.`;
    await this.records.logRun(run.id, 'warn', message);
  }
}

function askedOf({ request, snapshot }: Planned<RestoreRunRequest>): Asked {
  const accountId = request.intoAccountId ?? snapshot.accountId;
  return { kind: 'restore', request, tasks: [{ ...taskOn(snapshot, 'restore'), accountId }] };
}

function taskOn(snapshot: Snapshot, kind: 'restore' | 'download' | 'verify' | 'remove'): NewTask {
  const { id, accountId, destinationId } = snapshot;
  return { accountId, destinationId, snapshotId: id, priority: PRIORITIES[kind] };
}

function requireRemovable(snapshot: Snapshot, newest: ReadonlySet<string>): void {
  const obstacle = removalObstacle(snapshot, newest);
  if (obstacle === undefined) return;
  const { code, message } = obstacle;
  const way = code === 'snapshot.newest' ? ` ${t('Ask for it with "evenNewest" (on the command line --even-newest) if it is to go all the same.')}` : ''; // prettier-ignore
  const said = t('The snapshot {id} was not removed.', { id: snapshot.id });
  throw new AppError('conflict', code, `${said} ${message}${way}`);
}
