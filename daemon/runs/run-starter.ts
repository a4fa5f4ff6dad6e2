/**
 * Writes new runs: who may ask for one, over which tasks, recorded as rows before any work. It
 * starts nothing itself; the queue takes tasks up.
 */
import { Injectable } from '@nestjs/common';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import { JobsService } from '../jobs/jobs.service.js';
import type { JobWithDestinations } from '../jobs/jobs.store.js';
import { AppError } from '../platform/errors.js';
import { planBackup, planRetry } from './backup-plan.js';
import { JobCandidates } from './job-candidates.js';
import { PRIORITIES } from './queue.js';
import type { DownloadInput, RestoreInput } from './restore-input.js';
import { RestoreRequests } from './restore-requests.js';
import { requireReadable } from './restore-rules.js';
import { RunRecords } from './run-records.js';
import type { BackupRunRequest } from './run-request.js';
import type { Run, RunKind, RunTrigger } from './run.entity.js';
import type { HandledDue, NewTask } from './runs.store.js';
import type { Snapshot } from './snapshot.entity.js';
import type { Task } from './task.entity.js';

/** Of one account, when it asks itself: its tasks must not fill the queue that all share. */
const MOST_UNFINISHED = 20;

/** A run about to be written. */
export interface Asked {
  kind: RunKind;
  request: object;
  tasks: NewTask[];
  jobId?: string | null;
  scheduleId?: string | null;
  /** The due instant of its schedule that it is started for. */
  dueAt?: Date | undefined;
  retryOf?: Run;
  /** The restore that it takes back. */
  undoOf?: number | null;
}

/** What of a job is backed up, and why. */
export interface BackupOptions {
  /** Only these of its accounts, by name. */
  accounts?: string[] | undefined;
  /** Whose retention is that of its snapshots. `dueAt`: it is started because it was due. */
  schedule?: { id: string; dueAt?: Date | undefined } | undefined;
  note?: string | undefined;
}

