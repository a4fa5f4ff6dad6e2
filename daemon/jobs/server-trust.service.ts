/**
 * Whose snapshots are believed at a destination: this server's, and those of servers whose public
 * key an admin gave for that destination. A key speaks only for the server it was given for, so a
 * trusted server cannot make snapshots of another one's accounts.
 */
import { createPublicKey } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import { serverOfKey } from '../engine/layout.js';
import { keysFor } from '../engine/manifest/find-snapshots.js';
import { fingerprintOf } from '../engine/manifest/snapshot-file.js';
import type { TrustedKey } from '../engine/types.js';
import { AppError, inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { parseInput } from '../platform/parse-input.js';
import { SERVER_KEYS } from '../platform/platform.module.js';
import type { ServerKeys } from '../platform/server-keys.js';
import type { ForeignServer, StoredDestination } from './destination.entity.js';
import { DestinationsStore } from './destinations.store.js';

export const trustInput = z.strictObject({
  serverId: z.string().min(1).max(255).meta({ description: 'As a reindex found it' }),
  publicKeyPem: z
    .string()
    .max(4_096)
    .meta({ description: 'The text of that server’s keys/server.pub.pem' }),
});
export type TrustInput = z.input<typeof trustInput>;

/** What a reindex found of a server. */
export type FoundServer = Omit<ForeignServer, 'publicKeyPem'>;

@Injectable()
export class ServerTrust {
  constructor(
    private readonly destinations: DestinationsStore,
    private readonly events: EventsService,
    @Inject(SERVER_KEYS) private readonly keys: Pick<ServerKeys, 'publicKeyPem'>,
  ) {}

  async keysAt(destinationId: string): Promise<TrustedKey[]> {
    const row = await this.destinations.findById(destinationId);
    const foreign = (row?.foreignServers ?? []).flatMap(({ serverId, publicKeyPem }) =>
      publicKeyPem === null ? [] : [{ serverId, publicKeyPem }],
    );
    return [{ publicKeyPem: this.keys.publicKeyPem }, ...foreign];
  }

  /** PEM keys whose signature is accepted under this key. */
  async keysOf(snapshot: { destinationId: string; key: string }): Promise<string[]> {
    return keysFor(serverOfKey(snapshot.key), await this.keysAt(snapshot.destinationId));
  }

  /** The key must be the one that the server's snapshot files at the destination name. */
  async trust(actor: Actor, nameOrId: string, input: TrustInput): Promise<StoredDestination> {
    requireAdmin(actor);
    const { serverId, publicKeyPem } = parseInput(trustInput, input, 'trust');
    const row = await this.destinations.getKnown(nameOrId);
    const found = row.foreignServers.filter((server) => server.serverId === serverId);
    if (found.length === 0) throw notFoundThere(serverId, row.name);
    const key = parseKey(publicKeyPem);
    const fingerprint = fingerprintOf(key);
    const match = found.find(({ keyFingerprint }) => keyFingerprint === fingerprint);
    if (match === undefined) throw anotherKey(serverId, fingerprint, found);
    const foreignServers = row.foreignServers.map((server) =>
      server === match ? { ...server, publicKeyPem: key } : server,
    );
    await this.destinations.update(row.id, { foreignServers });
    const subject = { kind: 'destination', id: row.id };
    const details = { name: row.name, serverId, server: match.name, fingerprint };
    await this.events.record(actor, 'destination.server-trusted', subject, details);
    return this.destinations.getKnown(row.id);
  }

  /** What a whole reindex found; a server that is trusted stays so, also without snapshots. */
  async keepFound(destinationId: string, found: readonly FoundServer[]): Promise<void> {
    const row = await this.destinations.findById(destinationId);
    if (row === undefined) throw notFound('destination', destinationId);
    const trusted = row.foreignServers.filter(({ publicKeyPem }) => publicKeyPem !== null);
    const isTrusted = (server: FoundServer): boolean => trusted.some((one) => isSame(one, server));
    const others = found.filter((server) => !isTrusted(server));
    const foreignServers = [...trusted, ...others.map((one) => ({ ...one, publicKeyPem: null }))];
    await this.destinations.update(destinationId, { foreignServers });
  }
}

function isSame(a: FoundServer, b: FoundServer): boolean {
  return a.serverId === b.serverId && a.keyFingerprint === b.keyFingerprint;
}

/** The key in the one form that is kept. A private key, though it holds the public one, is refused. */
function parseKey(pem: string): string {
  const message = t(
    'This is not the public key of a Holdfast server; give the text of its keys/server.pub.pem.',
  );
  const problem = inputError('trust.not-a-key', message, [{ field: 'publicKeyPem', message }]);
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) throw problem;
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType !== 'ed25519') throw problem;
    return key.export({ type: 'spki', format: 'pem' }).toString();
  } catch {
    throw problem;
  }
}

function notFoundThere(serverId: string, name: string): AppError {
  const message = t(
    'No snapshot of a server "{serverId}" that is not trusted yet was found at "{name}"; reindex the destination first.',
    { serverId, name },
  );
  return new AppError('not-found', 'server.not-found', message);
}

function anotherKey(
  serverId: string,
  fingerprint: string,
  found: readonly FoundServer[],
): AppError {
  const named = found.map(({ keyFingerprint }) => keyFingerprint).join(', ');
  const message = t(
    'The key given has the fingerprint {fingerprint}, but the snapshots of "{serverId}" are signed with {named}; nothing is trusted.',
    { fingerprint, serverId, named },
  );
  return inputError('trust.another-key', message, [{ field: 'publicKeyPem', message }]);
}
