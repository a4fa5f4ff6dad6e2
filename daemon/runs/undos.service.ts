/**
 * Taking restores back. An undo is a restore itself: a run with a row, a log and a progress, and one
 * that can be undone in turn. An account undoes what it asked for itself.
 */
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import type { RestorePreview } from '../engine/types.js';
import { AppError } from '../platform/errors.js';
import { parseInput } from '../platform/parse-input.js';
import { PreviewsService } from './previews.service.js';
import { PRIORITIES } from './queue.js';
import { QueueService } from './queue.service.js';
import { requestOf, type UndoRunRequest } from './run-request.js';
import { RunWriter } from './run-writer.js';
import type { Run } from './run.entity.js';
import { RunsService } from './runs.service.js';
import type { NewTask } from './runs.store.js';
import { UndoOffers, type UndoOffer } from './undo-offers.js';

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
    try {
      await this.runs.getOwn(actor, run.id, 'undo');
    } catch (error) {
      if (error instanceof AppError && error.kind === 'denied') return undefined;
      throw error;
    }
    return this.offers.of(run);
  }

  async start(actor: Actor, runId: number, input: UndoInput): Promise<Run> {
    const { request, task } = await this.plan(actor, runId, input);
    const tasks = [task];
    const run = await this.writer.write(actor, { kind: 'restore', request, tasks, undoOf: runId });
    this.queue.wake();
    return run;
  }

  /** What it would do. */
  async preview(actor: Actor, runId: number, input: UndoInput): Promise<RestorePreview> {
    const { request, task } = await this.plan(actor, runId, input);
    return this.previews.previewUndo(task, request);
  }

  private async plan(
    actor: Actor,
    runId: number,
    input: UndoInput,
  ): Promise<{ request: UndoRunRequest; task: NewTask }> {
    const { force } = parseInput(undoInput, input, 'undo');
    const run = await this.runs.getOwn(actor, runId, 'undo');
    const { safety } = await this.offers.require(run);
    const { tasks } = await this.runs.get(actor, runId);
    const asked = requestOf(run);
    const [task] = tasks;
    if (asked.kind !== 'restore' || task === undefined) throw new Error('A restore has a task.');
    const request: UndoRunRequest = {
      undoOf: runId,
      target: asked.target,
      isForced: force,
      isTenantRequest: actor.role === 'account',
      ...(safety === undefined ? {} : { snapshotId: safety.id }),
    };
    const { accountId } = task;
    const destinationId = safety?.destinationId ?? task.destinationId;
    const snapshotId = safety?.id ?? null;
    return {
      request,
      task: { accountId, destinationId, snapshotId, priority: PRIORITIES.restore },
    };
  }
}
