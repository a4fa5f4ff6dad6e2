/**
 * Adds destinations and changes their settings: the place is probed before a row is written, secrets
 * are sealed, and a changed place must still be the same destination (its marker tells).
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Destination, Usage } from '../../destinations/destination.js';
import { findMarker, initialise } from '../../destinations/marker.js';
import {
  completeSettings,
  destinationKinds,
  splitSettings,
  type DestinationKind,
} from '../../destinations/registry.js';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import { newId } from '../platform/ids.js';
import { t } from '../platform/messages.js';
import { parseInput } from '../platform/parse-input.js';
import { CLOCK } from '../platform/platform.module.js';
import {
  destinationChanges,
  destinationInput,
  type DestinationChanges,
  type DestinationInput,
} from './destination-input.js';
import { DestinationOpener, type UnmarkedDestination } from './destination-opener.js';
import { StoredDestination, type DestinationProbe } from './destination.entity.js';
import { DestinationsStore } from './destinations.store.js';

const PROBE_TIMEOUT_MS = 30_000;

@Injectable()
export class DestinationSetup {
  constructor(
    private readonly destinations: DestinationsStore,
    private readonly opener: DestinationOpener,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The kinds that can be added. */
  kinds(actor: Actor): ReadonlyMap<string, DestinationKind> {
    requireAdmin(actor);
    return destinationKinds;
  }

  /**
   * Probes the place, marks it and adds it. A place that was marked before keeps its id, so that
   * it can be adopted after a catalogue was lost; one that is in use already is a `conflict`. A
   * read-only one must be marked: nothing is written there.
   */
  async add(actor: Actor, input: DestinationInput): Promise<StoredDestination> {
    requireAdmin(actor);
    const { kind, name, owner, threads, bandwidthKib, isVisible, notes, isReadOnly, ...rest } =
      parseInput(destinationInput, input, 'destination');
    await this.refuseTakenName(name);
    const { settings, secrets } = await this.completed(kind, rest);
    const { id, usage } = await this.mark({ kind, settings, secrets, isReadOnly });
    const now = this.clock.now().toISOString();
    const row = Object.assign(new StoredDestination(), {
      ...{ id, kind, name, owner, threads, bandwidthKib, isVisible, notes, isReadOnly, settings },
      sealedSecrets: this.opener.seal(id, secrets),
      diskLimitPercent: diskLimitOf(settings),
      foreignServers: [],
      isEnabled: true,
      createdAt: now,
      removedAt: null,
      lastProbe: { at: now, isOk: true, ...knownOf(usage) },
      lastValidation: null,
      // Nothing that is without use can lie there for a day.
      ...{ pruneStartedAt: now, lastPrunedAt: null, pruneAlarmAt: null },
    });
    await this.keep(row);
    const subject = { kind: 'destination', id };
    await this.events.record(actor, 'destination.added', subject, { name, kind, settings });
    return row;
  }

  /** What is not given stays. Another place, or other secrets, are tried before they are kept. */
  async change(
    actor: Actor,
    nameOrId: string,
    input: DestinationChanges,
  ): Promise<StoredDestination> {
    requireAdmin(actor);
    const changes = parseInput(destinationChanges, input, 'destination');
    const row = await this.destinations.getKnown(nameOrId);
    if (changes.name !== undefined && changes.name !== row.name) {
      await this.refuseTakenName(changes.name);
    }
    const { settings: ofKind, secrets, ...common } = changes;
    const place = await this.changedPlace(row, ofKind, secrets);
    await this.destinations.update(row.id, { ...given(common), ...place });
    const subject = { kind: 'destination', id: row.id };
    const details = { name: row.name, ...common, settings: place?.settings };
    await this.events.record(actor, 'destination.changed', subject, details);
    return this.destinations.getKnown(row.id);
  }

  private async changedPlace(
    row: StoredDestination,
    changed: Record<string, unknown> | undefined,
    newSecrets: Record<string, string | null> | undefined,
  ): Promise<
    Pick<StoredDestination, 'settings' | 'sealedSecrets' | 'diskLimitPercent'> | undefined
  > {
    if (changed === undefined && newSecrets === undefined) return undefined;
    const { kind, isReadOnly } = row;
    const wanted = { ...row.settings, ...changed, ...this.opener.unseal(row), ...newSecrets };
    const { settings, secrets } = await this.completed(kind, withoutNull(wanted));
    await this.requireSame(row, { kind, settings, secrets, isReadOnly });
    return {
      settings,
      sealedSecrets: this.opener.seal(row.id, secrets),
      diskLimitPercent: diskLimitOf(settings),
    };
  }

  /** What is shown and what is not, with what only the place itself can tell. */
  private async completed(
    kind: string,
    given: Record<string, unknown>,
  ): Promise<Pick<UnmarkedDestination, 'settings' | 'secrets'>> {
    const { settings, secrets } = splitSettings(kind, given);
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    return { settings: await completeSettings({ kind, settings }, signal), secrets };
  }

  private requireSame(row: StoredDestination, place: UnmarkedDestination): Promise<void> {
    return this.use(place, async (destination) => {
      const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
      await destination.probe({ signal });
      const marker = await findMarker(destination, { signal });
      if (marker?.id === row.id) return;
      const found = marker === undefined ? 'no destination' : 'another destination';
      throw new AppError(
        'conflict',
        'destination.another',
        t(
          'With these settings, {found} is found there, not "{name}"; move its content first, or add the place as a new destination.',
          { found, name: row.name },
        ),
      );
    });
  }

  /** Probes the place and marks it; answers the id that holds there, and its room. */
  private mark(place: UnmarkedDestination): Promise<{ id: string; usage: Usage }> {
    return this.use(place, async (destination) => {
      const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
      await destination.probe({ signal });
      const usage = await destination.usage({ signal });
      if (!place.isReadOnly) {
        return { id: (await initialise(destination, newId(), { signal })).id, usage };
      }
      const marker = await findMarker(destination, { signal });
      if (marker !== undefined) return { id: marker.id, usage };
      const message =
        'There is no destination at this place that could be adopted (it has no holdfast.json); check the place, or add it without read-only.';
      throw new AppError('destination', 'destination.misconfigured', message);
    });
  }

  private async use<Result>(
    place: UnmarkedDestination,
    work: (destination: Destination) => Promise<Result>,
  ): Promise<Result> {
    const destination = await this.opener.openUnmarked(place);
    try {
      return await work(destination);
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
      t('This place is already the destination "{name}"; use that one.', { name: earlier.name }),
      { details: { name: earlier.name } },
    );
  }

  /** Before anything is written at the place; the store refuses it for certain. */
  private async refuseTakenName(name: string): Promise<void> {
    if ((await this.destinations.findByName(name)) === undefined) return;
    throw new AppError(
      'conflict',
      'destination.exists',
      t('There is already a destination named "{name}". Choose another name.', { name }),
    );
  }
}

function diskLimitOf({ diskLimitPercent }: Record<string, unknown>): number | null {
  return typeof diskLimitPercent === 'number' ? diskLimitPercent : null;
}

/** Numbers that the store could tell. */
function knownOf({ freeBytes, totalBytes }: Usage): Partial<DestinationProbe> {
  return {
    ...(freeBytes === undefined ? {} : { freeBytes }),
    ...(totalBytes === undefined ? {} : { totalBytes }),
  };
}

/** A setting given as null is taken back. */
function withoutNull(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}

type Given<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

function given<T extends object>(changes: T): Given<T> {
  return Object.fromEntries(
    Object.entries(changes).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}
