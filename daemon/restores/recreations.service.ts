/**
 * A terminated account back again: made by its source's means, then a snapshot restored into it. Its
 * snapshots are its own again, also where the panel gave it another uid.
 */
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Account } from '../accounts/account.entity.js';
import { AccountMaker } from '../accounts/account-maker.js';
import type { RecreationPlan } from '../accounts/recreation-plan.js';
import type { Actor } from '../auth/actor.js';
import { inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { parseInput } from '../platform/parse-input.js';
import { RestoreConditions } from '../runs/restore-conditions.service.js';
import { requireReadable } from '../runs/restore-rules.js';
import type { Run } from '../runs/run.entity.js';
import { RunsService } from '../runs/runs.service.js';
import type { Snapshot } from '../runs/snapshot.entity.js';
import { SnapshotsStore } from '../runs/snapshots.store.js';
import { AssignmentService } from '../snapshots/assignment.service.js';

export const recreateInput = z.strictObject({
  /** The newest when not given. */
  snapshot: z.string().min(1).max(64).optional(),
  accept: z.array(z.string().min(1).max(64)).max(100).default([]),
  confirm: z.string().max(255).optional(),
});
export type RecreateInput = z.input<typeof recreateInput>;

export interface Recreation extends RecreationPlan {
  account: Account;
  /** What would be restored; undefined: there is nothing. */
  snapshot: Snapshot | undefined;
}

@Injectable()
export class RecreationsService {
  constructor(
    private readonly maker: AccountMaker,
    private readonly snapshots: SnapshotsStore,
    private readonly assignment: AssignmentService,
    private readonly runs: RunsService,
    private readonly conditions: RestoreConditions,
  ) {}

  /** Exactly what would be run, and why it cannot be. */
  async look(actor: Actor, name: string): Promise<Recreation> {
    const { account, plan } = await this.maker.plan(actor, name);
    return { ...plan, account, snapshot: await this.snapshotOf(account, undefined) };
  }

  /** The account, and the run of its restore; without a snapshot there is none. */
  async recreate(
    actor: Actor,
    name: string,
    input: RecreateInput,
  ): Promise<{ account: Account; run: Run | undefined }> {
    const { snapshot: id, accept, confirm } = parseInput(recreateInput, input, 'request');
    const { account } = await this.maker.plan(actor, name);
    const snapshot = await this.snapshotOf(account, id);
    // Whatever would refuse the restore is said before anything is made.
    if (snapshot !== undefined) {
      requireReadable(snapshot);
      await this.conditions.require(actor, 'restore', accept);
    }
    const made = await this.maker.make(actor, account.id, confirm);
    if (snapshot === undefined) return { account: made, run: undefined };
    if (made.id !== account.id) await this.assignment.assign(actor, snapshot.id, made.id);
    const restoring = { accept, ...(snapshot.isDamaged ? { confirm: made.name } : {}) };
    return { account: made, run: await this.runs.startRestore(actor, snapshot.id, restoring) };
  }

  private async snapshotOf(
    { id: accountId, name }: Account,
    wanted: string | undefined,
  ): Promise<Snapshot | undefined> {
    if (wanted === undefined) return (await this.snapshots.list({ accountId, limit: 1 }))[0];
    const found = await this.snapshots.findById(wanted);
    if (found?.accountId === accountId) return found;
    const message = t('There is no snapshot "{wanted}" of the account "{name}".', { wanted, name });
    throw inputError('account.snapshot', message, [{ field: 'snapshot', message }]);
  }
}
