/**
 * Destinations as an admin manages them: added, checked, removed, opened. Settings lie in the
 * catalogue, secrets sealed beside them; they leave this service only inside an opened destination
 * or a worker's order. What a destination can do is the business of ../../destinations.
 */
import { Inject, Injectable } from '@nestjs/common';
import {
  validateDestination,
  type ValidationReport,
} from '../../destinations/conformance/validate-destination.js';
import type { Destination } from '../../destinations/destination.js';
import { initialise } from '../../destinations/marker.js';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { Clock } from '../platform/clock.js';
import { AppError, notFound } from '../platform/errors.js';
import { newId } from '../platform/ids.js';
import { CLOCK } from '../platform/platform.module.js';
import { destinationInput, type DestinationInput } from './destination-input.js';
import { DestinationOpener } from './destination-opener.js';
import { StoredDestination, type DestinationProbe } from './destination.entity.js';
import { DestinationsStore } from './destinations.store.js';
import { JobsStore } from './jobs.store.js';
import { parseInput } from '../platform/parse-input.js';

const PROBE_TIMEOUT_MS = 30_000;
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

  /**
   * Probes the place, marks it and adds it. A place that was marked before keeps its id, so that
   * it can be adopted after a catalogue was lost; one that is in use already is a `conflict`.
   */
  async add(actor: Actor, input: DestinationInput): Promise<StoredDestination> {
    requireAdmin(actor);
    const { name, kind, ...settings } = parseInput(destinationInput, input, 'destination');
    await this.refuseTakenName(name);
    const id = await this.mark(kind, settings);
    const row = this.rowOf(id, { name, kind, settings });
    await this.keep(row);
    await this.events.record(
      actor,
      'destination.added',
      { kind: 'destination', id },
      { name, kind, settings },
    );
    return row;
  }

  /** By name. */
  async list(actor: Actor): Promise<StoredDestination[]> {
    requireAdmin(actor);
    return this.destinations.list();
  }

  async get(actor: Actor, nameOrId: string): Promise<StoredDestination> {
    requireAdmin(actor);
    return this.getKnown(nameOrId);
  }

  /** Names by id, removed destinations too: for showing where something lies. */
  async namesOf(ids: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.destinations.listByIds([...new Set(ids)]);
    return new Map(rows.map((row) => [row.id, row.name]));
  }

  /** Tries everything a backup needs, with small objects that are removed again. */
  async validate(actor: Actor, nameOrId: string): Promise<ValidationReport> {
    requireAdmin(actor);
    const row = await this.getKnown(nameOrId);
    const report = await this.use(row.id, (destination) =>
      validateDestination(destination, {
        signal: AbortSignal.timeout(VALIDATION_TIMEOUT_MS),
        now: () => this.clock.now(),
        scratchName: newId(),
      }),
    );
    await this.destinations.setProbe(row.id, probeOf(report, this.clock.now()));
    const subject = { kind: 'destination', id: row.id };
    const details = { name: row.name, isOk: report.isOk };
    await this.events.record(actor, 'destination.validated', subject, details);
    return report;
  }

  /** Forgets it; nothing that lies there is touched. Refused while something needs it. */
  async remove(actor: Actor, nameOrId: string): Promise<void> {
    requireAdmin(actor);
    const { id, name } = await this.getKnown(nameOrId);
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

  /** Probes the place and marks it; answers the id that holds there. */
  private async mark(kind: string, settings: object): Promise<string> {
    const destination = await this.opener.openUnmarked(kind, settings);
    try {
      const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
      await destination.probe({ signal });
      return (await initialise(destination, newId(), { signal })).id;
    } finally {
      await destination.close();
    }
  }

  /** Writes the row; one of the same id that was removed comes back with its snapshots. */
  private async keep(row: StoredDestination): Promise<void> {
    const earlier = await this.destinations.findById(row.id);
    if (earlier === undefined) {
      await this.destinations.insert(row);
      return;
    }
    if (await this.destinations.revive(row)) return;
    throw new AppError(
      'conflict',
      'destination.in-use',
      `This place is already the destination "${earlier.name}"; use that one.`,
      { details: { name: earlier.name } },
    );
  }

  private rowOf(
    id: string,
    given: { name: string; kind: string; settings: { diskLimitPercent?: number | undefined } },
  ): StoredDestination {
    return Object.assign(new StoredDestination(), {
      ...given,
      id,
      sealedSecrets: null,
      diskLimitPercent: given.settings.diskLimitPercent ?? null,
      isEnabled: true,
      createdAt: this.clock.now().toISOString(),
      removedAt: null,
      lastProbe: { at: this.clock.now().toISOString(), isOk: true },
    });
  }

  private async getKnown(nameOrId: string): Promise<StoredDestination> {
    const byName = await this.destinations.findByName(nameOrId);
    if (byName !== undefined) return byName;
    const byId = await this.destinations.findById(nameOrId);
    if (byId?.removedAt !== null) throw notFound('destination', nameOrId);
    return byId;
  }

  /** Before anything is written at the place; the store refuses it for certain. */
  private async refuseTakenName(name: string): Promise<void> {
    if ((await this.destinations.findByName(name)) === undefined) return;
    throw new AppError(
      'conflict',
      'destination.exists',
      `There is already a destination named "${name}". Choose another name.`,
    );
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
