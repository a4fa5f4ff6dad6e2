/**
 * Runs the admin's hooks around runs of jobs, their tasks and restores. A hook before that fails or
 * takes too long makes what it stands before fail; one after is only warned of. A run that has hooks
 * ends when the last of them has. Cancelling a run stops the hook it is at; hooks after run all the
 * same, but not when the daemon stops. Neighbours: queue.service.ts says when, task-runner.ts works.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { systemActor } from '../auth/actor.js';
import { runHook, type HookEnd, type HookOutcome } from '../jobs/hook-program.js';
import type { Hook, HookMoment, HookSubject } from '../jobs/hook.entity.js';
import { HooksService } from '../jobs/hooks.service.js';
import { AppError, cancelled, toAppError } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';
import { LOGGER } from '../platform/platform.module.js';
import { HookDocuments, type HookOccasion } from './hook-documents.js';
import { runStateOf } from './outcome.js';
import type { LogLevel } from './run-log.js';
import { RunRecords } from './run-records.js';
import type { Run } from './run.entity.js';
import { TaskRunner, type TaskStop } from './task-runner.js';
import type { Task } from './task.entity.js';

const AFTER_FAILURE_MS = 5_000;

/** A run under way that has hooks. */
interface HookedRun {
  run: Run;
  /** Those that were there when its first task began. */
  hooks: readonly Hook[];
  /** Its hooks before the run, run once. */
  begun: Promise<void> | undefined;
  /** Attempts at its tasks under way. */
  inside: number;
  areTasksOver: boolean;
  closing: Promise<void> | undefined;
  /** Aborts the hooks that run now. */
  stopper: AbortController;
}

@Injectable()
export class HookedTasks {
  private readonly open = new Map<number, HookedRun>();
  private isStopping = false;

  constructor(
    private readonly runner: TaskRunner,
    private readonly hooks: HooksService,
    private readonly documents: HookDocuments,
    private readonly records: RunRecords,
    @Inject(LOGGER) private readonly logger: Pick<Logger, 'error'>,
  ) {}

  /** Makes one attempt at tasks that are done together, between their hooks. Never rejects. */
  async attempt(tasks: readonly Task[], retryDelayMs: number, stop: TaskStop): Promise<void> {
    let entered: HookedRun | undefined;
    const prepare = async (run: Run): Promise<void> => {
      entered = await this.enter(run);
      if (entered !== undefined) await this.before(entered, tasks, stop.signal);
    };
    await this.runner.attempt(tasks, retryDelayMs, { ...stop, prepare });
    const hooked = entered;
    if (hooked === undefined) return;
    await this.afterTasks(hooked, tasks).catch((error: unknown) => {
      this.logger.error({ err: error, runId: hooked.run.id }, 'Hooks after a task were not run');
    });
    hooked.inside -= 1;
    this.closeWhenOver(hooked);
  }

  /** Stops the hook that a run is at. */
  cancelHooks(runId: number): void {
    const hooked = this.open.get(runId);
    if (hooked === undefined) return;
    hooked.stopper.abort();
    // What runs after it is not stopped by the same word.
    hooked.stopper = new AbortController();
  }

  /** Stops every hook and runs none any more; resolves when all have ended. */
  async stop(): Promise<void> {
    this.isStopping = true;
    for (const { stopper } of this.open.values()) stopper.abort();
    await Promise.all([...this.open.values()].flatMap(({ closing }) => closing ?? []));
  }

  /** Undefined: nothing is to be run around it. */
  private async enter(run: Run): Promise<HookedRun | undefined> {
    const subjects = subjectsOf(run);
    if (subjects.length === 0) return undefined;
    let hooked = this.open.get(run.id);
    if (hooked === undefined) {
      const all = await this.hooks.list(systemActor);
      const hooks = all.filter(({ isEnabled, subject, createdAt }) => {
        // One that was added meanwhile would come in the middle.
        return isEnabled && subjects.includes(subject) && createdAt <= run.createdAt;
      });
      if (hooks.length === 0) return undefined;
      // Another task of the run may have come first meanwhile.
      hooked = this.open.get(run.id) ?? this.openRun(run, hooks);
    }
    hooked.inside += 1;
    return hooked;
  }

  private openRun(run: Run, hooks: readonly Hook[]): HookedRun {
    const hooked: HookedRun = {
      ...{ run, hooks, begun: undefined, inside: 0, areTasksOver: false, closing: undefined },
      stopper: new AbortController(),
    };
    this.open.set(run.id, hooked);
    this.records.hold(run.id, () => {
      hooked.areTasksOver = true;
      this.closeWhenOver(hooked);
    });
    return hooked;
  }

  private async before(
    hooked: HookedRun,
    tasks: readonly Task[],
    signal: AbortSignal,
  ): Promise<void> {
    hooked.begun ??= this.beforeRun(hooked, signal);
    await hooked.begun;
    const occasion = { run: hooked.run, tasks, outcome: null };
    await this.refuseFailed(hooked, taskSubject(hooked.run), occasion, signal);
  }

