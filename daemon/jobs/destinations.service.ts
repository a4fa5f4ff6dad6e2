/**
 * Destinations as an admin manages them: listed, checked, removed, opened; destination-setup.service
 * adds and changes them. What a destination can do is the business of ../../destinations.
 */
import { Inject, Injectable } from '@nestjs/common';
import {
  validateDestination,
  type ValidationReport,
} from '../../destinations/conformance/validate-destination.js';
import type { Destination } from '../../destinations/destination.js';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { Clock } from '../platform/clock.js';
import { AppError, notFound } from '../platform/errors.js';
import { newId } from '../platform/ids.js';
import { CLOCK } from '../platform/platform.module.js';
import { DestinationOpener } from './destination-opener.js';
import type { DestinationProbe, StoredDestination } from './destination.entity.js';
import { DestinationsStore } from './destinations.store.js';
import { JobsStore } from './jobs.store.js';

const VALIDATION_TIMEOUT_MS = 120_000;

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

  /** Tries everything a backup needs, with small objects that are removed again. */
  async validate(actor: Actor, nameOrId: string): Promise<ValidationReport> {
    requireAdmin(actor);
    const row = await this.destinations.getKnown(nameOrId);
    const report = await this.use(row.id, (destination) =>
      validateDestination(destination, {
        signal: AbortSignal.timeout(VALIDATION_TIMEOUT_MS),
        now: () => this.clock.now(),
        scratchName: newId(),
      }),
    );
    const now = this.clock.now();
    await this.destinations.update(row.id, {
      lastProbe: probeOf(report, now),
      lastValidation: { at: now.toISOString(), ...report },
    });
    const subject = { kind: 'destination', id: row.id };
    const details = { name: row.name, isOk: report.isOk };
    await this.events.record(actor, 'destination.validated', subject, details);
    return report;
  }

  /** Forgets it; nothing that lies there is touched. Refused while something needs it. */
  async remove(actor: Actor, nameOrId: string): Promise<void> {
    requireAdmin(actor);
    const { id, name } = await this.destinations.getKnown(nameOrId);
    const jobNames = await this.jobs.namesUsing(id);
    if (jobNames.length > 0) throw usedByJobs(name, jobNames);
    const snapshots = await this.destinations.countSnapshots(id);
    if (snapshots > 0) throw holdsSnapshots(name, snapshots);
    const isRemoved = await this.destinations.markRemoved(id, this.clock.now().toISOString());
    if (!isRemoved) throw notFound('destination', nameOrId);
    await this.events.record(actor, 'destination.removed', { kind: 'destination', id }, { name });
  }

  /** Opens it; the caller closes it. Throws when it was removed or switched off. */
  open(destinationId: string): Promise<Destination> {
    return this.opener.open(destinationId);
  }

  /** Opens a destination for as long as `work` needs it. */
  private async use<Result>(
    destinationId: string,
    work: (destination: Destination) => Promise<Result>,
  ): Promise<Result> {
    const destination = await this.open(destinationId);
    try {
      return await work(destination);
    } finally {
      await destination.close();
    }
  }
}

function probeOf(report: ValidationReport, now: Date): DestinationProbe {
  const failed = report.checks.find((check) => !check.isOk);
  const { freeBytes, totalBytes } = report.usage ?? {};
  return {
    at: now.toISOString(),
    isOk: report.isOk,
    ...(failed === undefined ? {} : { message: failed.message }),
    ...(freeBytes === undefined ? {} : { freeBytes }),
    ...(totalBytes === undefined ? {} : { totalBytes }),
  };
}

function usedByJobs(name: string, jobs: string[]): AppError {
  const list = jobs.map((job) => `"${job}"`).join(', ');
  return new AppError(
    'conflict',
    'destination.used-by-jobs',
    `The destination "${name}" is used by ${jobs.length === 1 ? 'the job' : 'the jobs'} ${list}; remove ${jobs.length === 1 ? 'it' : 'them'} first.`,
    { details: { jobs } },
  );
}

function holdsSnapshots(name: string, snapshots: number): AppError {
  const count = snapshots === 1 ? 'a snapshot' : `${String(snapshots)} snapshots`;
  return new AppError(
    'conflict',
    'destination.holds-snapshots',
    `The destination "${name}" still keeps ${count}; remove them first.`,
    { details: { snapshots } },
  );
}
