import { Injectable } from '@nestjs/common';
import { DataSource, In, type Repository } from 'typeorm';
import { columns } from '../catalogue/columns.js';
import type { Progress } from '../engine/types.js';
import type { EndState } from './run.entity.js';
import { Task } from './task.entity.js';

export interface TaskEnd {
  state: EndState;
  finishedAt: string;
  result?: Task['result'];
  error?: Task['error'];
}

/** The rows of tasks; guarded like those of runs. */
@Injectable()
export class TasksStore {
  private readonly tasks: Repository<Task>;

  constructor(dataSource: DataSource) {
    this.tasks = dataSource.getRepository(Task);
  }

  async findById(id: number): Promise<Task | undefined> {
    return (await this.tasks.findOneBy({ id })) ?? undefined;
  }

  /** In the order they were made. */
  listOfRun(runId: number): Promise<Task[]> {
    return this.tasks.find({ where: { runId }, order: { id: 'ASC' } });
  }

  /** What may start now, in the order it should: by priority, then by age. */
  listReady(now: string, limit: number): Promise<Task[]> {
    // One condition on the state, or SQLite would sort the whole queue for each look at it.
    return this.tasks
      .createQueryBuilder('task')
      .where({ state: 'queued' })
      .andWhere('(task.notBefore IS NULL OR task.notBefore <= :now)', { now })
      .orderBy('task.priority')
      .addOrderBy('task.id')
      .limit(limit)
      .getMany();
  }

  /** When the next waiting retry may start; undefined when none waits. */
  async findNextNotBefore(now: string): Promise<string | undefined> {
    const row = await this.tasks
      .createQueryBuilder('task')
      .select('MIN(task.notBefore)', 'next')
      .where("task.state = 'queued' AND task.notBefore > :now", { now })
      .getRawOne<{ next: string | null }>();
    return row?.next ?? undefined;
  }

  /** From queued only; counts the attempt and clears what the last one left. */
  async markRunning(id: number, startedAt: string): Promise<boolean> {
    const { affected } = await this.tasks
      .createQueryBuilder()
      .update()
      .set({
        state: 'running',
        startedAt,
        attempts: () => 'attempts + 1',
        notBefore: null,
        phase: null,
        progress: null,
        error: null,
      })
      .where({ id, state: 'queued' })
      .execute();
    return affected === 1;
  }

  /** While it runs; a late report of a task that has ended changes nothing. */
  async setProgress(id: number, progress: Progress): Promise<void> {
    await this.tasks
      .createQueryBuilder()
      .update()
      .set({ progress, phase: progress.phase })
      .where({ id, state: 'running' })
      .execute();
  }

  async setSnapshot(id: number, snapshotId: string): Promise<void> {
    await this.tasks.update({ id }, { snapshotId });
  }

  /** From running back to queued, to be tried again. */
  async requeue(id: number, notBefore: string, error: Task['error']): Promise<boolean> {
    const { affected } = await this.tasks
      .createQueryBuilder()
      .update()
      .set(columns<Task>({ state: 'queued', notBefore, error, phase: null, progress: null }))
      .where({ id, state: 'running' })
      .execute();
    return affected === 1;
  }

  /** From queued or running only; what has ended stays as it ended. */
  async finish(id: number, end: TaskEnd): Promise<boolean> {
    const { affected } = await this.tasks
      .createQueryBuilder()
      .update()
      .set(columns<Task>(end))
      .where({ id, state: In(['queued', 'running']) })
      .execute();
    return affected === 1;
  }

  /** Cancels what of a run has not begun. Answers how many tasks that were. */
  async cancelQueued(runId: number, finishedAt: string): Promise<number> {
    const change = { state: 'cancelled', finishedAt } as const;
    const { affected } = await this.tasks.update({ runId, state: 'queued' }, change);
    return affected ?? 0;
  }
}