  private async beforeRun(hooked: HookedRun, signal: AbortSignal): Promise<void> {
    if (!has(hooked, 'before', 'run')) return;
    const tasks = await this.records.listTasks(hooked.run.id);
    await this.refuseFailed(hooked, 'run', { run: hooked.run, tasks, outcome: null }, signal);
  }

  /** Stops at the first that fails. */
  private async refuseFailed(
    hooked: HookedRun,
    subject: HookSubject,
    occasion: HookOccasion,
    signal: AbortSignal,
  ): Promise<void> {
    for (const hook of chosen(hooked, 'before', subject)) {
      if (signal.aborted) throw cancelled('The task');
      const { isOk, problem } = await this.perform(hooked, hook, occasion);
      // It is the admin's own word: trying again at once asks for nothing new.
      if (!isOk) throw new AppError('source', 'hook.failed', problem, { details: { hook: hook.name } }); // prettier-ignore
    }
  }

  private async afterTasks(hooked: HookedRun, tasks: readonly Task[]): Promise<void> {
    const subject = taskSubject(hooked.run);
    if (!has(hooked, 'after', subject)) return;
    const ended: Task[] = [];
    for (const { id } of tasks) {
      const found = await this.records.findTask(id);
      if (found !== undefined) ended.push(found.task);
    }
    await this.warnFailed(hooked, subject, ended);
  }

  private async warnFailed(
    hooked: HookedRun,
    subject: HookSubject,
    tasks: readonly Task[],
  ): Promise<void> {
    const occasion = { run: hooked.run, tasks, outcome: outcomeOf(tasks) };
    for (const hook of chosen(hooked, 'after', subject)) {
      if (this.isStopping) return;
      // One that was cancelled has told so; the next one is run all the same.
      await this.perform(hooked, hook, occasion).catch((error: unknown) => {
        if (toAppError(error).kind !== 'cancelled') throw error;
      });
    }
  }

  /** Throws only when it is cancelled. */
  private async perform(hooked: HookedRun, hook: Hook, occasion: HookOccasion): Promise<HookEnd> {
    const { moment, subject, name } = hook;
    const { run, tasks } = occasion;
    const document = await this.documents.write(hook, occasion);
    const log = (level: LogLevel, message: string): Promise<void> => {
      const [task] = tasks;
      return subject === 'run' || task === undefined
        ? this.records.logRun(run.id, level, message)
        : this.records.logTask(task, document.account?.name, level, message);
    };
    await log('info', `The hook "${name}" (${moment} ${subject}) begins.`);
    try {
      const end = await runHook(hook, document, hooked.stopper.signal);
      for (const line of end.output) await log('info', `${name}: ${line}`);
      // Of one before, the task's own end tells.
      if (!end.isOk && moment === 'after') await log('warn', end.problem);
      return end;
    } catch (error) {
      await log('warn', `The hook "${name}" was stopped.`);
      throw error;
    }
  }

  /** Its last attempt has left and all its tasks have ended: the hooks after it, then its end. */
  private closeWhenOver(hooked: HookedRun): void {
    if (!hooked.areTasksOver || hooked.inside > 0) return;
    hooked.closing ??= this.close(hooked);
  }

  /** Never rejects. */
  private async close(hooked: HookedRun): Promise<void> {
    const { id } = hooked.run;
    try {
      if (has(hooked, 'after', 'run')) {
        await this.warnFailed(hooked, 'run', await this.records.listTasks(id));
      }
    } catch (error) {
      this.logger.error({ err: error, runId: id }, 'Hooks after a run were not run');
    }
    this.open.delete(id);
    while (!(await this.isReleased(id)) && !this.isStopping) await sleep(AFTER_FAILURE_MS);
  }

  /** False while the catalogue takes no writes. A run that is not released ends at the next boot. */
  private async isReleased(runId: number): Promise<boolean> {
    try {
      await this.records.release(runId);
      return true;
    } catch (error) {
      this.logger.error({ err: error, runId }, 'The end of a run could not be recorded');
      return false;
    }
  }
}

function subjectsOf({ kind }: Run): HookSubject[] {
  if (kind === 'backup') return ['run', 'task'];
  return kind === 'restore' ? ['restore'] : [];
}

function taskSubject({ kind }: Run): HookSubject {
  return kind === 'restore' ? 'restore' : 'task';
}

function chosen({ hooks }: HookedRun, moment: HookMoment, subject: HookSubject): Hook[] {
  return hooks.filter((hook) => hook.moment === moment && hook.subject === subject);
}

function has(hooked: HookedRun, moment: HookMoment, subject: HookSubject): boolean {
  return chosen(hooked, moment, subject).length > 0;
}

function outcomeOf(tasks: readonly Task[]): HookOutcome {
  return {
    state: runStateOf(tasks.map(({ state }) => state)),
    error: tasks.find(({ error }) => error !== null)?.error?.message ?? null,
    tasks: tasks.map(({ accountId, destinationId, snapshotId, state, error }) => ({
      ...{ accountId, destinationId, snapshotId, state },
      error: error?.message ?? null,
    })),
  };
}
