/**
 * Jobs: what to back up, of which accounts, to which destinations, in which structure. Starting
 * one is the business of ../runs. Only admins see jobs.
 */
import { Inject, Injectable } from '@nestjs/common';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { AppError, inputError, notFound } from '../platform/errors.js';
import { newId } from '../platform/ids.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import { jobInput, type JobInput } from './job-input.js';
import { JobNames } from './job-names.js';
import { Job } from './job.entity.js';
import { JobsStore, type JobWithDestinations } from './jobs.store.js';
import { parseInput } from '../platform/parse-input.js';

@Injectable()
export class JobsService {
  constructor(
    private readonly jobs: JobsStore,
    private readonly names: JobNames,
    private readonly events: EventsService,
    @Inject(CONFIG)
    private readonly config: { backup: Pick<Config['backup'], 'retries' | 'wordpressChecksums'> },
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Names of accounts and destinations must be known; an unknown one is named in the error. */
  async add(actor: Actor, input: JobInput): Promise<JobWithDestinations> {
    requireAdmin(actor);
    const { destinations, ...given } = parseInput(jobInput, input, 'job');
    if (given.skipWordpressCore && this.config.backup.wordpressChecksums === undefined) {
      throw noChecksums();
    }
    const { accounts } = given;
    if (Array.isArray(accounts)) await this.names.refuseUnknownAccounts(accounts);
    const destinationIds = await this.names.idsOfDestinations(destinations);
    const job = Object.assign(new Job(), {
      ...given,
      id: newId(),
      accounts: Array.isArray(accounts) ? [...new Set(accounts)] : accounts,
      retries: given.retries ?? this.config.backup.retries,
      isEnabled: true,
      createdAt: this.clock.now().toISOString(),
    });
    this.jobs.insert(job, destinationIds);
    const details = { name: job.name, accounts: job.accounts, destinations };
    await this.events.record(actor, 'job.created', { kind: 'job', id: job.id }, details);
    return { job, destinationIds };
  }

  /** By name. */
  async list(actor: Actor): Promise<JobWithDestinations[]> {
    requireAdmin(actor);
    return this.jobs.list();
  }

  async get(actor: Actor, nameOrId: string): Promise<JobWithDestinations> {
    requireAdmin(actor);
    const found = (await this.jobs.findByName(nameOrId)) ?? (await this.jobs.findById(nameOrId));
    if (found === undefined) throw notFound('job', nameOrId);
    return found;
  }

  /** Its snapshots stay, and a run of it that is under way goes on. Its schedules go with it. */
  async remove(actor: Actor, nameOrId: string): Promise<void> {
    const { job } = await this.get(actor, nameOrId);
    const followers = await this.jobs.namesFollowing(job.id);
    if (followers.length > 0) throw isFollowed(job.name, followers);
    if (!(await this.jobs.remove(job.id))) throw notFound('job', nameOrId);
    const subject = { kind: 'job', id: job.id };
    await this.events.record(actor, 'job.removed', subject, { name: job.name });
  }
}

function noChecksums(): AppError {
  const message =
    'Core files of WordPress are left out by the checksums of its releases: name their folder in backup.wordpressChecksums first.';
  return inputError('job.no-checksums', message, [{ field: 'skipWordpressCore', message }]);
}

function isFollowed(name: string, followers: readonly string[]): AppError {
  const names = followers.map((follower) => `"${follower}"`).join(', ');
  const message = `The job "${name}" is followed by ${names}; remove those schedules first.`;
  return new AppError('conflict', 'job.followed', message);
}
