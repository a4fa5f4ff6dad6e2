/** Names for the ids that rows hold, as far as the viewer may know them. */
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../daemon/accounts/accounts.service.js';
import { systemActor, type Actor } from '../daemon/auth/actor.js';
import type { PermissionName } from '../daemon/auth/permissions/catalogue.js';
import { PermissionsService } from '../daemon/auth/permissions/permissions.service.js';
import { DestinationsService } from '../daemon/jobs/destinations.service.js';
import { JobsService } from '../daemon/jobs/jobs.service.js';
import type { Names } from './work-view.js';

@Injectable()
export class ListedNames {
  constructor(
    private readonly accounts: AccountsService,
    private readonly destinations: DestinationsService,
    private readonly jobs: JobsService,
    private readonly permissions: PermissionsService,
  ) {}

  seesDestinations(actor: Actor): Promise<boolean> {
    return this.may(actor, 'destinations.view');
  }

  /** Of at least what is its own; whether it may with one thing, the services say. */
  may(actor: Actor, permission: PermissionName): Promise<boolean> {
    return this.permissions.may(actor, permission);
  }

  /** Where things are kept, and by which job, is not everybody's business. */
  async for(actor: Actor, destinationIds: readonly string[] = []): Promise<Names> {
    const accounts = byId(await this.accounts.list(actor));
    const allowed = await this.permissions.allowedTo(actor);
    const jobs = allowed.has('jobs.view') ? await this.jobs.list(systemActor) : [];
    return {
      accounts,
      destinations: allowed.has('destinations.view')
        ? await this.destinations.namesOf(destinationIds)
        : new Map(),
      jobs: byId(jobs.map(({ job }) => job)),
    };
  }
}

function byId(rows: readonly { id: string; name: string }[]): Map<string, string> {
  return new Map(rows.map((row) => [row.id, row.name]));
}
