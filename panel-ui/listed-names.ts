/** Names for the ids that rows hold, as far as the viewer may know them. */
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../daemon/accounts/accounts.service.js';
import { isTenant, type Actor } from '../daemon/auth/actor.js';
import { DestinationsService } from '../daemon/jobs/destinations.service.js';
import { JobsService } from '../daemon/jobs/jobs.service.js';
import type { Names } from './work-view.js';

@Injectable()
export class ListedNames {
  constructor(
    private readonly accounts: AccountsService,
    private readonly destinations: DestinationsService,
    private readonly jobs: JobsService,
  ) {}

  /** Where things are kept, and by which job, is the admins' business. */
  async for(actor: Actor, destinationIds: readonly string[] = []): Promise<Names> {
    const accounts = byId(await this.accounts.list(actor));
    if (isTenant(actor)) return { accounts, destinations: new Map(), jobs: new Map() };
    const jobs = byId((await this.jobs.list(actor)).map(({ job }) => job));
    return { accounts, destinations: await this.destinations.namesOf(destinationIds), jobs };
  }
}

function byId(rows: readonly { id: string; name: string }[]): Map<string, string> {
  return new Map(rows.map((row) => [row.id, row.name]));
}
