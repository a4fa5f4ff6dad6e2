/** The newest snapshots and runs of an account, with the names that they refer to. */
import { Injectable } from '@nestjs/common';
import type { Account } from '../../../daemon/accounts/account.entity.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import type { RecordedEvent } from '../../../daemon/auth/event.entity.js';
import { EventsService } from '../../../daemon/auth/events.service.js';
import type { Run } from '../../../daemon/runs/run.entity.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { SITE_SUBJECT } from '../../../daemon/runs/timeline.js';
import type { Snapshot } from '../../../daemon/runs/snapshot.entity.js';
import { SnapshotsService } from '../../../daemon/snapshots/snapshots.service.js';
import { ListedNames } from '../../listed-names.js';
import type { Names } from '../../work-view.js';
import { ACCOUNT_CHANGES, ACCOUNT_RUNS, ACCOUNT_SNAPSHOTS } from './account.view.js';

@Injectable()
export class AccountWork {
  constructor(
    private readonly snapshots: SnapshotsService,
    private readonly runs: RunsService,
    private readonly names: ListedNames,
    private readonly events: EventsService,
  ) {}

  /** One snapshot more than is shown, to know whether there are more. */
  async of(
    actor: Actor,
    { id }: Account,
  ): Promise<{ snapshots: Snapshot[]; runs: Run[]; names: Names; siteEvents: RecordedEvent[] }> {
    const limit = ACCOUNT_SNAPSHOTS + 1;
    const snapshots = await this.snapshots.list(actor, { account: id, limit });
    const runs = await this.runs.list(actor, { accountId: id, limit: ACCOUNT_RUNS });
    const destinationIds = snapshots.map((snapshot) => snapshot.destinationId);
    const subject = { kind: SITE_SUBJECT, id };
    const siteEvents = await this.events.list(actor, { limit: ACCOUNT_CHANGES, subject });
    return { snapshots, runs, siteEvents, names: await this.names.for(actor, destinationIds) };
  }
}
