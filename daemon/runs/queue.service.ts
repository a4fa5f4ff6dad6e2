/**
 * Takes waiting tasks up: as many at once as configured, one for each account, the urgent first.
 * Tasks are rows, so the queue survives the daemon; what is at work is known only here. `queue.ts`
 * decides, `task-runner.ts` does, with hooks around it (`hooked-tasks.ts`); this starts, stops and waits.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../platform/config-schema.js';
import { AppError, toAppError } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';
import { speaking } from '../platform/messages.js';
import { CONFIG, LOGGER } from '../platform/platform.module.js';
import { CrashScrub, type Scrub } from './crash-scrub.js';
import { toWorkError, type StopReason } from './outcome.js';
import { HookedTasks } from './hooked-tasks.js';
import { groupTasks, nextTasks, PRIORITIES, type QueuedWork } from './queue.js';
import { RunRecords } from './run-records.js';
import type { Task } from './task.entity.js';

/** More rows than this are not looked at in one go; the rest is seen when these are under way. */
const LOOK_AHEAD = 2_000;
const AFTER_FAILURE_MS = 5_000;
/** Timers of Node end before this; a longer delay is looked at again. */
const LONGEST_SLEEP_MS = 3_600_000;

/** Tasks that are done together, or a scrub. */
type Start = [Task, ...Task[]] | Scrub;

interface Waiting extends QueuedWork {
  start: Start;
}

/** Something at work. */
interface Slot {
  accountId: string;
  runId: number | undefined;
  controller: AbortController;
  stoppedBy: StopReason | undefined;
  done: Promise<void>;
}

@Injectable()
export class QueueService {
  private readonly slots = new Set<Slot>();
  private scrubs: Waiting[] = [];
  private scrubCount = 0;
  /** Tasks that have ended and whose rows do not say so, as the catalogue took no writes. */
  private readonly unrecorded = new Map<Task, unknown>();
  private isTaking = false;
  private looking: Promise<void> | undefined;
  private mustLookAgain = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly records: RunRecords,
    private readonly runner: HookedTasks,
    private readonly scrub: CrashScrub,
    @Inject(CONFIG) private readonly config: Pick<Config, 'queue' | 'backup'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Begins to take tasks up, once `CrashScrub` has ended what a crash left under way. Scrubs that
   * are due go before the tasks of their accounts. */
  async start(): Promise<void> {
    this.addScrubs(await this.scrub.due());
    this.isTaking = true;
    this.wake();
  }

  /** Takes nothing up any more, stops what is at work, and resolves when all of it has ended. */
  async stop(): Promise<void> {
    this.isTaking = false;
    clearTimeout(this.timer);
    await this.looking;
    for (const slot of this.slots) stopSlot(slot, 'shutdown');
    await this.runner.stop();
    await Promise.all([...this.slots].map((slot) => slot.done));
    // Runs whose last task has just ended.
    await this.runner.stop();
    await this.scrub.interruptAll();
  }

  /** Something changed: looks for what can start. Returns at once. */
  wake(): void {
    if (!this.isTaking) return;
    if (this.looking !== undefined) {
      this.mustLookAgain = true;
      return;
    }
    // What is done from here on is the daemon's own work, whoever's request woke it.
    this.looking = speaking('en', () => this.look())
      .catch((error: unknown) => {
        this.logger.error({ err: error }, 'The queue could not be read; it is tried again');
        this.sleep(AFTER_FAILURE_MS);
      })
      .finally(() => {
        this.looking = undefined;
        if (this.mustLookAgain) this.wake();
      });
  }

  /** Stops what of a run is at work, and cancels what of it waits. */
  cancelRun(runId: number): Promise<void> {
    return speaking('en', () => this.cancel(runId));
  }

  private async cancel(runId: number): Promise<void> {
    for (const slot of this.slots) {
      if (slot.runId === runId) stopSlot(slot, 'user');
    }
    this.runner.cancelHooks(runId);
    await this.records.cancelQueued(runId);
  }

