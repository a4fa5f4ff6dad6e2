/**
 * Jobs: what to back up, of which accounts, to which destinations, in which structure. Starting
 * one is the business of ../runs. Only admins see jobs.
 */
import { Inject, Injectable } from '@nestjs/common';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { AppError, inputError } from '../platform/errors.js';
import { newId } from '../platform/ids.js';
import { t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import type { JobAccounts } from './account-filter.js';
import { jobChanges, jobInput, type JobChanges, type JobInput } from './job-input.js';
import { JobNames } from './job-names.js';
import { Job } from './job.entity.js';
import type { Schedule } from './schedule.entity.js';
import { nameTaken } from '../catalogue/unique-violation.js';
import { JobsStore, type JobWithDestinations } from './jobs.store.js';
import { parseInput } from '../platform/parse-input.js';

/** As it will be, with the names of its destinations. */
export interface PlannedJob extends JobWithDestinations {
  destinations: string[];
}

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
    return this.keep(actor, await this.plan(actor, input));
  }

  /** Refuses what cannot be said of a new job, which need not be said whole yet. */
  async check(actor: Actor, part: JobChanges): Promise<void> {
    requireAdmin(actor);
    const { name, destinations, ...given } = parseInput(jobChanges, part, 'job');
    if (name !== undefined && (await this.jobs.findByName(name)) !== undefined) {
      throw nameTaken('job', name, undefined);
    }
    await this.refuseUnusable(given, undefined);
    if (destinations !== undefined) await this.names.idsOfDestinations(destinations);
  }

  /** A job that is not kept yet. */
  async plan(actor: Actor, input: JobInput): Promise<PlannedJob> {
    requireAdmin(actor);
    const { destinations, ...given } = parseInput(jobInput, input, 'job');
    await this.refuseUnusable(given, undefined);
    const { accounts } = given;
    const destinationIds = await this.names.idsOfDestinations(destinations);
    const job = Object.assign(new Job(), {
      ...given,
      id: newId(),
      accounts: eachOnce(accounts),
      retries: given.retries ?? this.config.backup.retries,
      isEnabled: true,
      createdAt: this.clock.now().toISOString(),
    });
    return { job, destinationIds, destinations };
  }

  /** Keeps it, and with it its first schedule: both, or neither. */
  async keep(
    actor: Actor,
    { job, destinationIds, destinations }: PlannedJob,
    schedule?: Schedule,
  ): Promise<JobWithDestinations> {
    requireAdmin(actor);
    this.jobs.insert(job, destinationIds, schedule);
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

  /**
   * What is not given stays. A run that is under way goes on as it began; the next one is as changed.
   * The structure may change, too: each snapshot tells how it lies, and one of another structure is
   * no parent of the next, which therefore reads and stores everything once. What the job said already
   * is not asked again, as an account that is gone may come back.
   */
  async change(actor: Actor, nameOrId: string, input: JobChanges): Promise<JobWithDestinations> {
    const { job, destinationIds } = await this.get(actor, nameOrId);
    const { destinations, ...given } = parseInput(jobChanges, input, 'job');
    await this.refuseUnusable(given, job);
    const wantedIds = destinations && (await this.names.idsOfDestinations(destinations));
    const change = changedOf(job, {
      ...given,
      accounts: given.accounts && eachOnce(given.accounts),
      retries: given.retries === null ? this.config.backup.retries : given.retries,
    });
    const areSame = wantedIds === undefined || isSame(wantedIds.toSorted(), destinationIds.toSorted()); // prettier-ignore
    if (Object.keys(change).length === 0 && areSame) return { job, destinationIds };
    if (!this.jobs.update(job, change, wantedIds)) throw notFound('job', nameOrId);
    const changed = { ...change, ...(areSame ? {} : { destinations }) };
    const renamed = change.name === undefined ? {} : { formerName: job.name };
    const details = { name: job.name, ...renamed, ...changed };
    await this.events.record(actor, 'job.changed', { kind: 'job', id: job.id }, details);
    return this.get(actor, job.id);
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

  /** What a schema cannot tell of what is newly said of a job. */
  private async refuseUnusable(
    { accounts, skipWordpressCore }: Pick<JobChanges, 'accounts' | 'skipWordpressCore'>,
    earlier: Job | undefined,
  ): Promise<void> {
    const isNew = skipWordpressCore === true && earlier?.skipWordpressCore !== true;
    if (isNew && this.config.backup.wordpressChecksums === undefined) throw noChecksums();
    if (!Array.isArray(accounts)) return;
    const known = Array.isArray(earlier?.accounts) ? earlier.accounts : [];
    const added = accounts.filter((name) => !known.includes(name));
    if (added.length > 0) await this.names.refuseUnknownAccounts(added);
  }
}

function eachOnce(accounts: JobAccounts): JobAccounts {
  return Array.isArray(accounts) ? [...new Set(accounts)] : accounts;
}

/** Of what is wanted, what is given and differs. */
function changedOf(job: Job, wanted: { [Column in keyof Job]?: Job[Column] | undefined }) {
  const differing = Object.entries(wanted).filter(
    ([column, value]) => value !== undefined && !isSame(value, job[column as keyof Job]),
  );
  return Object.fromEntries(differing) as Partial<Job>;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function noChecksums(): AppError {
  const message = t(
    'Core files of WordPress are left out by the checksums of its releases: name their folder in backup.wordpressChecksums first.',
  );
  return inputError('job.no-checksums', message, [{ field: 'skipWordpressCore', message }]);
}

function isFollowed(name: string, followers: readonly string[]): AppError {
  const names = followers.map((follower) => `"${follower}"`).join(', ');
  const message = t('The job "{name}" is followed by {names}; remove those schedules first.', {
    name,
    names,
  });
  return new AppError('conflict', 'job.followed', message);
}
