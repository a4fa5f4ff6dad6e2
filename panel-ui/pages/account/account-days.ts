/** What an account's first page says of its days: the calendar, what comes next, what can be undone. */
import { Injectable } from '@nestjs/common';
import type { Account } from '../../../daemon/accounts/account.entity.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { NextBackups } from '../../../daemon/runs/next-backups.js';
import type { Run } from '../../../daemon/runs/run.entity.js';
import { UndosService } from '../../../daemon/runs/undos.service.js';
import { SnapshotsService, type RunMoment } from '../../../daemon/snapshots/snapshots.service.js';
import { rangeOfMonth, type Month } from '../../calendar-view.js';
import { RunningRuns } from '../dashboard/running-runs.js';
import type { RunningView } from '../dashboard/running.view.js';

export interface DaysOfAccount {
  moments: RunMoment[];
  nextAt: Date | undefined;
  /** Ids of restores that the viewer may take back. */
  undoable: ReadonlySet<number>;
  /** What runs now; of an end user's account only. */
  running: RunningView | undefined;
}

@Injectable()
export class AccountDays {
  constructor(
    private readonly snapshots: SnapshotsService,
    private readonly next: NextBackups,
    private readonly undos: UndosService,
    private readonly running: RunningRuns,
  ) {}

  async of(
    actor: Actor,
    account: Account,
    { month, runs }: { month: Month; runs: readonly Run[] },
  ): Promise<DaysOfAccount> {
    const undoable = new Set<number>();
    for (const run of runs) {
      const offer = await this.undos.offerOf(actor, run);
      if (offer?.isPossible === true) undoable.add(run.id);
    }
    return {
      moments: await this.snapshots.moments(actor, account.id, rangeOfMonth(month)),
      nextAt: account.state === 'gone' ? undefined : await this.next.forAccount(account),
      undoable,
      running: actor.role === 'account' ? await this.running.view(actor) : undefined,
    };
  }
}