@Injectable()
export class RunStarter {
  constructor(
    private readonly jobs: JobsService,
    private readonly candidates: JobCandidates,
    private readonly requests: RestoreRequests,
    private readonly records: RunRecords,
    private readonly events: EventsService,
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
    const run = await this.write(actor, {
      kind: 'backup',
      jobId: id,
      scheduleId: schedule?.id ?? null,
      dueAt: schedule?.dueAt,
      request: {
        ...{ job: { id, name }, structure, excludes, useDefaultExcludes, retries },
        ...(names === undefined ? {} : { accounts: names }),
        ...(note === undefined ? {} : { note }),
        ...(actor.role === 'account' ? { isTenantRequest: true } : {}),
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
    const { request, snapshot } = await this.requests.planRestore(actor, snapshotId, input);
    const run = await this.write(actor, {
      kind: 'restore',
      request,
      tasks: [taskOn(snapshot, 'restore')],
    });
    if (snapshot.state === 'incomplete') await this.warnIncomplete(run, snapshot);
    return run;
  }

  async download(actor: Actor, snapshotId: string, input: DownloadInput): Promise<Run> {
    const { request, snapshot } = await this.requests.planDownload(actor, snapshotId, input);
    const run = await this.write(actor, {
      kind: 'download',
      request,
      tasks: [taskOn(snapshot, 'download')],
    });
    if (snapshot.state === 'incomplete') await this.warnIncomplete(run, snapshot);
    return run;
  }

  async verify(actor: Actor, snapshotId: string): Promise<Run> {
    requireAdmin(actor);
    const snapshot = await this.requests.getVisible(actor, snapshotId);
    requireReadable(snapshot);
    const request = { snapshotId: snapshot.id };
    return this.write(actor, { kind: 'verify', request, tasks: [taskOn(snapshot, 'verify')] });
  }

  async remove(actor: Actor, snapshotId: string): Promise<Run> {
    requireAdmin(actor);
    const snapshot = await this.requests.getVisible(actor, snapshotId);
    requireRemovable(snapshot);
    const request = { snapshotId: snapshot.id };
    return this.write(actor, { kind: 'remove', request, tasks: [taskOn(snapshot, 'remove')] });
  }

  /** A new run over the tasks of an ended one that did not complete. */
  async retry(actor: Actor, run: Run, tasks: Task[]): Promise<Run> {
    const again = planRetry(run, tasks);
    // An undo reads what an account does not see.
    const isUnchecked = run.kind === 'backup' || run.undoOf !== null;
    const snapshotId = isUnchecked ? undefined : again[0]?.snapshotId;
    if (snapshotId !== undefined && snapshotId !== null) {
      requireReadable(await this.requests.getVisible(actor, snapshotId));
    }
    const { kind, request, jobId, scheduleId, undoOf } = run;
    const asked = { kind, request, jobId, scheduleId, undoOf, tasks: again };
    return this.write(actor, { ...asked, retryOf: run });
  }

  /** Records what was asked for; whether it may be is for the caller to say. */
  async write(actor: Actor, asked: Asked): Promise<Run> {
    const { kind, request, tasks, jobId, scheduleId, retryOf, undoOf } = asked;
    if (actor.role === 'account') await this.refuseCrowd(actor.accountId);
    const accountIds = new Set(tasks.map((task) => task.accountId));
    // A prune is the server's own business, also where only one account has anything.
    const isOfOne = accountIds.size === 1 && kind !== 'prune';
    const accountId = isOfOne ? ([...accountIds][0] ?? null) : null;
    const run = await this.records.create(
      {
        kind,
        jobId: jobId ?? null,
        scheduleId: scheduleId ?? null,
        trigger: triggerOf(actor, asked),
        request: request as Record<string, unknown>,
        requestedBy: actor.label,
        requestedUid: actor.role === 'system' ? null : (actor.uid ?? null),
        accountId,
        retryOf: retryOf?.id ?? null,
        undoOf: undoOf ?? null,
      },
      tasks,
      handledBy(asked),
    );
    const subject = { kind: 'run', id: run.id, accountId };
    const details = { tasks: tasks.length, ...detailsOf(request) };
    await this.events.record(actor, `${kind}.requested`, subject, details);
    return run;
  }

  private async refuseCrowd(accountId: string): Promise<void> {
    const unfinished = await this.records.countUnfinishedOf(accountId);
    if (unfinished < MOST_UNFINISHED) return;
    const message = `${String(unfinished)} runs of this account have not ended yet. Wait for one of them, or cancel one.`;
    throw new AppError('conflict', 'run.too-many', message);
  }

  private async warnIncomplete(run: Run, snapshot: Snapshot): Promise<void> {
    const count = snapshot.problems;
    const what = count === 1 ? 'One entry is' : `${String(count)} entries are`;
    const message = `The snapshot is incomplete. ${what} missing or not whole; the snapshot's page lists them.`;
    await this.records.logRun(run.id, 'warn', message);
  }
}

function taskOn(snapshot: Snapshot, kind: 'restore' | 'download' | 'verify' | 'remove'): NewTask {
  const { id, accountId, destinationId } = snapshot;
  return { accountId, destinationId, snapshotId: id, priority: PRIORITIES[kind] };
}

function requireRemovable(snapshot: Snapshot): void {
  if (snapshot.isLocked) {
    const message = `The snapshot ${snapshot.id} is locked; unlock it before removing it.`;
    throw new AppError('conflict', 'snapshot.locked', message);
  }
  if (snapshot.state !== 'in-progress') return;
  const message = `The snapshot ${snapshot.id} is being made; cancel its run instead.`;
  throw new AppError('conflict', 'snapshot.in-progress', message);
}

function handledBy({ scheduleId, dueAt }: Asked): HandledDue | undefined {
  const isDue = dueAt !== undefined && typeof scheduleId === 'string';
  return isDue ? { scheduleId, dueAt: dueAt.toISOString() } : undefined;
}

function triggerOf(actor: Actor, { retryOf, dueAt }: Asked): RunTrigger {
  if (retryOf !== undefined) return 'retry';
  if (dueAt !== undefined) return 'schedule';
  if (actor.role === 'system') return 'schedule';
  return actor.origin === 'api' ? 'api' : 'manual';
}

/** What of a request the event names; the whole of it is in the run's row. */
function detailsOf(request: object): Record<string, unknown> {
  if ('undoOf' in request) return { undoOf: request.undoOf };
  if ('snapshotId' in request) {
    const target = 'target' in request ? { target: request.target } : {};
    return { snapshotId: request.snapshotId, ...target };
  }
  if ('destination' in request) return { destination: request.destination };
  return 'job' in request ? { job: request.job } : {};
}
