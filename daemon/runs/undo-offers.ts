/** Whether a restore can be undone, until when, and why not. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/actor.js';
import { PermissionsService } from '../auth/permissions/permissions.service.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { RunRecords } from './run-records.js';
import { requestOf } from './run-request.js';
import type { Run } from './run.entity.js';
import type { Snapshot } from './snapshot.entity.js';
import { SnapshotsStore } from './snapshots.store.js';
import { UndoLedgers } from './undo-ledgers.js';

/** `safety`: what was kept; undefined when there was nothing to keep. */
export type UndoOffer =
  | { isPossible: true; until: Date; safety: Snapshot | undefined }
  | { isPossible: false; code: string; why: string; undoneBy?: number };

/** Runs that take another one back, or have. */
const COUNTING: ReadonlySet<Run['state']> = new Set(['queued', 'running', 'complete']);

@Injectable()
export class UndoOffers {
  constructor(
    private readonly records: RunRecords,
    private readonly snapshots: SnapshotsStore,
    private readonly ledgers: UndoLedgers,
    private readonly permissions: PermissionsService,
  ) {}

  mayUndo(actor: Actor, { accountId }: Run): Promise<boolean> {
    return this.permissions.may(actor, 'restore.undo', accountId ?? undefined);
  }

  async requireMayUndo(actor: Actor, { accountId }: Run): Promise<void> {
    await this.permissions.require(actor, 'restore.undo', accountId ?? undefined);
  }

  async of(run: Run): Promise<UndoOffer> {
    return (await this.obstacleOf(run)) ?? this.offerOf(run);
  }

  /** Throws a `conflict` when there is none. */
  async require(run: Run): Promise<UndoOffer & { isPossible: true }> {
    const offer = await this.of(run);
    if (!offer.isPossible) throw new AppError('conflict', offer.code, offer.why);
    return offer;
  }

  /** The last of what was asked for together first: what it replaced may be what another one wrote. */
  async withParts(run: Run): Promise<Run[]> {
    return [run, ...(await this.records.listPartsOf(run.id))].toReversed();
  }

  /** Whether they can be undone together. */
  async ofAll(runs: readonly Run[]): Promise<UndoOffer> {
    const offers: UndoOffer[] = [];
    for (const run of runs) offers.push(await this.of(run));
    const obstacle = offers.find((offer) => !offer.isPossible && !isSettled(offer));
    const possible = offers.filter((offer) => offer.isPossible);
    const [soonest] = possible.toSorted((a, b) => a.until.getTime() - b.until.getTime());
    const offer = obstacle ?? soonest ?? offers.at(-1);
    if (offer === undefined) throw new Error('There is one run at least.');
    return offer;
  }

  private async obstacleOf(run: Run): Promise<UndoOffer | undefined> {
    const id = String(run.id);
    const request = requestOf(run);
    if (request.kind !== 'restore') return refused('kind', t('Run {id} is a {kind}; only a restore can be undone.', { id, kind: run.kind })); // prettier-ignore
    if (run.finishedAt === null) return refused('running', t('Run {id} is still going on; wait for its end, or cancel it.', { id })); // prettier-ignore
    if ('isWithoutSafety' in request) return refused('without-safety', t('Run {id} kept nothing: it was asked for without a safety snapshot.', { id })); // prettier-ignore
    const undo = (await this.records.listUndosOf(run.id)).find(({ state }) => COUNTING.has(state));
    if (undo !== undefined) {
      const values = { id, undo: String(undo.id) };
      const why =
        undo.state === 'complete'
          ? t('Run {id} was undone by run {undo} already; that one can be undone in turn.', values)
          : t('Run {id} is being undone by run {undo} already.', values);
      return { ...refused('done', why), undoneBy: undo.id };
    }
    if (this.ledgers.until(run) <= this.records.now()) return expired(run);
    if (await this.ledgers.has(run.id)) return undefined;
    return refused(
      'nothing',
      t('Run {id} ended before it wrote anything; there is nothing to undo.', { id }),
    );
  }

  private async offerOf(run: Run): Promise<UndoOffer> {
    const until = this.ledgers.until(run);
    const tasks = await this.records.listTasks(run.id);
    const safety = await this.snapshots.findSafetyOf(tasks.map(({ id }) => id));
    // One that failed and left nothing was never needed: else nothing would have been written.
    const isUnneeded = safety?.state === 'failed' && safety.removedAt !== null;
    if (safety === undefined || isUnneeded) return { isPossible: true, until, safety: undefined };
    const { state, id } = safety;
    if (state === 'failed' || state === 'in-progress') {
      return refused('not-ready', t('The safety snapshot {id} of run {run} is being looked after; try again in a moment.', { id, run: String(run.id) })); // prettier-ignore
    }
    if (safety.removedAt !== null || state === 'expired') return expired(run);
    if (safety.missingAt !== null || safety.isDamaged) {
      return refused('damaged', t('The safety snapshot {id} of run {run} is missing or damaged; reindex or verify its destination.', { id, run: String(run.id) })); // prettier-ignore
    }
    return { isPossible: true, until, safety };
  }
}

/** There is nothing to take back of it, or that was done: it is in nobody's way. */
export function isSettled(offer: UndoOffer & { isPossible: false }): boolean {
  return offer.code === 'undo.nothing' || offer.code === 'undo.done';
}

function expired({ id }: Run): UndoOffer {
  return refused('expired', t('Run {id} can no longer be undone: what it replaced is not kept any more.', { id: String(id) })); // prettier-ignore
}

function refused(code: string, why: string): UndoOffer & { isPossible: false } {
  return { isPossible: false, code: `undo.${code}`, why };
}
