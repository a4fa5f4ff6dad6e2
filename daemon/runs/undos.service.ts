/**
 * Taking restores back. An undo is a restore itself: a run with a row, a log and a progress, and one
 * that can be undone in turn. An account undoes what it asked for itself.
 */
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { isTenant, type Actor } from '../auth/actor.js';
import type { RestorePreview } from '../engine/types.js';
import { AppError } from '../platform/errors.js';
import { parseInput } from '../platform/parse-input.js';
import { PreviewsService } from './previews.service.js';
import { PRIORITIES } from './queue.js';
import { QueueService } from './queue.service.js';
import { requestOf, type UndoRunRequest } from './run-request.js';
import { joinPreviews } from './join-previews.js';
import { RunWriter, type Asked, type Parts } from './run-writer.js';
import type { Snapshot } from './snapshot.entity.js';
import type { Run } from './run.entity.js';
import { RunsService } from './runs.service.js';
import type { NewTask } from './runs.store.js';
import { isSettled, UndoOffers, type UndoOffer } from './undo-offers.js';

export const undoInput = z.strictObject({
  /** Also what was changed since the restore. */
  force: z.boolean().default(false),
});
export type UndoInput = z.input<typeof undoInput>;

@Injectable()
export class UndosService {
  constructor(
    private readonly runs: RunsService,
    private readonly offers: UndoOffers,
    private readonly writer: RunWriter,
    private readonly previews: PreviewsService,
    private readonly queue: QueueService,
  ) {}

  /** Whether a run that the actor sees can be undone by it. Undefined: it is no restore. */
  async offerOf(actor: Actor, run: Run): Promise<UndoOffer | undefined> {
    if (run.kind !== 'restore' || run.finishedAt === null) return undefined;
    if (!(await this.offers.mayUndo(actor, run))) return undefined; // prettier-ignore
    try {
      await this.runs.getOwn(actor, run.id, 'undo');
    } catch (error) {
      if (error instanceof AppError && error.kind === 'denied') return undefined;
      throw error;
    }
    return this.offers.ofAll(await this.offers.withParts(run));
  }

  /** Takes back all that was asked for together, the last first; the first of the new runs stands for
   * them. */
  async start(actor: Actor, runId: number, input: UndoInput): Promise<Run> {
    const [first, ...others] = await this.plan(actor, runId, input);
    const [run] = await this.writer.writeParts(actor, [first, ...others]);
    this.queue.wake();
    return run;
  }

  /** What it would do. */
  async preview(actor: Actor, runId: number, input: UndoInput): Promise<RestorePreview> {
    const planned = await this.plan(actor, runId, input);
    const previews: RestorePreview[] = [];
    for (const { request, tasks } of planned) {
      previews.push(await this.previews.previewUndo(tasks[0], request));
    }
    return joinPreviews(previews);
  }

  private async plan(actor: Actor, runId: number, input: UndoInput): Promise<Parts<AskedUndo>> {
    const { force } = parseInput(undoInput, input, 'undo');
    const asked = await this.runs.getOwn(actor, runId, 'undo');
    await this.offers.requireMayUndo(actor, asked);
    const runs = await this.offers.withParts(asked);
    const planned: AskedUndo[] = [];
    for (const run of runs) {
      const offer = await this.offers.of(run);
      if (offer.isPossible) planned.push(await this.askedFor(actor, run, offer.safety, force));
      else if (!isSettled(offer)) throw new AppError('conflict', offer.code, offer.why);
    }
    const [first, ...others] = planned;
    if (first !== undefined) return [first, ...others];
    const offer = await this.offers.ofAll(runs);
    if (offer.isPossible) throw new Error('What could be undone was not planned.');
    throw new AppError('conflict', offer.code, offer.why);
  }

  private async askedFor(
    actor: Actor,
    run: Run,
    safety: Snapshot | undefined,
    isForced: boolean,
  ): Promise<AskedUndo> {
    const { tasks } = await this.runs.get(actor, run.id);
    const asked = requestOf(run);
    const [task] = tasks;
    if (asked.kind !== 'restore' || task === undefined) throw new Error('A restore has a task.');
    const request: UndoRunRequest = {
      undoOf: run.id,
      target: asked.target,
      isForced,
      isTenantRequest: isTenant(actor),
      ...(safety === undefined ? {} : { snapshotId: safety.id }),
    };
    const { accountId } = task;
    const destinationId = safety?.destinationId ?? task.destinationId;
    const snapshotId = safety?.id ?? null;
    const priority = PRIORITIES.restore;
    const again: NewTask = { accountId, destinationId, snapshotId, priority };
    return { kind: 'restore', request, tasks: [again], undoOf: run.id };
  }
}

/** As a run of an undo is written. */
interface AskedUndo extends Asked {
  request: UndoRunRequest;
  tasks: [NewTask];
}
