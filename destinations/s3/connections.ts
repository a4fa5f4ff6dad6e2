/**
 * The connections to a store, kept for the next request. What they read goes to the parser of HTTP, but
 * for the body of a large answer (large-body.ts).
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { OnReadOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { LargeBody } from './large-body.js';

/**
 * With Node's 16 KiB a read stops and starts again at every chunk, with 256 KiB the store waits for the
 * reader's disk; 4 MiB took twice the memory and no less time.
 */
const READ_AHEAD_BYTES = 1024 * 1024;
/** From here on a body is worth a new connection for the next one. */
const LARGE_BYTES = 64 * 1024 * 1024;
/** All connections share it: the parser copies what it passes on at once. */
const SCRATCH = Buffer.allocUnsafeSlow(64 * 1024);
/** Requests at once are limited elsewhere; a slow reader must not block them. */
const KEPT = {
  keepAlive: true,
  maxSockets: Infinity,
  maxFreeSockets: 64,
  highWaterMark: READ_AHEAD_BYTES,
};

interface Connection {
  /** What is taken from its parser. */
  body: LargeBody | undefined;
}

type Opened = Duplex | null | undefined;

const connections = new WeakMap<Duplex, Connection>();
const taken = new WeakMap<object, LargeBody>();

/** By the protocol of a URL. */
export type Agents = Record<'http:' | 'https:', http.Agent>;

export function openAgents(caPem: string | undefined): Agents {
  return {
    'http:': new HttpAgent(KEPT),
    'https:': new HttpsAgent(caPem === undefined ? KEPT : { ...KEPT, ca: caPem }),
  };
}

/**
 * Takes the body of an answer from the parser, when it is large and its length known; the connection
 * ends with it. To be called when the head has just come, before any of the body is read.
 */
export function takeLargeBody(response: http.IncomingMessage): void {
  const { statusCode, headers, socket } = response;
  const length = Number(headers['content-length']);
  if ((statusCode !== 200 && statusCode !== 206) || !(length >= LARGE_BYTES)) return;
  const connection = connections.get(socket);
  if (connection === undefined || headers['transfer-encoding'] !== undefined) return;
  connection.body = new LargeBody(response, length, () => socket.resume());
  taken.set(response, connection.body);
}

/** Undefined when the body comes by the answer itself, as ever. */
export function takenBodyOf(response: object): LargeBody | undefined {
  return taken.get(response);
}

class HttpAgent extends http.Agent {
  override createConnection(
    ...[options, callback]: Parameters<http.Agent['createConnection']>
  ): Opened {
    return connect((onread) => super.createConnection({ ...options, ...onread }, callback));
  }
}

class HttpsAgent extends https.Agent {
  override createConnection(
    ...[options, callback]: Parameters<https.Agent['createConnection']>
  ): Opened {
    return connect((onread) => super.createConnection({ ...options, ...onread }, callback));
  }
}

/** `onread` takes what is read from the listeners to `data`, of whom the parser is one. */
function connect(open: (options: { onread: OnReadOpts }) => Opened): Opened {
  const connection: Connection = { body: undefined };
  const parse = (bytes: Uint8Array): boolean => {
    socket?.emit('data', bytes);
    connection.body?.begin();
    return true;
  };
  const socket = open({
    onread: {
      buffer: () => connection.body?.room() ?? SCRATCH,
      callback: (length, buffer) =>
        connection.body?.filled(length) ?? parse(buffer.subarray(0, length)),
    },
  });
  if (socket) connections.set(socket, connection);
  return socket;
}
