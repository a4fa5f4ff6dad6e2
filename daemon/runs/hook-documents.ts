/** What a hook is told: which run, job, account and destinations, and how it went. */
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import { systemActor } from '../auth/actor.js';
import { DestinationsService } from '../jobs/destinations.service.js';
import type { HookDocument, HookOutcome } from '../jobs/hook-program.js';
import type { Hook } from '../jobs/hook.entity.js';
import { requestOf, type RestoreRunRequest, type UndoRunRequest } from './run-request.js';
import type { Run } from './run.entity.js';
import type { Task } from './task.entity.js';

/** What a hook runs before or after. `tasks`: those of one account, or all of a run. */
export interface HookOccasion {
  run: Run;
  tasks: readonly Task[];
  /** `after`: how it went. */
  outcome: HookOutcome | null;
}

@Injectable()
export class HookDocuments {
  constructor(
    private readonly accounts: AccountsService,
    private readonly destinations: DestinationsService,
  ) {}

  async write(
    { moment, subject }: Pick<Hook, 'moment' | 'subject'>,
    { run, tasks, outcome }: HookOccasion,
  ): Promise<HookDocument> {
    const { id, kind, trigger, requestedBy } = run;
    const request = requestOf(run);
    const ids = [...new Set(tasks.map(({ destinationId }) => destinationId))];
    const names = await this.destinations.namesOf(ids);
    return {
      ...{ moment, subject, isTest: false },
      run: { id, kind, trigger, requestedBy },
      job: request.kind === 'backup' ? request.job : null,
      account: await this.accountOf(subject, tasks),
      destinations: ids.map((place) => ({ id: place, name: names.get(place) ?? place })),
      restore: request.kind === 'restore' ? restoreOf(request) : null,
      outcome,
    };
  }

  private async accountOf(
    subject: Hook['subject'],
    [task]: readonly Task[],
  ): Promise<HookDocument['account']> {
    if (subject === 'run' || typeof task?.accountId !== 'string') return null;
    const { id, name, user, uid, home } = await this.accounts.get(systemActor, task.accountId);
    return { id, name, user, uid, home };
  }
}

function restoreOf(request: RestoreRunRequest | UndoRunRequest): HookDocument['restore'] {
  const { snapshotId = null, target } = request;
  if ('undoOf' in request) return { snapshotId, target, selection: null, undoOf: request.undoOf };
  return { snapshotId, target, selection: request.selection, undoOf: null };
}
