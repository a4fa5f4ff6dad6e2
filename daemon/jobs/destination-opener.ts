/**
 * Opens stored destinations: settings from the row, secrets unsealed, and what every destination is
 * held to (apart from all homes, owned by root, marked with the id we know).
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Destination } from '../../destinations/destination.js';
import {
  openDestination,
  type DestinationContext,
  type DestinationSpec as OpenableSpec,
} from '../../destinations/registry.js';
import { SNAPSHOT_SOURCE } from '../accounts/account.entity.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { systemActor } from '../auth/actor.js';
import type { Config } from '../platform/config-schema.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { CONFIG } from '../platform/platform.module.js';
import { SecretBox } from '../platform/secret.js';
import type { StoredDestination } from './destination.entity.js';
import { DestinationsStore } from './destinations.store.js';

/** Enough to open a destination in another process; secrets in the clear, so never log one. */
export interface DestinationSpec extends OpenableSpec {
  /** What it is held to; the worker checks it again. */
  context: DestinationContext;
}

/** A place that is not a stored destination yet, or not with these settings. */
export interface UnmarkedDestination {
  kind: string;
  settings: Record<string, unknown>;
  secrets: Record<string, string>;
  isReadOnly: boolean;
}

/** Someone waits for what the daemon itself does at a destination. */
const DAEMON_PATIENCE_MS = 5_000;

@Injectable()
export class DestinationOpener {
  constructor(
    private readonly destinations: DestinationsStore,
    private readonly accounts: AccountsService,
    private readonly secretBox: SecretBox,
    @Inject(CONFIG) private readonly config: Pick<Config, 'sandbox'>,
  ) {}

  /** Opens it; the caller closes it. Throws when it was removed or switched off. */
  async open(destinationId: string): Promise<Destination> {
    const { context, ...spec } = await this.specOf(destinationId);
    return openDestination(spec, { ...context, patienceMs: DAEMON_PATIENCE_MS });
  }

  async openUnmarked(place: UnmarkedDestination): Promise<Destination> {
    const context = await this.contextOf(undefined);
    return openDestination(place, { ...context, patienceMs: DAEMON_PATIENCE_MS });
  }

  /** What a worker needs to open it. Throws when it was removed or switched off. */
  async specOf(destinationId: string, { alsoDisabled = false } = {}): Promise<DestinationSpec> {
    const row = await this.destinations.findById(destinationId);
    if (row === undefined) throw notFound('destination', destinationId);
    const isUsable = row.removedAt === null && (row.isEnabled || alsoDisabled);
    if (!isUsable) throw notUsable(row);
    const { kind, settings, isReadOnly, threads, bandwidthKib } = row;
    return {
      ...{ kind, settings, isReadOnly },
      secrets: this.unseal(row),
      limits: {
        threads: threads ?? undefined,
        bytesPerSecond: bandwidthKib === null ? undefined : bandwidthKib * 1024,
      },
      context: await this.contextOf(row.id),
    };
  }

  private async contextOf(expectedId: string | undefined): Promise<DestinationContext> {
    const accounts = await this.accounts.list(systemActor);
    return {
      // A home that only a snapshot tells of is no home of this server.
      forbiddenBelow: accounts
        .filter(({ source }) => source !== SNAPSHOT_SOURCE)
        .map(({ home }) => home),
      requireRootOwner: !this.config.sandbox,
      expectedId,
    };
  }

  /** Null when there are none. */
  seal(id: string, secrets: Record<string, string>): string | null {
    if (Object.keys(secrets).length === 0) return null;
    return this.secretBox.seal(JSON.stringify(secrets), `destination:${id}`);
  }

  unseal(row: StoredDestination): Record<string, string> {
    if (row.sealedSecrets === null) return {};
    const text = this.secretBox.open(row.sealedSecrets, `destination:${row.id}`).reveal();
    return JSON.parse(text) as Record<string, string>;
  }
}

function notUsable({ name, removedAt }: StoredDestination): AppError {
  if (removedAt !== null) {
    const message = t('The destination "{name}" was removed; add it again first.', { name });
    return new AppError('conflict', 'destination.removed', message);
  }
  const message = t('The destination "{name}" is switched off; switch it on first.', { name });
  return new AppError('conflict', 'destination.disabled', message);
}
