/**
 * What happens to runs and tasks, written down and told: rows first, then the log, then listeners.
 * Everyone in this folder changes rows of runs and tasks through here, so that no change goes
 * untold and a run always agrees with its tasks.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { AccountScope } from '../auth/account-scope.js';
import type { Actor } from '../auth/actor.js';
import type { Progress } from '../engine/types.js';
import type { Clock } from '../platform/clock.js';
import { CLOCK } from '../platform/platform.module.js';
import { runStateOf } from './outcome.js';
import { RunEvents, type RunListener } from './run-events.js';
import { RunLog, type LogLevel, type LogLine } from './run-log.js';
import { summarise } from './run-summary.js';
import type { EndState, Run, RunKind } from './run.entity.js';
import {
  RunsStore,
  type HandledDue,
  type NewRun,
  type NewTask,
  type RunFilter,
} from './runs.store.js';
import { Task } from './task.entity.js';
import { TasksStore, type TaskEnd } from './tasks.store.js';
import type { WorkError } from './worker-protocol.js';

/** Which lines of a log; see RunLog.read. */
export interface LogRange {
  after?: number;
  limit?: number;
  last?: number;
}

const PROGRESS_ROW_INTERVAL_MS = 1_000;

@Injectable()
export class RunRecords {
  private readonly progressWrittenAtMs = new Map<number, number>();
  private readonly held = new Map<number, () => void>();

