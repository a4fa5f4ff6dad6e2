/**
 * Answers what a restore would do, while somebody waits: a worker without a run, bounded in time
 * and number. It writes nothing anywhere.
 */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/actor.js';
import type { RestorePreview } from '../engine/types.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { coreWarnings } from './core-warnings.js';
import { joinPreviews } from './join-previews.js';
import type { PartsInput, RestoreInput } from './restore-input.js';
import type { RestoreRunRequest, UndoRunRequest } from './run-request.js';
import type { NewTask } from './runs.store.js';
import { UndoLedgers } from './undo-ledgers.js';
import type { WorkOrder } from './worker-protocol.js';
import { RestoreRequests, type Planned } from './restore-requests.js';
import type { Snapshot } from './snapshot.entity.js';
import { WorkOrders } from './work-orders.js';
import { Workers } from './workers.js';

const MOST_AT_ONCE = 4;
const TIMEOUT_MS = 60_000;

@Injectable()
export class PreviewsService {
  private atWork = 0;

  constructor(
    private readonly requests: RestoreRequests,
    private readonly orders: WorkOrders,
    private readonly workers: Workers,
    private readonly ledgers: UndoLedgers,
  ) {}

  async preview(actor: Actor, snapshotId: string, input: RestoreInput): Promise<RestorePreview> {
    return this.previewOf(await this.requests.planRestore(actor, snapshotId, input, true));
  }

  async previewParts(actor: Actor, input: PartsInput): Promise<RestorePreview> {
    const previews: RestorePreview[] = [];
    for (const planned of await this.requests.planParts(actor, input, true)) {
      previews.push(await this.previewOf(planned));
    }
    return joinPreviews(previews);
  }

  private async previewOf(planned: Planned<RestoreRunRequest>): Promise<RestorePreview> {
    const { request, snapshot, notes } = planned;
    const order = await this.orders.forPreview(snapshot.destinationId, request);
    return withWarnings(await this.run(order), snapshot, notes);
  }

  async previewUndo(task: NewTask, request: UndoRunRequest): Promise<RestorePreview> {
    const ledgerPath = this.ledgers.pathOf(request.undoOf);
    const undo = { kind: 'preview-undo', request, ledgerPath } as const;
    return this.run(await this.orders.forUndo(task, undo));
  }

  private async run(order: WorkOrder): Promise<RestorePreview> {
    if (this.atWork >= MOST_AT_ONCE) throw tooMany();
    this.atWork += 1;
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const nobody = (): void => undefined;
      const preview = await this.workers
        .run({ order, signal, onProgress: nobody, onLog: nobody })
        .catch((error: unknown) => {
          throw signal.aborted ? tooSlow(error) : error;
        });
      return preview as RestorePreview;
    } finally {
      this.atWork -= 1;
    }
  }
}

function withWarnings(
  preview: RestorePreview,
  snapshot: Snapshot,
  notes: readonly string[],
): RestorePreview {
  const warnings = [...notes, ...preview.warnings];
  if (snapshot.isDamaged) {
    warnings.unshift(t('The snapshot is damaged; some of it cannot be restored.'));
  }
  if (snapshot.state === 'incomplete') {
    const count = String(snapshot.problems);
    warnings.unshift(
      t('The snapshot is incomplete: {count} entries are missing or not whole.', { count }),
    );
  }
  warnings.push(...coreWarnings(snapshot.summary?.sites ?? []));
  return { ...preview, warnings };
}

function tooMany(): AppError {
  return new AppError(
    'conflict',
    'preview.busy',
    t('{most} previews are being made already; try again in a moment.', {
      most: String(MOST_AT_ONCE),
    }),
    { isRetryable: true },
  );
}

function tooSlow(cause: unknown): AppError {
  return new AppError(
    'conflict',
    'preview.timed-out',
    t('The preview took more than {seconds} s; choose a smaller part.', {
      seconds: String(TIMEOUT_MS / 1_000),
    }),
    { cause },
  );
}
