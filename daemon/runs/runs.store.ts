import { Injectable } from '@nestjs/common';
import { DataSource, In, LessThan, MoreThan, type Repository } from 'typeorm';
import { within, type AccountScope } from '../auth/account-scope.js';
import type { Actor } from '../auth/actor.js';
import { PermissionsService } from '../auth/permissions/permissions.service.js';
import { atomically } from '../catalogue/atomically.js';
import { columns } from '../catalogue/columns.js';
import { Schedule } from '../jobs/schedule.entity.js';
import { markHandled } from '../jobs/schedules.store.js';
import { Run, type EndState, type RunKind, type RunState } from './run.entity.js';
import { Task } from './task.entity.js';

/** A run before it is a row. */
export type NewRun = Pick<
  Run,
  | 'kind'
  | 'jobId'
  | 'scheduleId'
  | 'trigger'
  | 'request'
  | 'requestedBy'
  | 'requestedUid'
  | 'accountId'
  | 'retryOf'
> &
  Partial<Pick<Run, 'undoOf' | 'partOf'>>;

/** A task before it is a row; it belongs to the run it is made with. */
export type NewTask = Pick<Task, 'accountId' | 'destinationId' | 'snapshotId' | 'priority'>;

/** A due instant that a run is started for, ISO 8601 UTC. */
export interface HandledDue {
  scheduleId: string;
  dueAt: string;
}

export interface RunFilter {
  limit: number;
  /** Only runs older than this id. */
  before?: number | undefined;
  kind?: RunKind | undefined;
  state?: RunState | undefined;
  jobId?: string | undefined;
  scheduleId?: string | undefined;
  /** Only runs about one of these accounts alone. */
  scope?: AccountScope | undefined;
  /** Only this account's own runs. */
  accountId?: string | undefined;
}

export interface RunEnd {
  state: EndState;
  finishedAt: string;
  summary?: Run['summary'];
  error?: Run['error'];
}

/**
 * The rows of runs. A state changes only from a state it may follow, in one statement: the answer
 * says whether it did, so two callers never both believe they moved a run.
 */
