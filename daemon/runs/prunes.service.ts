/**
 * Prunes as people ask for them and as the clock does: one run for each destination, with a task for
 * every account that has something there. The tasks are prune-tasks.ts.
 */
import { Injectable } from '@nestjs/common';
import { requireAdmin, systemActor, type Actor } from '../auth/actor.js';
import { DestinationPrunes, pruneObstacle } from '../jobs/destination-prunes.service.js';
import type { StoredDestination } from '../jobs/destination.entity.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { PRIORITIES } from './queue.js';
import { QueueService } from './queue.service.js';
import { RetentionStore, type AccountPlace } from './retention.store.js';
import type { PruneRunRequest } from './run-request.js';
import { RunRecords } from './run-records.js';
import { RunWriter } from './run-writer.js';
import type { Run } from './run.entity.js';

export interface StartedPrunes {
  runs: Run[];
  /** Destinations that are not pruned, and why. */
  skipped: { destination: string; reason: string }[];
}

/** Of an account without snapshots at a destination, something may still lie there for so long. */
const FORGOTTEN_AFTER_MS = 30 * 86_400_000;

@Injectable()
export class PrunesService {
  constructor(
    private readonly writer: RunWriter,
    private readonly queue: QueueService,
    private readonly destinations: DestinationPrunes,
    private readonly store: RetentionStore,
    private readonly records: RunRecords,
  ) {}

  /** Of one destination, by name or id, or of all that can be. */
  async start(actor: Actor, nameOrId?: string): Promise<StartedPrunes> {
    requireAdmin(actor);
    const started: StartedPrunes = { runs: [], skipped: [] };
    for (const row of await this.destinations.list(nameOrId)) {
      const outcome = await this.startWhole(actor, row);
      if (typeof outcome !== 'string') started.runs.push(outcome);
      else started.skipped.push({ destination: row.name, reason: outcome });
    }
    const [only] = started.skipped;
    if (nameOrId !== undefined && only !== undefined) throw notPruned(only);
    return started;
  }

  /** A prune of all of a destination has gone well. */
  noteSucceeded(destinationId: string): Promise<void> {
    return this.destinations.noteSucceeded(destinationId);
  }

  /** Of these accounts only: something of theirs has expired. */
  async startFor(places: readonly AccountPlace[]): Promise<void> {
    const rows = await this.destinations.list();
    for (const row of rows.filter((one) => pruneObstacle(one) === undefined)) {
      const own = places.filter(({ destinationId }) => destinationId === row.id);
      const accountIds = own.map(({ accountId }) => accountId);
      if (accountIds.length > 0) await this.write(systemActor, row, { accountIds, isWhole: false });
    }
  }

  /** To be called about once an hour. */
  async tick(): Promise<void> {
    for (const row of await this.destinations.listDue()) await this.startWhole(systemActor, row);
    await this.destinations.raiseAlarms(async (id) => (await this.unfinishedAt(id)) !== undefined);
  }

  /** A run that prunes all of this destination and has not ended. */
  private async unfinishedAt(destinationId: string): Promise<number | undefined> {
    const runs = await this.records.listUnfinished();
    return runs.find((run) => run.kind === 'prune' && isWholeOf(run, destinationId))?.id;
  }

  /** The run, or why there is none. */
  private async startWhole(actor: Actor, row: StoredDestination): Promise<Run | string> {
    const obstacle = pruneObstacle(row);
    if (obstacle !== undefined) return obstacle;
    const runId = await this.unfinishedAt(row.id);
    if (runId !== undefined) return `run ${String(runId)} prunes it already`;
    const since = new Date(this.records.now().getTime() - FORGOTTEN_AFTER_MS);
    const accountIds = await this.store.accountsAt(row.id, since.toISOString());
    await this.destinations.noteStarted(row.id);
    if (accountIds.length === 0) {
      await this.destinations.noteSucceeded(row.id);
      return 'nothing of this server lies there';
    }
    return this.write(actor, row, { accountIds, isWhole: true });
  }

  private async write(
    actor: Actor,
    { id, name }: StoredDestination,
    { accountIds, isWhole }: { accountIds: readonly string[]; isWhole: boolean },
  ): Promise<Run> {
    const request: PruneRunRequest = { destination: { id, name }, isWhole };
    const tasks = accountIds.map((accountId) => ({
      ...{ accountId, destinationId: id, snapshotId: null, priority: PRIORITIES.prune },
    }));
    const run = await this.writer.write(actor, { kind: 'prune', request, tasks });
    this.queue.wake();
    return run;
  }
}

function isWholeOf({ request }: Run, destinationId: string): boolean {
  const { destination, isWhole } = request as unknown as PruneRunRequest;
  return isWhole && destination.id === destinationId;
}

function notPruned({ destination, reason }: StartedPrunes['skipped'][number]): AppError {
  const message = t('The destination "{destination}" is not pruned, because {reason}.', {
    destination,
    reason,
  });
  return new AppError('conflict', 'prune.not-possible', message);
}
