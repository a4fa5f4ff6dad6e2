/**
 * Writes new runs: recorded as rows before any work. It starts nothing itself; the queue takes tasks
 * up. How much an account may ask for itself is decided here, where nothing comes in between.
 */
import { Injectable } from '@nestjs/common';
import { isTenant, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { RestoreLimits } from './restore-limits.service.js';
import { RunRecords } from './run-records.js';
import type { Run, RunKind, RunTrigger } from './run.entity.js';
import type { Snapshot } from './snapshot.entity.js';
import type { HandledDue, NewTask } from './runs.store.js';

/** Of one account, when it or its reseller asks: its tasks must not fill the queue that all share. */
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

/** One at least. */
export type Parts<One> = [One, ...One[]];

@Injectable()
export class RunWriter {
  private writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly records: RunRecords,
    private readonly events: EventsService,
    private readonly limits: RestoreLimits,
  ) {}

  /** Records what was asked for; whether it may be is for the caller to say. */
  async write(actor: Actor, asked: Asked): Promise<Run> {
    return (await this.writeParts(actor, [asked]))[0];
  }

  /** All of them, in order, or none: the later ones are parts of the first. */
  async writeParts(actor: Actor, asked: Parts<Asked>): Promise<Parts<Run>> {
    if (!isTenant(actor)) return this.insertParts(actor, asked);
    // One after the other: two at once would both find the limits not reached.
    const written = this.writing.then(async () => {
      const [{ kind, undoOf, tasks }] = asked;
      const accountId = tasks[0]?.accountId;
      // What is no account's no tenant asks for.
      if (typeof accountId !== 'string') return this.insertParts(actor, asked);
      await this.refuseCrowd(accountId, asked.length);
      if (undoOf === undefined || undoOf === null) {
        await this.limits.require(accountId, kind, asked.length);
      }
      return this.insertParts(actor, asked);
    });
    this.writing = written.catch(() => undefined);
    return written;
  }

  private async insertParts(actor: Actor, [first, ...others]: Parts<Asked>): Promise<Parts<Run>> {
    const runs: Parts<Run> = [await this.insert(actor, first, null)];
    for (const asked of others) runs.push(await this.insert(actor, asked, runs[0].id));
    return runs;
  }

  /** The run is another account's; the one whose snapshot it reads sees that it was read. */
  async tellOwner(actor: Actor, run: Run, { id, accountId }: Snapshot): Promise<void> {
    const subject = { kind: 'snapshot', id, accountId };
    await this.events.record(actor, 'snapshot.restored-elsewhere', subject, { run: run.id });
  }

  private async insert(actor: Actor, asked: Asked, partOf: number | null): Promise<Run> {
    const { kind, request, tasks, jobId, scheduleId, retryOf, undoOf } = asked;
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
        partOf,
      },
      tasks,
      handledBy(asked),
    );
    const subject = { kind: 'run', id: run.id, accountId };
    const part = partOf === null ? {} : { partOf };
    const details = { tasks: tasks.length, ...part, ...detailsOf(request) };
    await this.events.record(actor, `${kind}.requested`, subject, details);
    return run;
  }

  private async refuseCrowd(accountId: string, more: number): Promise<void> {
    const unfinished = await this.records.countUnfinishedOf(accountId);
    if (unfinished + more <= MOST_UNFINISHED) return;
    const message = t(
      '{unfinished} runs of this account have not ended yet. Wait for one of them, or cancel one.',
      { unfinished: String(unfinished) },
    );
    throw new AppError('conflict', 'run.too-many', message);
  }
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
    const accepted = 'accepted' in request ? { accepted: request.accepted } : {};
    const into = 'intoAccountId' in request ? { intoAccountId: request.intoAccountId } : {};
    return { snapshotId: request.snapshotId, ...target, ...into, ...accepted };
  }
  if ('destination' in request) return { destination: request.destination };
  return 'job' in request ? { job: request.job } : {};
}