@Injectable()
export class RunsStore {
  private readonly runs: Repository<Run>;
  private readonly tasks: Repository<Task>;
  private readonly schedules: Repository<Schedule>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly permissions: PermissionsService,
  ) {
    this.runs = dataSource.getRepository(Run);
    this.tasks = dataSource.getRepository(Task);
    this.schedules = dataSource.getRepository(Schedule);
  }

  /**
   * Writes a queued run and all its queued tasks, or nothing. Answers the run's id. What it is
   * started for is marked in the same transaction: a due instant has its run or is still due.
   */
  create(run: NewRun, tasks: NewTask[], createdAt: string, handled?: HandledDue): number {
    const fresh = { state: 'queued', createdAt } as const;
    return atomically(this.dataSource, (execute) => {
      const insertRun = this.runs.createQueryBuilder().insert();
      const runId = execute(insertRun.values(columns<Run>({ ...run, ...fresh }))).lastId;
      for (const task of tasks) {
        const insertTask = this.tasks.createQueryBuilder().insert();
        execute(insertTask.values(columns<Task>({ ...task, ...fresh, runId, attempts: 0 })));
      }
      if (handled !== undefined) {
        execute(markHandled(this.schedules, handled.scheduleId, handled.dueAt));
      }
      return runId;
    });
  }

  /** Of which accounts the actor reads the logs of runs. */
  logScope(actor: Actor): Promise<AccountScope | undefined> {
    return this.permissions.scopeFor(actor, 'runs.log');
  }

  /** Newest first. */
  list(filter: RunFilter): Promise<Run[]> {
    const { limit, before, kind, state, jobId, scheduleId } = filter;
    const accountId = within(filter.scope, filter.accountId);
    return this.runs.find({
      where: {
        ...(before !== undefined && { id: LessThan(before) }),
        ...(kind && { kind }),
        ...(state && { state }),
        ...(jobId !== undefined && { jobId }),
        ...(scheduleId !== undefined && { scheduleId }),
        ...(accountId !== undefined && { accountId }),
      },
      order: { id: 'DESC' },
      take: limit,
    });
  }

  /** Those that take this one back, or tried. */
  listUndosOf(undoOf: number): Promise<Run[]> {
    return this.runs.find({ where: { undoOf }, order: { id: 'ASC' } });
  }

  /** Those that were asked for together with this one, and come after it. */
  listPartsOf(partOf: number): Promise<Run[]> {
    return this.runs.find({ where: { partOf }, order: { id: 'ASC' } });
  }

  /** Queued and running ones, oldest first. */
  listUnfinished(scope?: AccountScope): Promise<Run[]> {
    const accountId = within(scope);
    const where = { state: In(['queued', 'running']), ...(accountId && { accountId }) };
    return this.runs.find({ where, order: { id: 'ASC' } });
  }

  /**
   * When a backup of this job last ended with snapshots, within these instants; undefined: it did
   * not. What someone asked for on demand does not count: it is of one account.
   */
  async lastEndOf(
    jobId: string,
    { after, until }: { after: Date; until: Date },
  ): Promise<Date | undefined> {
    const found = await this.runs
      .createQueryBuilder('run')
      .select('MAX(run.finishedAt)', 'finishedAt')
      .where({ jobId, kind: 'backup', state: In(['complete', 'incomplete']) })
      .andWhere('run.finishedAt > :after', { after: after.toISOString() })
      .andWhere('run.finishedAt <= :until', { until: until.toISOString() })
      .andWhere(
        `(run.schedule_id IS NULL OR run.schedule_id NOT IN
           (SELECT "s"."id" FROM "schedule" "s" WHERE "s"."kind" = 'on-demand'))`,
      )
      .getRawOne<{ finishedAt: string | null }>();
    const finishedAt = found?.finishedAt ?? undefined;
    return finishedAt === undefined ? undefined : new Date(finishedAt);
  }

  /** Runs about this account that were asked for after an instant, oldest first. */
  listAskedSince(accountId: string, kind: RunKind, instant: string): Promise<Run[]> {
    const where = { accountId, kind, createdAt: MoreThan(instant) };
    return this.runs.find({ where, order: { id: 'ASC' } });
  }

  countUnfinishedOf(accountId: string): Promise<number> {
    return this.runs.countBy({ accountId, state: In(['queued', 'running']) });
  }

  /** Of an account in the scope; without one, whatever it is about. */
  async findById(id: number, scope?: AccountScope): Promise<Run | undefined> {
    const accountId = within(scope);
    return (await this.runs.findOneBy({ id, ...(accountId && { accountId }) })) ?? undefined;
  }

  /** From queued only. */
  async markRunning(id: number, startedAt: string): Promise<boolean> {
    const change = { state: 'running', startedAt } as const;
    const { affected } = await this.runs.update({ id, state: 'queued' }, change);
    return affected === 1;
  }

  /** From queued or running only; what has ended stays as it ended. */
  async finish(id: number, end: RunEnd): Promise<boolean> {
    const { affected } = await this.runs
      .createQueryBuilder()
      .update()
      .set(columns<Run>(end))
      .where({ id, state: In(['queued', 'running']) })
      .execute();
    return affected === 1;
  }

  /**
   * At boot: whatever was running when the daemon died is over. Runs that had begun become
   * `interrupted` with all their unfinished tasks; runs still queued stay queued. Answers the ids
   * of the runs it ended.
   */
  async interruptRunning(finishedAt: string): Promise<number[]> {
    const runIds = await this.idsOfRuns();
    const taskIds = await this.idsOfTasks(runIds);
    const change = { state: 'interrupted', finishedAt } as const;
    atomically(this.dataSource, (execute) => {
      for (const id of runIds) {
        execute(this.runs.createQueryBuilder().update().set(change).where({ id }));
      }
      for (const id of taskIds) {
        execute(this.tasks.createQueryBuilder().update().set(change).where({ id }));
      }
    });
    return runIds;
  }

  /**
   * Ids, lowest first, of runs behind `after` that ended before an instant and made no snapshot that
   * is still kept.
   */
  async listForgettable(instant: string, after: number, limit: number): Promise<number[]> {
    const runs = await this.runs
      .createQueryBuilder('run')
      .select('run.id')
      .where('run.id > :after AND run.finishedAt < :instant', { after, instant })
      .andWhere(
        `NOT EXISTS (SELECT 1 FROM "task" "t" JOIN "snapshot" "s" ON "s"."task_id" = "t"."id"
                     WHERE "t"."run_id" = "run"."id" AND "s"."removed_at" IS NULL)`,
      )
      .orderBy('run.id')
      .limit(limit)
      .getMany();
    return runs.map(({ id }) => id);
  }

  /** With their tasks; snapshots and later runs that refer to them forget it. */
  async remove(ids: number[]): Promise<void> {
    await this.runs.delete(ids);
  }

  private async idsOfRuns(): Promise<number[]> {
    const runs = await this.runs.find({ select: { id: true }, where: { state: 'running' } });
    return runs.map((run) => run.id);
  }

  /** Tasks that ran, and those that waited in a run that had begun. */
  private async idsOfTasks(runIds: number[]): Promise<number[]> {
    const tasks = await this.tasks.find({
      select: { id: true },
      where: [{ state: 'running' }, { state: 'queued', runId: In(runIds) }],
      order: { id: 'ASC' },
    });
    return tasks.map((task) => task.id);
  }
}
