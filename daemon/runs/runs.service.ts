/**
 * Runs as people and programs see them: started, listed, followed, cancelled, retried. Everything
 * that takes time is a run. Neighbours: run-starter.ts writes them, queue.service.ts takes their
 * tasks up, run-records.ts keeps and tells what happens. An account sees only its own runs, a reseller those of its accounts.
 */
import { Injectable } from '@nestjs/common';
import { accountScope } from '../auth/account-scope.js';
import { isTenant, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { JobWithDestinations } from '../jobs/jobs.store.js';
import { AppError, toAppError, type ErrorKind } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { DestinationRuns } from './destination-runs.js';
import { QueueService } from './queue.service.js';
import type { DownloadInput, PartsInput, RestoreInput } from './restore-input.js';
import type { LogLine } from './run-log.js';
import { RunRecords, type LogRange } from './run-records.js';
import { isTenantRun } from './run-request.js';
import { RunStarter, type BackupOptions, type RemovalOptions } from './run-starter.js';
import type { Run } from './run.entity.js';
import type { RunFilter } from './runs.store.js';
import type { Snapshot } from './snapshot.entity.js';
import type { Task } from './task.entity.js';

/** What one refuses to whom a thing is not shown. */
const HIDING: ReadonlySet<ErrorKind> = new Set(['denied', 'not-found']);

export interface RunWithTasks {
  run: Run;
  tasks: Task[];
}

@Injectable()
export class RunsService {
  constructor(
    private readonly starter: RunStarter,
    private readonly queue: QueueService,
    private readonly records: RunRecords,
    private readonly events: EventsService,
    private readonly destinationRuns: DestinationRuns,
  ) {}

  /** Backs up the accounts of a job, or only those of them that are named. */
  startBackup(actor: Actor, jobName: string, options: BackupOptions = {}): Promise<Run> {
    return this.begin(this.starter.backup(actor, jobName, options));
  }

  /** Of a job that the actor may not see itself; whether it may ask is for the caller to say. */
  startBackupOf(actor: Actor, job: JobWithDestinations, options: BackupOptions): Promise<Run> {
    return this.begin(this.starter.backupOf(actor, job, options));
  }

  startRestore(actor: Actor, snapshotId: string, input: RestoreInput): Promise<Run> {
    return this.begin(this.starter.restore(actor, snapshotId, input));
  }

  /** Parts of several snapshots, one after the other; each is a run, and the first stands for all. */
  async startRestoreParts(actor: Actor, input: PartsInput): Promise<Run[]> {
    const runs = await this.starter.restoreParts(actor, input);
    this.queue.wake();
    return runs;
  }

  /** Ids of the runs that were asked for together with this one, and come after it. */
  async listParts({ id }: Pick<Run, 'id'>): Promise<number[]> {
    return (await this.records.listPartsOf(id)).map((part) => part.id);
  }

  /** Prepares a file to fetch; see ../restores/downloads.service.ts. */
  startDownload(actor: Actor, snapshotId: string, input: DownloadInput): Promise<Run> {
    return this.begin(this.starter.download(actor, snapshotId, input));
  }

  /** Throws unless the actor may have the file that the run has prepared. */
  requireMayFetch(actor: Actor, run: Run): Promise<void> {
    return this.starter.requireMayFetch(actor, run);
  }

  async mayFetch(actor: Actor, run: Run): Promise<boolean> {
    try {
      await this.requireMayFetch(actor, run);
      return true;
    } catch (error) {
      if (!HIDING.has(toAppError(error).kind)) throw error;
      return false;
    }
  }

  /** Reads all of a snapshot back and marks damage. */
  startVerify(actor: Actor, snapshotId: string): Promise<Run> {
    return this.begin(this.starter.verify(actor, snapshotId));
  }

  /** Removes a snapshot's bytes from its destination; the newest complete one only with `evenNewest`. */
  startRemove(actor: Actor, snapshotId: string, options: RemovalOptions = {}): Promise<Run> {
    return this.begin(this.starter.remove(actor, snapshotId, options));
  }

  /** Brings the catalogue up to date with what lies at a destination. */
  startReindex(actor: Actor, destination: string): Promise<Run> {
    return this.begin(this.destinationRuns.reindex(actor, destination));
  }

  /** Removes what this server stored at a destination, then the destination. */
  startErase(
    actor: Actor,
    destination: string,
    input: { confirm?: string | undefined },
  ): Promise<Run> {
    return this.begin(this.destinationRuns.erase(actor, destination, input));
  }

  /** Newest first. Who is no admin gets its own, whatever the filter says. */
  list(actor: Actor, filter: RunFilter): Promise<Run[]> {
    return this.records.listRuns({ ...filter, scope: accountScope(actor) });
  }

  /** Queued and running ones, oldest first. */
  listUnfinished(actor: Actor): Promise<Run[]> {
    return this.records.listUnfinished(accountScope(actor));
  }

  async get(actor: Actor, id: number): Promise<RunWithTasks> {
    const run = await this.getVisible(actor, id);
    return { run, tasks: await this.records.listTasks(id) };
  }

  /** The run that made a snapshot, and its task; undefined when that is not known, or not the actor's
   * to see. */
  async findOrigin(
    actor: Actor,
    { taskId }: Pick<Snapshot, 'taskId'>,
  ): Promise<{ run: Run; task: Task } | undefined> {
    const found = taskId === null ? undefined : await this.records.findTask(taskId);
    const run = found && (await this.records.findRun(found.run.id, accountScope(actor)));
    return run && found;
  }

  /** Stops what is at work and cancels what waits, its parts too. A run that has ended is a `conflict`. */
  async cancel(actor: Actor, id: number): Promise<void> {
    const run = await this.getOwn(actor, id, 'cancel');
    const unfinished = (await this.records.listPartsOf(id)).filter(isUnfinished);
    // The last first: none may begin because the one before it ended.
    for (const part of unfinished.toReversed()) await this.cancelOne(actor, part);
    if (isUnfinished(run)) return this.cancelOne(actor, run);
    if (unfinished.length > 0) return;
    const message = t('Run {id} has ended already ({state}); there is nothing to cancel.', {
      id: String(id),
      state: run.state,
    });
    throw new AppError('conflict', 'run.finished', message);
  }

  private async cancelOne(actor: Actor, run: Run): Promise<void> {
    const { id } = run;
    await this.events.record(actor, 'run.cancelled', subjectOf(run));
    await this.records.logRun(id, 'warn', `Cancelled by ${actor.label}.`);
    await this.queue.cancelRun(id);
  }

  /** A new run of what did not complete. */
  async retry(actor: Actor, id: number): Promise<Run> {
    const run = await this.getOwn(actor, id, 'retry');
    const tasks = await this.records.listTasks(id);
    const isOfDestination = run.kind === 'reindex' || run.kind === 'erase';
    const starter = isOfDestination ? this.destinationRuns : this.starter;
    const again = await this.begin(starter.retry(actor, run, tasks));
    await this.events.record(actor, 'run.retried', subjectOf(run), { by: again.id });
    return again;
  }

  /** Of a run that the actor sees. */
  mayReadLog(actor: Actor, run: Pick<Run, 'id'>): Promise<boolean> {
    return this.records.mayReadLog(actor, run.id);
  }

  /** Lines after sequence number `after`, or the `last` so many; oldest first. */
  async log(actor: Actor, id: number, options: LogRange = {}): Promise<LogLine[]> {
    const run = await this.getVisible(actor, id);
    if (!(await this.mayReadLog(actor, run))) throw notFound('log', id);
    return this.records.readLog(id, options);
  }

  /** Resolves with the run once it has ended. */
  async waitFor(id: number): Promise<Run> {
    let unsubscribe = (): void => undefined;
    const ended = new Promise<Run>((resolve, reject) => {
      const look = (): void => {
        this.records.getRun(id).then((run) => {
          if (run.finishedAt !== null) resolve(run);
        }, reject);
      };
      unsubscribe = this.records.subscribe((runId) => {
        if (runId === id) look();
      });
      look();
    });
    return ended.finally(unsubscribe);
  }

  private async begin(writing: Promise<Run>): Promise<Run> {
    const run = await writing;
    this.queue.wake();
    return run;
  }

  private async getVisible(actor: Actor, id: number): Promise<Run> {
    const run = await this.records.findRun(id, accountScope(actor));
    if (run === undefined) throw notFound('run', id);
    return run;
  }

  /** An account changes only runs that it asked for itself, or its reseller for it. */
  async getOwn(actor: Actor, id: number, verb: string): Promise<Run> {
    const run = await this.getVisible(actor, id);
    if (!isTenant(actor) || isTenantRun(run)) return run;
    const message = t('Run {id} was started by an admin; only an admin can {verb} it.', {
      id: String(id),
      verb,
    });
    throw new AppError('denied', 'run.not-yours', message);
  }
}

function isUnfinished({ state }: Run): boolean {
  return state === 'queued' || state === 'running';
}

function subjectOf(run: Run) {
  return { kind: 'run', id: run.id, accountId: run.accountId };
}
