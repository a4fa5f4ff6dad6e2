/**
 * Validations of destinations: tried in the background with small objects that are removed again,
 * one at a time for each destination, watched while they run, kept in the row when they are over.
 * A stop breaks them off: what they wrote is removed, and what was known of the destination stays.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import {
  validateDestination,
  type CheckResult,
  type ValidationReport,
} from '../../destinations/conformance/validate-destination.js';
import type { Destination } from '../../destinations/destination.js';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { Clock } from '../platform/clock.js';
import { AppError, toAppError } from '../platform/errors.js';
import { newId } from '../platform/ids.js';
import { speaking } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { CLOCK } from '../platform/platform.module.js';
import { DestinationOpener } from './destination-opener.js';
import type {
  DestinationProbe,
  StoredDestination,
  StoredValidation,
} from './destination.entity.js';
import { DestinationsStore } from './destinations.store.js';

const VALIDATION_TIMEOUT_MS = 120_000;
/** A store that does not answer must not keep the daemon from stopping. */
const STOP_TIMEOUT_MS = 15_000;

/** One under way. */
export interface RunningValidation {
  startedAt: string;
  /** What has been tried so far. */
  checks: readonly CheckResult[];
}

interface Running extends RunningValidation {
  checks: CheckResult[];
  over: Promise<ValidationReport>;
}

@Injectable()
export class DestinationValidations {
  private readonly running = new Map<string, Running>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly destinations: DestinationsStore,
    private readonly opener: DestinationOpener,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Tries everything a backup needs. Who asks while one is under way waits for that one. */
  async validate(actor: Actor, nameOrId: string): Promise<ValidationReport> {
    return (await this.begin(actor, nameOrId)).over;
  }

  /** The same in the background. Throws only when it cannot begin. */
  async start(actor: Actor, nameOrId: string): Promise<void> {
    const { over } = await this.begin(actor, nameOrId);
    // What goes wrong stands in the row; who waits for `over` is told, too.
    over.catch(() => undefined);
  }

  /** The one under way, if any. */
  async findRunning(actor: Actor, nameOrId: string): Promise<RunningValidation | undefined> {
    requireAdmin(actor);
    const { id } = await this.destinations.getKnown(nameOrId);
    return this.running.get(id);
  }

  /** What the last one found; `not-found` before the first. */
  async last(actor: Actor, nameOrId: string): Promise<StoredValidation> {
    requireAdmin(actor);
    const { name, lastValidation } = await this.destinations.getKnown(nameOrId);
    if (lastValidation === null) throw notFound('validation of', name);
    return lastValidation;
  }

  /** Breaks off what is under way and waits until nothing of it is left; none begins any more. */
  async stop(): Promise<void> {
    this.stopping.abort(stopped());
    const all = [...this.running.values()].map(({ over }) => over);
    const timeout = sleep(STOP_TIMEOUT_MS, undefined, { ref: false });
    await Promise.race([Promise.allSettled(all), timeout]);
  }

  private async begin(actor: Actor, nameOrId: string): Promise<Running> {
    requireAdmin(actor);
    const row = await this.destinations.getKnown(nameOrId);
    const destination = await this.opener.open(row.id);
    const other = this.running.get(row.id);
    if (other !== undefined || this.stopping.signal.aborted) {
      await destination.close();
      if (other === undefined) throw stopped();
      return other;
    }
    const checks: CheckResult[] = [];
    const startedAt = this.clock.now().toISOString();
    // In English, whoever began it: it becomes a row, and others may wait for it, too.
    const over = speaking('en', () => this.run(actor, row, destination, checks)).finally(() => {
      this.running.delete(row.id);
    });
    const running = { startedAt, checks, over };
    this.running.set(row.id, running);
    return running;
  }

  private async run(
    actor: Actor,
    row: StoredDestination,
    destination: Destination,
    checks: CheckResult[],
  ): Promise<ValidationReport> {
    const report = await this.report(row, destination, checks);
    const now = this.clock.now();
    await this.destinations.update(row.id, {
      lastProbe: probeOf(report, now, row.lastProbe),
      lastValidation: { at: now.toISOString(), ...report },
    });
    const subject = { kind: 'destination', id: row.id };
    const details = { name: row.name, isOk: report.isOk };
    await this.events.record(actor, 'destination.validated', subject, details);
    return report;
  }

  /** A validation that takes too long, or breaks off, is a report, too: of what was seen till then. */
  private async report(
    { isReadOnly }: StoredDestination,
    destination: Destination,
    checks: CheckResult[],
  ): Promise<ValidationReport> {
    try {
      return await validateDestination(destination, {
        signal: AbortSignal.any([this.stopping.signal, AbortSignal.timeout(VALIDATION_TIMEOUT_MS)]),
        now: () => this.clock.now(),
        scratchName: newId(),
        isReadOnly,
        onCheck: (check) => checks.push(check),
      });
    } catch (error) {
      if (this.stopping.signal.aborted) throw stopped();
      const { kind, message } = toAppError(error);
      const late = `It took longer than ${VALIDATION_TIMEOUT_MS / 1000} seconds.`;
      checks.push({ name: 'time', isOk: false, message: kind === 'cancelled' ? late : message });
      const { capabilities } = destination;
      const unknown = { latencyMs: undefined, throughputMiBs: undefined, usage: undefined };
      return { isOk: false, checks, capabilities, ...unknown };
    } finally {
      await destination.close();
    }
  }
}

function stopped(): AppError {
  const message = 'The daemon is stopping; validate the destination again once it has started.';
  return new AppError('cancelled', 'daemon.stopping', message);
}

function probeOf(
  report: ValidationReport,
  now: Date,
  before: DestinationProbe | null,
): DestinationProbe {
  const failed = report.checks.find((check) => !check.isOk);
  const since = before?.isOk === false ? (before.failingSince ?? before.at) : now.toISOString();
  const { freeBytes, totalBytes } = report.usage ?? {};
  return {
    at: now.toISOString(),
    isOk: report.isOk,
    ...(failed === undefined ? {} : { message: failed.message, failingSince: since }),
    ...(freeBytes === undefined ? {} : { freeBytes }),
    ...(totalBytes === undefined ? {} : { totalBytes }),
  };
}
