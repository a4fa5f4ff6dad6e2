/**
 * Destinations as an admin manages them: listed, removed, opened; destination-setup.service adds and
 * changes them, destination-validations.service checks them. What a destination can do is the business of ../../destinations.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Destination } from '../../destinations/destination.js';
import { requireAdmin, systemActor, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { CLOCK } from '../platform/platform.module.js';
import { DestinationOpener } from './destination-opener.js';
import type { StoredDestination } from './destination.entity.js';
import { DestinationsStore, type Holdings } from './destinations.store.js';
import { JobsStore } from './jobs.store.js';

@Injectable()
export class DestinationsService {
  constructor(
    private readonly destinations: DestinationsStore,
    private readonly jobs: JobsStore,
    private readonly opener: DestinationOpener,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** By name. */
  async list(actor: Actor): Promise<StoredDestination[]> {
    requireAdmin(actor);
    return this.destinations.list();
  }

  async get(actor: Actor, nameOrId: string): Promise<StoredDestination> {
    requireAdmin(actor);
    return this.destinations.getKnown(nameOrId);
  }

  /** Names by id, removed destinations too: for showing where something lies. */
  async namesOf(ids: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.destinations.listByIds([...new Set(ids)]);
    return new Map(rows.map((row) => [row.id, row.name]));
  }

  /** What each keeps, by its id; one that keeps nothing is not in it. */
  async holdings(actor: Actor): Promise<Map<string, Holdings>> {
    requireAdmin(actor);
    return this.destinations.holdings();
  }

  /** Forgets it with its snapshots, which come back when it is added again; nothing that lies there
   * is touched. Refused while a job uses it. */
  async remove(actor: Actor, nameOrId: string): Promise<void> {
    requireAdmin(actor);
    const row = await this.destinations.getKnown(nameOrId);
    const { id, name } = row;
    await this.requireUnused(row);
    const now = this.clock.now().toISOString();
    if (!(await this.destinations.markRemovedIfUnused(id, now))) {
      // A job began to use it, or somebody else removed it.
      await this.requireUnused(row);
      throw notFound('destination', nameOrId);
    }
    await this.events.record(actor, 'destination.removed', { kind: 'destination', id }, { name });
  }

  /** Throws, naming them, while jobs store to it. */
  async requireUnused({ id, name }: StoredDestination): Promise<void> {
    const jobNames = await this.jobs.namesUsing(id);
    if (jobNames.length > 0) throw usedByJobs(name, jobNames);
  }

  async switchOff(id: string): Promise<void> {
    await this.destinations.update(id, { isEnabled: false });
  }

  /** Everything that this server kept there is gone. */
  async forgetErased(id: string): Promise<void> {
    const [name = id] = (await this.namesOf([id])).values();
    await this.destinations.markRemoved(id, this.clock.now().toISOString());
    const subject = { kind: 'destination', id };
    await this.events.record(systemActor, 'destination.erased', subject, { name });
  }

  /** Opens it; the caller closes it. Throws when it was removed or switched off. */
  open(destinationId: string): Promise<Destination> {
    return this.opener.open(destinationId);
  }
}

function usedByJobs(name: string, jobs: string[]): AppError {
  const list = jobs.map((job) => `"${job}"`).join(', ');
  const message =
    jobs.length === 1
      ? t('The destination "{name}" is used by the job {list}; remove it first.', { name, list })
      : t('The destination "{name}" is used by the jobs {list}; remove them first.', {
          name,
          list,
        });
  return new AppError('conflict', 'destination.used-by-jobs', message, { details: { jobs } });
}
