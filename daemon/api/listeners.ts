/**
 * The two doors of one Express application: a Unix socket, whose callers the kernel names, and the
 * panel's TCP port. Only opens, marks and closes; who may do what is decided behind it.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { chmod, readFile, rm } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import type { Config } from '../platform/config-schema.js';
import { AppError, errnoOf } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';
import { peerCredentials } from '../platform/process-calls.js';
import type { Peer } from './request.js';

const peers = new WeakMap<Socket, Peer>();
const HEADERS_TIMEOUT_MS = 20_000;
const DRAIN_MS = 3000;
/** Connections at a time of one user over the socket: its door stands open to every account. */
const MOST_OF_ONE_USER = 64;

/** Who is at the other end; undefined for TCP. */
export function peerOf(socket: Socket): Peer | undefined {
  return peers.get(socket);
}

export interface Listener {
  close(): Promise<void>;
}

/**
 * Listens on the Unix socket. Cuts connections whose caller the kernel does not name, and those of a
 * user who holds too many; root and the daemon's own user may hold any number.
 */
export async function listenOnSocket(
  path: string,
  handler: RequestListener,
  logger: Logger,
): Promise<Listener> {
  const server = createServer(handler);
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  const held = new Map<number, number>();
  server.prependListener('connection', (socket) => {
    try {
      const peer = peerCredentials(descriptorOf(socket));
      peers.set(socket, peer);
      if (peer.uid !== 0 && peer.uid !== process.getuid?.()) countHeld(held, peer.uid, socket);
    } catch (error) {
      logger.error({ err: error }, 'A caller on the socket could not be identified');
      socket.destroy();
    }
  });
  // Whoever holds the instance's lock is the only daemon; what lies here is a dead one's.
  await rm(path, { force: true });
  await listen(server, { path }, logger);
  await chmod(path, 0o666);
  return {
    close: async () => {
      await stop(server);
      await rm(path, { force: true });
    },
  };
}

/** Listens for browsers; answers where. */
export async function listenOnPort(
  panel: Config['panel'],
  handler: RequestListener,
  logger: Logger,
): Promise<Listener & { url: string }> {
  const server =
    panel.tls === undefined
      ? createServer(handler)
      : createTlsServer(await readTls(panel.tls), handler);
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  await listen(server, { host: panel.host, port: panel.port }, logger);
  const { port } = server.address() as AddressInfo;
  const scheme = panel.tls === undefined ? 'http' : 'https';
  return { url: `${scheme}://${urlHost(panel.host)}:${port}`, close: () => stop(server) };
}

/** Counts the connection as its user's until it is closed; one too many is cut at once. */
function countHeld(held: Map<number, number>, uid: number, socket: Socket): void {
  const count = held.get(uid) ?? 0;
  if (count >= MOST_OF_ONE_USER) {
    socket.destroy();
    return;
  }
  held.set(uid, count + 1);
  socket.once('close', () => {
    const left = (held.get(uid) ?? 1) - 1;
    if (left === 0) held.delete(uid);
    else held.set(uid, left);
  });
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

async function readTls(tls: { certFile: string; keyFile: string }) {
  const read = async (file: string): Promise<Buffer> => {
    try {
      return await readFile(file);
    } catch (error) {
      throw new AppError(
        'input',
        'panel.tls-unreadable',
        `The file ${file} named by panel.tls cannot be read (${errnoOf(error) ?? 'unknown error'}).`,
        { cause: error },
      );
    }
  };
  return {
    cert: await read(tls.certFile),
    key: await read(tls.keyFile),
    minVersion: 'TLSv1.2' as const,
  };
}

/** The descriptor under a socket; Node keeps it, but has no public name for it. */
function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { _handle?: { fd?: number } };
  const fd = handle?.fd;
  if (fd === undefined || fd < 0) throw new Error('The socket has no descriptor.');
  return fd;
}

type Place = { path: string } | { host: string; port: number };

function listen(server: Server, where: Place, logger: Logger): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', (error) => {
      // Later ones are connections that could not be taken (no descriptor left): no reason to die.
      if (server.listening) logger.error({ err: error }, 'A connection could not be accepted');
      else reject(listenError(where, error));
    });
    server.listen(where, resolve);
  });
}

function listenError(where: Place, error: Error): AppError {
  const place = 'path' in where ? where.path : `${where.host}:${where.port}`;
  const errno = errnoOf(error) ?? error.message;
  const mend =
    errno === 'EADDRINUSE'
      ? 'another program listens there; set panel.port in config.yaml to a free one'
      : 'check panel.host and panel.port, and who may use them';
  return new AppError(
    'conflict',
    'daemon.cannot-listen',
    `The daemon cannot listen on ${place} (${errno}): ${mend}.`,
    { cause: error },
  );
}

/** Lets answers under way finish for a moment, then cuts what is left (live events never end). */
function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
    }, DRAIN_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
