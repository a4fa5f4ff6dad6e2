/**
 * Opens stored destinations: settings from the row, secrets unsealed, and what every destination is
 * held to (apart from all homes, owned by root, marked with the id we know).
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Destination } from '../../destinations/destination.js';
import { openDestination, type DestinationContext } from '../../destinations/registry.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { systemActor } from '../auth/actor.js';
import type { Config } from '../platform/config-schema.js';
import { AppError, notFound } from '../platform/errors.js';
import { CONFIG } from '../platform/platform.module.js';
import { SecretBox } from '../platform/secret.js';
import type { StoredDestination } from './destination.entity.js';
import { DestinationsStore } from './destinations.store.js';

/** Enough to open a destination in another process; secrets in the clear, so never log one. */
export interface DestinationSpec {
  kind: string;
  settings: unknown;
  secrets: Record<string, string>;
  /** What it is held to; the worker checks it again. */
  context: DestinationContext;
}

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
    const spec = await this.specOf(destinationId);
    return openDestination(spec, spec.context);
  }

  /** Opens a place that is not a stored destination yet. */
  async openUnmarked(kind: string, settings: unknown): Promise<Destination> {
    return openDestination({ kind, settings }, await this.contextOf(undefined));
  }

  /** What a worker needs to open it. Throws when it was removed or switched off. */
  async specOf(destinationId: string): Promise<DestinationSpec> {
    const row = await this.destinations.findById(destinationId);
    if (row === undefined) throw notFound('destination', destinationId);
    if (row.removedAt !== null || !row.isEnabled) throw notUsable(row);
    return {
      kind: row.kind,
      settings: row.settings,
      secrets: this.unseal(row),
      context: await this.contextOf(row.id),
    };
  }

  private async contextOf(expectedId: string | undefined): Promise<DestinationContext> {
    const accounts = await this.accounts.list(systemActor);
    return {
      forbiddenBelow: accounts.map((account) => account.home),
      requireRootOwner: !this.config.sandbox,
      expectedId,
    };
  }

  private unseal(row: StoredDestination): Record<string, string> {
    if (row.sealedSecrets === null) return {};
    const text = this.secretBox.open(row.sealedSecrets, `destination:${row.id}`).reveal();
    return JSON.parse(text) as Record<string, string>;
  }
}

function notUsable({ name, removedAt }: StoredDestination): AppError {
  const [code, what, mend] =
    removedAt === null
      ? ['destination.disabled', 'is switched off', 'switch it on']
      : ['destination.removed', 'was removed', 'add it again'];
  return new AppError('conflict', code, `The destination "${name}" ${what}; ${mend} first.`);
}
