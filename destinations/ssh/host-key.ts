/** Which server answers: its host key is pinned by its fingerprint, and no other is spoken to. */
import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';
import { AppError } from '../../daemon/platform/errors.js';
import { destinationError } from '../destination-error.js';
import { connect, timeoutMsOf } from './connect.js';
import { describeSsh, type SshSettings } from './ssh.settings.js';

export interface HostKey {
  /** `SHA256:…`, what `settings.hostKey` wants. */
  fingerprint: string;
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, … */
  type: string;
}

/**
 * Connects just far enough to learn the host key; no secret is sent. Throws what connecting throws.
 * Whoever pins it shows it to the admin first: that it is the right one is not known here.
 */
export async function readHostKey(settings: SshSettings, signal?: AbortSignal): Promise<HostKey> {
  let seen: HostKey | undefined;
  try {
    const connection = await connect({
      settings,
      login: undefined,
      timeoutMs: timeoutMsOf(settings),
      signal,
      isTrusted: (key) => {
        seen = hostKeyOf(key);
        return false;
      },
    });
    connection.destroy();
  } catch (error) {
    const isCancelled = error instanceof AppError && error.kind === 'cancelled';
    if (seen === undefined || isCancelled) throw error;
  }
  if (seen !== undefined) return seen;
  throw destinationError(
    'destination.unreachable',
    `${describeSsh(settings)} did not show a host key; check that an SSH server runs there.`,
  );
}

export function hostKeyOf(key: Buffer): HostKey {
  const parsed = ssh2.utils.parseKey(key);
  return {
    fingerprint: `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`,
    type: parsed instanceof Error ? 'unknown' : parsed.type,
  };
}

/** Compares what a server shows with what was pinned, and remembers it. */
export class PinnedHostKey {
  isSeen = false;
  readonly others: HostKey[] = [];

  constructor(private readonly fingerprint: string | undefined) {}

  isTrusted(key: Buffer): boolean {
    const hostKey = hostKeyOf(key);
    this.isSeen = hostKey.fingerprint === this.fingerprint;
    const isNew = this.others.every(({ fingerprint }) => fingerprint !== hostKey.fingerprint);
    if (!this.isSeen && isNew) this.others.push(hostKey);
    return this.isSeen;
  }
}

export function unpinned(settings: SshSettings): Error {
  return destinationError(
    'destination.misconfigured',
    `The host key of ${describeSsh(settings)} is not known yet; validate it first.`,
  );
}

export function changedHostKey(settings: SshSettings, seen: readonly HostKey[]): Error {
  const shown = seen.map(({ fingerprint, type }) => `${fingerprint} (${type})`).join(', ');
  const expected = settings.hostKey ?? '';
  return destinationError(
    'destination.denied',
    `The host key of ${describeSsh(settings)} has changed: expected ${expected}, seen ${shown}; ` +
      'if the server was set up anew, validate it again, otherwise someone may be in between.',
    { details: { expected, seen: seen.map(({ fingerprint }) => fingerprint) } },
  );
}
