/** Names for the ids that rows hold, as far as the caller may know them. */
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import type { Actor } from '../auth/actor.js';
import { PermissionsService } from '../auth/permissions/permissions.service.js';
import { DestinationsService } from '../jobs/destinations.service.js';

export type NameOf = (id: string) => string;

/** What naming a task takes. */
export interface TaskNames {
  account: NameOf;
  destination: NameOf;
}

@Injectable()
export class Names {
  constructor(
    private readonly accounts: AccountsService,
    private readonly destinations: DestinationsService,
    private readonly permissions: PermissionsService,
  ) {}

  async ofAccounts(actor: Actor): Promise<NameOf> {
    const accounts = await this.accounts.list(actor);
    const names = new Map(accounts.map((account) => [account.id, account.name]));
    return (id) => names.get(id) ?? id;
  }

  /** Removed ones too; the ids themselves for who may not know where things lie. */
  async ofDestinations(actor: Actor, ids: readonly string[]): Promise<NameOf> {
    if (!(await this.permissions.may(actor, 'destinations.view'))) return (id) => id;
    const names = await this.destinations.namesOf(ids);
    return (id) => names.get(id) ?? id;
  }
}
