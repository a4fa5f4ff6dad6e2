/**
 * Runs about a destination as a whole: reindex and erase. Says who may ask for one and when; like
 * run-writer.ts, which writes them, it starts nothing itself.
 */
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AccountsService } from '../accounts/accounts.service.js';
import { requireAdmin, type Actor } from '../auth/actor.js';
import type { StoredDestination } from '../jobs/destination.entity.js';
import { DestinationsService } from '../jobs/destinations.service.js';
import { AppError, inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { parseInput } from '../platform/parse-input.js';
import { planRetry } from './backup-plan.js';
import type { ReindexReport } from './index-plan.js';
import { PRIORITIES } from './queue.js';
import { requestOf, type DestinationRunRequest } from './run-request.js';
import { RunWriter } from './run-writer.js';
import type { Run } from './run.entity.js';
import { SnapshotIndexStore } from './snapshot-index.store.js';
import type { Task } from './task.entity.js';

/** How a destination is removed; its query says it as text. */
export const removalInput = z.strictObject({
  erase: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .meta({ description: 'Remove what this server stored there, too' }),
  confirm: z.string().max(255).optional().meta({ description: 'Its name, to erase' }),
});

const eraseInput = z.strictObject({ confirm: z.string().max(255).optional() });

const LISTED = 5;

@Injectable()
export class DestinationRuns {
  constructor(
    private readonly writer: RunWriter,
    private readonly destinations: DestinationsService,
    private readonly accounts: AccountsService,
    private readonly index: SnapshotIndexStore,
  ) {}

  /** Reads every snapshot file there and brings the catalogue up to date. */
  async reindex(actor: Actor, nameOrId: string): Promise<Run> {
    requireAdmin(actor);
    const destination = await this.destinations.get(actor, nameOrId);
    // Snapshots are an account's only if the account is known by then.
    await this.accounts.refresh().catch(() => undefined);
    return this.write(actor, 'reindex', destination);
  }

  /** Removes what this server stored there, then the destination. `confirm`: its name. */
  async erase(
    actor: Actor,
    nameOrId: string,
    input: { confirm?: string | undefined },
  ): Promise<Run> {
    requireAdmin(actor);
    const destination = await this.destinations.get(actor, nameOrId);
    const { confirm } = parseInput(eraseInput, input, 'removal');
    if (confirm !== destination.name) throw notConfirmed(destination.name);
    await this.requireErasable(destination);
    return this.write(actor, 'erase', destination);
  }

  /** A reindex goes on where the run had got to. */
  async retry(actor: Actor, run: Run, tasks: Task[]): Promise<Run> {
    requireAdmin(actor);
    planRetry(run, tasks);
    const { destination: named } = requestOf(run) as DestinationRunRequest;
    const destination = await this.destinations.get(actor, named.id);
    if (run.kind === 'erase') {
      await this.requireErasable(destination);
      return this.write(actor, 'erase', destination, { retryOf: run });
    }
    const resume = tasks[0]?.result as ReindexReport | null | undefined;
    return this.write(actor, 'reindex', destination, { retryOf: run, resume: resume ?? undefined });
  }

  private write(
    actor: Actor,
    kind: 'reindex' | 'erase',
    { id, name }: StoredDestination,
    again: { retryOf?: Run; resume?: ReindexReport | undefined } = {},
  ): Promise<Run> {
    const { retryOf, resume } = again;
    const request: DestinationRunRequest = {
      destination: { id, name },
      ...(resume === undefined ? {} : { resume }),
    };
    const priority = PRIORITIES[kind];
    const task = { accountId: null, destinationId: id, snapshotId: null, priority };
    return this.writer.write(actor, {
      ...{ kind, request, tasks: [task] },
      ...(retryOf === undefined ? {} : { retryOf }),
    });
  }

  /** Nothing may use it, from now on either: it is switched off for everything but the erase. */
  private async requireErasable(destination: StoredDestination): Promise<void> {
    const { id, name, isReadOnly } = destination;
    if (isReadOnly) throw readOnly(name);
    await this.destinations.requireUnused(destination);
    const locked = await this.index.lockedAt(id);
    if (locked.length > 0) throw holdsLocked(name, locked);
    const busy = await this.index.busyRuns(id);
    if (busy.length > 0) throw atWork(name, busy);
    await this.destinations.switchOff(id);
  }
}

function notConfirmed(name: string): AppError {
  const message = t(
    'Erasing removes every snapshot of this server at "{name}" for good. To go on, confirm with the name of the destination, "{name}".',
    { name },
  );
  return inputError('destination.confirm', message, [{ field: 'confirm', message }]);
}

function readOnly(name: string): AppError {
  const message = t(
    'The destination "{name}" is read-only, so nothing there is erased; remove it without erasing.',
    { name },
  );
  return new AppError('conflict', 'destination.read-only', message);
}

function holdsLocked(name: string, ids: string[]): AppError {
  const message = t(
    'The destination "{name}" keeps locked snapshots ({list}); unlock them first.',
    { name, list: listOf(ids) },
  );
  return new AppError('conflict', 'snapshot.locked', message, { details: { snapshots: ids } });
}

function atWork(name: string, runs: number[]): AppError {
  const message = t(
    'The destination "{name}" is at work for run {list}; wait for it or cancel it first.',
    { name, list: listOf(runs.map(String)) },
  );
  return new AppError('conflict', 'destination.busy', message, { details: { runs } });
}

function listOf(names: string[]): string {
  const rest = names.length - LISTED;
  const shown = names.slice(0, LISTED).join(', ');
  return rest > 0 ? `${shown} and ${String(rest)} more` : shown;
}
