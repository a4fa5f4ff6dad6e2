/**
 * The connection a destination shares among its calls: opened when it is first needed, again when it
 * was lost. Only establishing it is tried again here, with growing waits, and never for longer than
 * the timeout; a call whose connection breaks fails, and whoever made it decides.
 */
import type { SFTPWrapper } from 'ssh2';
import { AppError } from '../../daemon/platform/errors.js';
import { abortable, destinationError } from '../destination-error.js';
import { realSleep } from '../wrappers/sleep.js';
import { connect, HOST_KEY_FAMILIES, timeoutMsOf, type SshConnection } from './connect.js';
import { changedHostKey, PinnedHostKey, unpinned } from './host-key.js';
import { checkMarker, type RemotePlace } from './remote-place.js';
import { fromSftp } from './sftp-errors.js';
import { SessionLost, SftpSession } from './sftp-session.js';
import type { SshLogin, SshSettings } from './ssh.settings.js';

const TRIES = 3;
const FIRST_WAIT_MS = 250;

export class SshLink {
  #current: Promise<SftpSession> | undefined;
  /** Aborted by `close`: ends an attempt to connect. */
  #closing = new AbortController();

  constructor(
    private readonly settings: SshSettings,
    private readonly login: SshLogin,
    private readonly place: RemotePlace,
  ) {}

  /** An open session whose base is the right one. `what` starts the sentence of an abort. */
  async session(signal: AbortSignal | undefined, what: string): Promise<SftpSession> {
    if (this.settings.hostKey === undefined) throw unpinned(this.settings);
    const opening = (this.#current ??= this.#keep(this.#open(this.#closing.signal)));
    return abortable(opening, signal, what);
  }

  /** Ends the connection; what is under way fails. A later call opens another one. */
  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    this.#closing.abort();
    this.#closing = new AbortController();
    const session = await current?.catch(() => undefined);
    session?.end(new SessionLost('the destination was closed meanwhile', undefined, true));
  }

  #keep(opening: Promise<SftpSession>): Promise<SftpSession> {
    const forget = (): void => {
      if (this.#current === opening) this.#current = undefined;
    };
    opening.then((session) => session.ended.then(forget), forget);
    return opening;
  }

  async #open(signal: AbortSignal): Promise<SftpSession> {
    const deadlineMs = performance.now() + timeoutMsOf(this.settings);
    for (let tries = 1; ; tries++) {
      try {
        return await this.#openOnce(deadlineMs - performance.now(), signal);
      } catch (error) {
        if (signal.aborted) throw closed(this.place);
        const waitMs = FIRST_WAIT_MS * 2 ** tries;
        const isWorthIt = error instanceof AppError && error.isRetryable && tries < TRIES;
        if (!isWorthIt || performance.now() + waitMs > deadlineMs) throw error;
        await realSleep(waitMs, signal).catch(() => {
          throw closed(this.place);
        });
      }
    }
  }

  async #openOnce(timeoutMs: number, signal: AbortSignal): Promise<SftpSession> {
    const connection = await this.#connect(timeoutMs, signal);
    const what = `Opening ${this.place.name}`;
    let session: SftpSession | undefined;
    try {
      const start = (sftp: SFTPWrapper): SftpSession =>
        new SftpSession(connection, sftp, { timeoutMs: timeoutMsOf(this.settings) });
      const starting = startSftp(connection, timeoutMs, this.place, start);
      session = await abortable(starting, signal, what);
      await abortable(checkMarker(session, this.place), signal, what);
      return session;
    } catch (error) {
      session?.end(new SessionLost('it could not be opened'));
      connection.destroy();
      throw fromSftp(error, what);
    }
  }

  /** A server has host keys of several kinds and shows the one we like best, which need not be the
   * one that was pinned: then the others are asked for. */
  async #connect(timeoutMs: number, signal: AbortSignal): Promise<SshConnection> {
    const pin = new PinnedHostKey(this.settings.hostKey);
    for (const family of [undefined, ...HOST_KEY_FAMILIES]) {
      try {
        return await connect({
          settings: this.settings,
          login: this.login,
          timeoutMs,
          signal,
          family,
          isTrusted: (key) => pin.isTrusted(key),
        });
      } catch (error) {
        // In a later round the server may not have a key of the family: no reason to stop.
        if (signal.aborted || pin.isSeen || pin.others.length === 0) throw error;
      }
    }
    throw changedHostKey(this.settings, pin.others);
  }
}

/** Within the timeout, or never: then the connection is destroyed by the caller. */
async function startSftp(
  { client }: SshConnection,
  timeoutMs: number,
  place: RemotePlace,
  start: (sftp: SFTPWrapper) => SftpSession,
): Promise<SftpSession> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<SftpSession>((resolve, reject) => {
      timer = setTimeout(() => {
        reject(new SessionLost('the server did not start SFTP in time; check its load'));
      }, timeoutMs);
      client.once('close', () => {
        reject(new SessionLost('the connection was lost; try again'));
      });
      client.sftp((error, sftp) => {
        if (error === undefined) resolve(start(sftp));
        else reject(withoutSftp(place, error));
      });
    });
  } finally {
    clearTimeout(timer);
  }
}

function withoutSftp({ name }: RemotePlace, cause: Error): Error {
  return destinationError(
    'destination.misconfigured',
    `${name} lets the account in, but offers it no SFTP; switch SFTP on for it on the server.`,
    { cause },
  );
}

function closed({ name }: RemotePlace): Error {
  return destinationError('destination.unreachable', `${name} was closed while it was opened.`);
}
