/** What somebody may narrow a list of snapshots to, by names; what it may not know is `not-found`. */
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import { isTenant, requireAdmin, systemActor, type Actor } from '../auth/actor.js';
import { PermissionsService } from '../auth/permissions/permissions.service.js';
import { DestinationsService } from '../jobs/destinations.service.js';
import { JobsService } from '../jobs/jobs.service.js';
import { notFound } from '../platform/not-found.js';
import type { ListedState } from '../runs/listed-states.js';
import type { SnapshotFilter } from '../runs/snapshot-filter.js';

export interface SnapshotQuery {
  /** Name or id. */
  account?: string | undefined;
  /** Name or id. */
  destination?: string | undefined;
  /** Name or id. */
  job?: string | undefined;
  label?: string | undefined;
  state?: ListedState | undefined;
  /** Begun at or after this instant. */
  from?: string | undefined;
  /** Begun before this instant. */
  to?: string | undefined;
  /** What restores kept, instead of the others; for admins. */
  isSafety?: boolean | undefined;
  limit?: number | undefined;
  /** Only snapshots older than the one with this id. */
  before?: string | undefined;
}

const DEFAULT_LIMIT = 100;

@Injectable()
export class SnapshotQueries {
  constructor(
    private readonly accounts: AccountsService,
    private readonly destinations: DestinationsService,
    private readonly jobs: JobsService,
    private readonly permissions: PermissionsService,
  ) {}

  async filterFor(actor: Actor, query: SnapshotQuery): Promise<SnapshotFilter> {
    const { account, destination, job, limit = DEFAULT_LIMIT, ...rest } = query;
    if (rest.isSafety === true) requireAdmin(actor);
    return {
      ...{ ...rest, limit, isForTenant: isTenant(actor) },
      scope: await this.permissions.scopeFor(actor, 'snapshots.view'),
      accountId: account === undefined ? undefined : (await this.accounts.get(actor, account)).id,
      destinationId: destination === undefined ? undefined : await this.destinationId(actor, destination), // prettier-ignore
      jobId: job === undefined ? undefined : await this.jobId(actor, job),
    };
  }

  private async destinationId(actor: Actor, nameOrId: string): Promise<string> {
    const isSeen = await this.permissions.may(actor, 'destinations.view');
    if (!isSeen) throw notFound('destination', nameOrId);
    return (await this.destinations.get(systemActor, nameOrId)).id;
  }

  private async jobId(actor: Actor, nameOrId: string): Promise<string> {
    if (!(await this.permissions.may(actor, 'jobs.view'))) throw notFound('job', nameOrId);
    return (await this.jobs.get(systemActor, nameOrId)).job.id;
  }
}