  private async look(): Promise<void> {
    this.mustLookAgain = false;
    clearTimeout(this.timer);
    await this.endUnrecorded();
    // One moment for all of it: what falls due meanwhile would be neither ready nor waited for.
    const now = this.records.now();
    const tasks = await this.records.listReady(now, LOOK_AHEAD);
    if (!this.isTaking) return;
    const waiting: Waiting[] = [...this.scrubs, ...groupTasks(tasks).map(waitingTasks)];
    const { concurrency } = this.config.queue;
    for (const work of nextTasks(waiting, [...this.slots], concurrency, now)) this.begin(work);
    const delayMs = await this.records.delayUntilNext(now);
    if (delayMs !== undefined) this.sleep(delayMs);
  }

  private begin(work: Waiting): void {
    const slot: Slot = {
      accountId: work.accountId,
      runId: Array.isArray(work.start) ? work.start[0].runId : undefined,
      controller: new AbortController(),
      stoppedBy: undefined,
      done: Promise.resolve(),
    };
    this.scrubs = this.scrubs.filter((scrub) => scrub !== work);
    this.slots.add(slot);
    slot.done = this.perform(work.start, slot)
      .catch((error: unknown) => {
        this.logger.error(
          { err: error, accountId: slot.accountId },
          'What a task left could not be looked up',
        );
      })
      .finally(() => {
        this.slots.delete(slot);
        this.wake();
      });
  }

  private async perform(start: Start, slot: Slot): Promise<void> {
    const { signal } = slot.controller;
    if (!Array.isArray(start)) {
      await this.scrub.run(start, signal);
      return;
    }
    const retryDelayMs = this.config.backup.retryDelaySeconds * 1_000;
    await this.runner.attempt(start, retryDelayMs, {
      signal,
      reason: () => slot.stoppedBy,
      onUnrecorded: (task, error) => {
        this.unrecorded.set(task, error);
        this.logger.error({ err: error, taskId: task.id }, 'A task could not be recorded');
      },
    });
    for (const { accountId, destinationId } of start) {
      if (accountId === null) continue;
      if (this.isTaking) this.addScrubs(await this.scrub.due({ accountId, destinationId }));
    }
  }

  /** Throws while the catalogue takes no writes; then nothing is begun either. */
  private async endUnrecorded(): Promise<void> {
    for (const [task, cause] of this.unrecorded) {
      await this.records.end(task, { state: 'failed', error: toWorkError(notRecorded(cause)) });
      this.unrecorded.delete(task);
    }
  }

  private addScrubs(scrubs: Scrub[]): void {
    for (const scrub of scrubs) {
      this.scrubCount += 1;
      const { accountId } = scrub;
      this.scrubs.push({
        id: this.scrubCount,
        accountId,
        priority: PRIORITIES.scrub,
        start: scrub,
      });
    }
  }

  private sleep(delayMs: number): void {
    clearTimeout(this.timer);
    if (!this.isTaking) return;
    this.timer = setTimeout(
      () => {
        this.wake();
      },
      Math.min(Math.max(delayMs, 1), LONGEST_SLEEP_MS),
    );
    this.timer.unref();
  }
}

function waitingTasks(tasks: [Task, ...Task[]]): Waiting {
  const { id, destinationId, priority, notBefore } = tasks[0];
  // What is about a destination goes one after the other, beside the tasks of accounts.
  const accountId = tasks[0].accountId ?? `destination ${destinationId}`;
  return { id, accountId, priority, notBefore, start: tasks };
}

function notRecorded(cause: unknown): AppError {
  const message =
    `How the task ended could not be written down (${toAppError(cause).message}). ` +
    `Check the disk that the state directory is on, then retry the run.`;
  return new AppError('conflict', 'task.not-recorded', message, { cause });
}

function stopSlot(slot: Slot, reason: StopReason): void {
  slot.stoppedBy ??= reason;
  slot.controller.abort();
}
