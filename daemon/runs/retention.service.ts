/**
 * Carries out what retention decided, step by step and each step in the rows: a snapshot that is due
 * is marked, when its grace is over it expires, and a prune removes it (prune-tasks.ts). Whatever
 * interrupts this, the next pass goes on with. Nothing expires unless the snapshot that stays in its
 * place is read back from the destination just then and found whole.
 */
import { Injectable } from '@nestjs/common';
import { systemActor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import { BY_BEING_NEWEST } from '../jobs/plan-retention.js';
import { toAppError } from '../platform/errors.js';
import { RetentionMarks } from './retention-marks.js';
import { RetentionPlans, type Judged } from './retention-plans.js';
import { RetentionStore, type AccountPlace, type LyingSnapshot } from './retention.store.js';
import { SnapshotProof } from './snapshot-proof.js';
import type { Snapshot } from './snapshot.entity.js';

export interface Expiry {
  /** Over, and to be removed now. */
  expired: Snapshot[];
  /** Why what is due stays all the same. */
  problem: string | undefined;
}

@Injectable()
export class RetentionService {
  constructor(
    private readonly plans: RetentionPlans,
    private readonly marks: RetentionMarks,
    private readonly store: RetentionStore,
    private readonly proof: SnapshotProof,
    private readonly events: EventsService,
  ) {}

  /** Marks what is due. Answers whether there is something to be removed now. */
  async review(place: AccountPlace): Promise<boolean> {
    const over = await this.marks.update(await this.plans.judge(place));
    return over.length > 0 || (await this.store.listExpired(place)).length > 0;
  }

  /** Marks what these tasks of a restore kept. */
  async reviewSafetyOf(taskIds: readonly number[]): Promise<void> {
    for (const place of await this.store.placesOfSafety(taskIds)) await this.review(place);
  }

  /** Lets expire what is over. Only while nothing else works on the account. */
  async expire(place: AccountPlace): Promise<Expiry> {
    const judged = await this.plans.judge(place);
    const over = await this.marks.update(judged);
    const [kept, ordinary] = [over.filter(isSafety), over.filter((one) => !isSafety(one))];
    // What a restore kept stands in for nothing, and nothing has to stay in its place.
    for (const snapshot of kept) await this.end(snapshot);
    const problem = ordinary.length === 0 ? undefined : await this.problemOf(judged);
    if (problem === undefined) {
      for (const snapshot of ordinary) await this.end(snapshot);
    }
    return { expired: await this.store.listExpired(place), problem };
  }

  /** The account's folders at the destination. */
  foldersOf(place: AccountPlace): Promise<string[]> {
    return this.plans.foldersOf(place);
  }

  /** Why nothing may expire; undefined: what stays has been read back. */
  private async problemOf(judged: readonly Judged[]): Promise<string | undefined> {
    const heirs = heirsOf(judged);
    if (heirs.length === 0) {
      return 'Nothing is removed, because no snapshot that is whole would stay.';
    }
    for (const heir of heirs) {
      try {
        await this.proof.prove(heir);
      } catch (error) {
        const { kind, message } = toAppError(error);
        if (kind !== 'integrity') throw error;
        return `Nothing is removed, because the snapshot ${heir.id}, which would stay, is not whole: ${message}`;
      }
    }
    return undefined;
  }

  private async end({ id, accountId, destinationId, pendingRule }: LyingSnapshot): Promise<void> {
    if (!(await this.store.expire(id))) return;
    const subject = { kind: 'snapshot', id, accountId };
    const details = { rule: pendingRule, destinationId };
    await this.events.record(systemActor, 'snapshot.expired', subject, details);
  }
}

function isSafety(snapshot: LyingSnapshot): boolean {
  return snapshot.isSafety;
}

/** The newest: complete ones where there are any. */
function heirsOf(judged: readonly Judged[]): LyingSnapshot[] {
  const newest = judged
    .filter(({ verdict }) => !verdict.isDue && verdict.keptBy === BY_BEING_NEWEST)
    .map(({ snapshot }) => snapshot)
    .filter(({ isUsable }) => isUsable);
  const complete = newest.filter(({ state }) => state === 'complete');
  return complete.length > 0 ? complete : newest;
}