  constructor(
    private readonly runs: RunsStore,
    private readonly tasks: TasksStore,
    private readonly events: RunEvents,
    private readonly runLog: RunLog,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  now(): Date {
    return this.clock.now();
  }

  /** A queued run with its queued tasks, both on disk when this resolves. */
  async create(run: NewRun, tasks: NewTask[], handled?: HandledDue): Promise<Run> {
    const id = this.runs.create(run, tasks, this.stamp(), handled);
    const created = await this.getRun(id);
    await this.logRun(id, 'info', `Requested by ${run.requestedBy}.`);
    this.events.changed(id);
    return created;
  }

  /** What may start at that moment, most urgent first. */
  listReady(at: Date, limit: number): Promise<Task[]> {
    return this.tasks.listReady(at.toISOString(), limit);
  }

  /**
   * Milliseconds from now until the first task is due that was not due at that moment; 0 or less when
   * it is by now, undefined when none is delayed.
   */
  async delayUntilNext(at: Date): Promise<number | undefined> {
    const next = await this.tasks.findNextNotBefore(at.toISOString());
    return next === undefined ? undefined : Date.parse(next) - this.clock.now().getTime();
  }

  /** Of an account in the scope; without one, whatever it is about. */
  findRun(id: number, scope?: AccountScope): Promise<Run | undefined> {
    return this.runs.findById(id, scope);
  }

  /** The task of this id and its run. */
  async findTask(id: number): Promise<{ run: Run; task: Task } | undefined> {
    const task = await this.tasks.findById(id);
    return task && { run: await this.getRun(task.runId), task };
  }

  listRuns(filter: RunFilter): Promise<Run[]> {
    return this.runs.list(filter);
  }

  /** Runs that were asked for together with this one, and come after it. */
  listPartsOf(runId: number): Promise<Run[]> {
    return this.runs.listPartsOf(runId);
  }

  /** Runs that take this one back, or tried. */
  listUndosOf(runId: number): Promise<Run[]> {
    return this.runs.listUndosOf(runId);
  }

  /** Queued and running ones, oldest first. */
  listUnfinished(scope?: AccountScope): Promise<Run[]> {
    return this.runs.listUnfinished(scope);
  }

  /** See RunsStore.lastEndOf. */
  lastEndOf(jobId: string, range: { after: Date; until: Date }): Promise<Date | undefined> {
    return this.runs.lastEndOf(jobId, range);
  }

  /** Runs about this account alone that were asked for after an instant. */
  listAskedSince(accountId: string, kind: RunKind, since: Date): Promise<Run[]> {
    return this.runs.listAskedSince(accountId, kind, since.toISOString());
  }

  /** How many runs about this account alone have not ended. */
  countUnfinishedOf(accountId: string): Promise<number> {
    return this.runs.countUnfinishedOf(accountId);
  }

  /** With the newest progress of those at work, which is fresher than their rows. */
  async listTasks(runId: number): Promise<Task[]> {
    const tasks = await this.tasks.listOfRun(runId);
    return tasks.map((task) => {
      const progress = this.events.progressOf(task.id);
      if (progress === undefined) return task;
      return Object.assign(new Task(), task, { progress, phase: progress.phase });
    });
  }

  /** Of a run that the actor sees. */
  async mayReadLog(actor: Actor, runId: number): Promise<boolean> {
    const scope = await this.runs.logScope(actor);
    return (await this.runs.findById(runId, scope)) !== undefined;
  }

  readLog(runId: number, options: LogRange): Promise<LogLine[]> {
    return this.runLog.read(runId, options);
  }

  subscribe(listener: RunListener): () => void {
    return this.events.subscribe(listener);
  }

  /** The row of a run that is known to be there. */
  async getRun(id: number): Promise<Run> {
    const run = await this.runs.findById(id);
    if (run === undefined) throw new Error(`The row of run ${String(id)} is gone.`);
    return run;
  }

  /** From queued to running, the run with it. False: it was cancelled meanwhile. */
  async begin(task: Task): Promise<boolean> {
    const startedAt = this.stamp();
    if (!(await this.tasks.markRunning(task.id, startedAt))) return false;
    await this.runs.markRunning(task.runId, startedAt);
    this.events.changed(task.runId);
    return true;
  }

  async setSnapshot(task: Task, snapshotId: string): Promise<void> {
    await this.tasks.setSnapshot(task.id, snapshotId);
  }

  /** Told at once (throttled for listeners), written at most once a second. */
  async progress(task: Task, progress: Progress): Promise<void> {
    this.events.setProgress(task.runId, task.id, progress);
    const nowMs = this.clock.now().getTime();
    const lastMs = this.progressWrittenAtMs.get(task.id) ?? -Infinity;
    if (nowMs - lastMs < PROGRESS_ROW_INTERVAL_MS) return;
    this.progressWrittenAtMs.set(task.id, nowMs);
    await this.tasks.setProgress(task.id, progress);
  }

  /** To be tried again. */
  async requeue(task: Task, notBefore: Date, error: WorkError): Promise<void> {
    this.forgetProgress(task);
    await this.tasks.requeue(task.id, notBefore.toISOString(), error);
    this.events.changed(task.runId);
  }

  /** The task is over, and the run, too, when it was the last one. */
  async end(task: Task, end: Omit<TaskEnd, 'finishedAt'>): Promise<void> {
    const last = this.events.progressOf(task.id);
    if (last !== undefined) await this.tasks.setProgress(task.id, last);
    this.forgetProgress(task);
    await this.tasks.finish(task.id, { ...end, finishedAt: this.stamp() });
    await this.settle(task.runId);
  }

  /** Cancels what of a run has not begun. */
  async cancelQueued(runId: number): Promise<void> {
    await this.tasks.cancelQueued(runId, this.stamp());
    await this.settle(runId);
  }

  /** Everything that runs is over because the daemon is: at boot, and after a shutdown. */
  async interruptRunning(): Promise<void> {
    // A run whose last task had ended was not interrupted: only its own end was not written yet.
    await this.settleUnfinished();
    for (const runId of await this.runs.interruptRunning(this.stamp())) {
      await this.logRun(runId, 'warn', 'Interrupted: the daemon stopped. Retry runs the rest.');
      this.events.finished(runId);
    }
    // One whose only task had begun, but not yet the run itself, would wait for ever.
    await this.settleUnfinished();
  }

  /** The run ends only once it is released; `onTasksEnded`: all of its tasks have. May be told twice. */
  hold(runId: number, onTasksEnded: () => void): void {
    this.held.set(runId, onTasksEnded);
  }

  async release(runId: number): Promise<void> {
    this.held.delete(runId);
    await this.settle(runId);
  }

  async logTask(
    task: Task,
    account: string | undefined,
    level: LogLevel,
    message: string,
  ): Promise<void> {
    const about = account === undefined ? {} : { account };
    await this.runLog.append(task.runId, [{ level, message, ...about, taskId: task.id }]);
    this.events.moved(task.runId);
  }

  async logRun(runId: number, level: LogLevel, message: string): Promise<void> {
    await this.runLog.append(runId, [{ level, message }]);
    this.events.moved(runId);
  }

  private async settleUnfinished(): Promise<void> {
    for (const { id } of await this.runs.listUnfinished()) await this.settle(id);
  }

  /** Ends the run once all its tasks have ended. */
  private async settle(runId: number): Promise<void> {
    const tasks = await this.tasks.listOfRun(runId);
    const state = runStateOf(tasks.map((task) => task.state));
    if (state === 'queued' || state === 'running') {
      this.events.changed(runId);
      return;
    }
    const onTasksEnded = this.held.get(runId);
    if (onTasksEnded === undefined) return this.finish(runId, state, tasks);
    onTasksEnded();
    this.events.changed(runId);
  }

  private async finish(runId: number, state: EndState, tasks: Task[]): Promise<void> {
    const error = tasks.find((task) => task.error !== null && task.state !== 'complete')?.error;
    const finishedAt = this.stamp();
    const summary = summarise(tasks);
    const end = { state, finishedAt, summary, ...(error ? { error } : {}) };
    if (!(await this.runs.finish(runId, end))) return;
    await this.logRun(runId, LEVELS[state], `Finished: ${state}.`);
    this.events.finished(runId);
  }

  private forgetProgress(task: Task): void {
    this.progressWrittenAtMs.delete(task.id);
    this.events.clearProgress(task.id);
  }

  private stamp(): string {
    return this.clock.now().toISOString();
  }
}

const LEVELS: Record<EndState, LogLevel> = {
  complete: 'info',
  incomplete: 'warn',
  failed: 'error',
  cancelled: 'warn',
  interrupted: 'warn',
};
