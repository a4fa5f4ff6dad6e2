/**
 * One SSH connection: TCP, host key, signing in. Says why in one sentence when that fails, within
 * the timeout. What travels over it is the session's affair (sftp-session.ts).
 */
import { Socket } from 'node:net';
import ssh2, { type AnyAuthMethod, type AuthHandlerMiddleware, type CipherAlgorithm } from 'ssh2';
import { AppError, cancelled, errnoOf } from '../../daemon/platform/errors.js';
import type { DestinationErrorCode } from '../destination.js';
import { destinationError, throwIfAborted } from '../destination-error.js';
import { readPrivateKey } from './key-pair.js';
import {
  DEFAULT_SSH_PORT,
  DEFAULT_TIMEOUT_SECONDS,
  describeSsh,
  type SshLogin,
  type SshSettings,
} from './ssh.settings.js';

/** AES-GCM is the fastest on every processor of a server; the rest is for what does not offer it. */
const CIPHERS: CipherAlgorithm[] = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'chacha20-poly1305@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
];
/** Never reached: whether the server is alive is judged by the session. */
const KEEP_ALIVES_UNANSWERED = 1_000_000;

/** Kinds of host keys a server may show when asked for them; it has one of each at most. */
export const HOST_KEY_FAMILIES = [
  ['ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
] as const;
type HostKeyFamily = (typeof HOST_KEY_FAMILIES)[number];

export interface ConnectRequest {
  settings: SshSettings;
  /** Undefined when nobody is to sign in. */
  login: SshLogin | undefined;
  timeoutMs: number;
  /** Asked for the key in SSH wire format; false refuses the server. */
  isTrusted: (hostKey: Buffer) => boolean;
  /** Only host keys of this kind; any when undefined. */
  family?: HostKeyFamily | undefined;
  signal?: AbortSignal | undefined;
}

export interface SshConnection {
  readonly client: ssh2.Client;
  /** For counting bytes: whether anything moves. */
  readonly socket: Socket;
  destroy(): void;
}

export function timeoutMsOf(settings: SshSettings): number {
  return (settings.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000;
}

export async function connect(request: ConnectRequest): Promise<SshConnection> {
  const { settings, login, signal, timeoutMs } = request;
  const what = `Connecting to ${describeSsh(settings)}`;
  throwIfAborted(signal, what);
  const methods = login === undefined ? [] : authMethods(login, settings);
  const client = new ssh2.Client();
  const socket = new Socket();
  // A broken connection may report itself more than once; each must be heard by someone.
  client.on('error', () => undefined);
  socket.on('error', () => undefined);
  const destroy = (): void => {
    client.destroy();
    socket.destroy();
  };
  let onAbort = (): void => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      onAbort = () => {
        reject(cancelled(what));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      client.once('ready', resolve);
      client.once('error', reject);
      client.once('close', () => {
        reject(new Error('Connection lost'));
      });
      client.connect({
        sock: socket,
        username: settings.user,
        authHandler: nextMethod(methods),
        hostVerifier: request.isTrusted,
        readyTimeout: timeoutMs,
        keepaliveInterval: Math.max(100, timeoutMs / 3),
        keepaliveCountMax: KEEP_ALIVES_UNANSWERED,
        algorithms: {
          cipher: CIPHERS,
          ...(request.family === undefined ? {} : { serverHostKey: [...request.family] }),
        },
      });
      socket.setNoDelay(true);
      socket.connect({ host: settings.host, port: settings.port ?? DEFAULT_SSH_PORT });
    });
    return { client, socket, destroy };
  } catch (error) {
    destroy();
    throw explain(error, settings);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Every method once, in order. */
function nextMethod(methods: AnyAuthMethod[]): AuthHandlerMiddleware {
  const left = [...methods];
  return (_methodsLeft, _isPartial, next) => {
    // False, "no more methods", is missing in the type.
    next((left.shift() ?? false) as AnyAuthMethod);
  };
}

function authMethods(login: SshLogin, settings: SshSettings): AnyAuthMethod[] {
  const username = settings.user;
  if (login.kind === 'key') {
    const key = readPrivateKey(login.privateKey, login.passphrase, describeSsh(settings));
    return [{ type: 'publickey', username, key }];
  }
  const { password } = login;
  return [
    { type: 'password', username, password },
    {
      // How servers ask for a password that leave it to PAM.
      type: 'keyboard-interactive',
      username,
      prompt: (...[, , , prompts, finish]) => {
        finish(prompts.map(() => password));
      },
    },
  ];
}

interface Meaning {
  code: DestinationErrorCode;
  /** Behind "Connecting to … failed: ". */
  text: string;
  isRetryable?: boolean;
}

const UNREACHABLE = 'destination.unreachable';
const MISCONFIGURED = 'destination.misconfigured';

const ERRNO_MEANINGS: Record<string, Meaning> = {
  ECONNREFUSED: {
    code: UNREACHABLE,
    text: 'nothing listens on that port; check the port and that the SSH server runs',
    isRetryable: true,
  },
  ENOTFOUND: {
    code: UNREACHABLE,
    text: 'there is no server of that name; check the name of the host',
  },
  EAI_AGAIN: {
    code: UNREACHABLE,
    text: 'the name of the host could not be looked up; check the name servers of this machine',
    isRetryable: true,
  },
};
const NO_ROUTE: Meaning = {
  code: UNREACHABLE,
  text: 'the server cannot be reached; check its address, the network and the firewalls',
  isRetryable: true,
};
const LOST: Meaning = {
  code: UNREACHABLE,
  text: 'the server closed the connection; check its log and its limits on connections',
  isRetryable: true,
};
const SLOW: Meaning = {
  code: UNREACHABLE,
  text: 'no answer in time; check the address, the firewalls and the load of the server',
  isRetryable: true,
};
const REFUSED: Meaning = {
  code: 'destination.denied',
  text: 'the server lets nobody in with these; check the name of the account and its key or password',
};
const NO_SSH: Meaning = {
  code: MISCONFIGURED,
  text: 'what answers there is no SSH server; check the port',
};
const NO_COMMON: Meaning = {
  code: MISCONFIGURED,
  text: 'the server offers only outdated encryption; upgrade it',
};

function explain(error: unknown, settings: SshSettings): unknown {
  if (error instanceof AppError) return error;
  const { code, text, isRetryable = false } = meaningOf(error);
  return destinationError(code, `Connecting to ${describeSsh(settings)} failed: ${text}.`, {
    cause: error,
    isRetryable,
  });
}

/** ssh2 tells its errors apart by `level`, and within one only by the text. */
function meaningOf(error: unknown): Meaning {
  const { message, level } = error as { message: string; level?: string };
  if (level === 'client-authentication') return REFUSED;
  if (level === 'client-timeout') return SLOW;
  const errno = errnoOf(error);
  if (errno === 'ECONNRESET' || errno === 'EPIPE') return LOST;
  if (errno !== undefined) return ERRNO_MEANINGS[errno] ?? NO_ROUTE;
  if (message.includes('no matching')) return NO_COMMON;
  if (/identification|header|greeting/i.test(message)) return NO_SSH;
  return LOST;
}
