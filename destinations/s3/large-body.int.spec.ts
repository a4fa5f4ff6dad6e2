import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { localServer } from '../../daemon/testing/s3-stage.js';
import { patternBytes } from '../conformance/check-tools.js';
import { takenBodyOf } from './connections.js';
import { S3HttpHandler } from './http-handler.js';

const MIB = 1024 * 1024;
const SIZE = 80 * MIB + 7;

type Chunks = AsyncIterable<Uint8Array>;

function openHandler(): S3HttpHandler {
  const handler = new S3HttpHandler({ timeoutMs: 500, caPem: undefined });
  onTestFinished(() => {
    handler.destroy();
  });
  return handler;
}

/** What an object holds, and whether it was taken from the parser. */
async function get(
  handler: S3HttpHandler,
  url: string,
  { id = 'GetObject', abortSignal }: { id?: string; abortSignal?: AbortSignal } = {},
): Promise<{ chunks: Chunks; isTaken: boolean }> {
  const { hostname, port } = new URL(url);
  const place = { protocol: 'http:', hostname, port: Number(port), path: '/a', headers: {} };
  const request = { ...place, method: 'GET', query: { 'x-id': id } };
  const { body } = (await handler.handle(request, { abortSignal })).response;
  const taken = takenBodyOf(body);
  return { chunks: taken ?? body, isTaken: taken !== undefined };
}

async function readAll(chunks: Chunks): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const chunk of chunks) copies.push(Buffer.from(chunk));
  return Buffer.concat(copies);
}

describe('the body of a large answer', () => {
  let bytes: Buffer;

  beforeAll(() => {
    bytes = Buffer.from(patternBytes(SIZE, 1));
  });

  function whole(response: ServerResponse): void {
    response.setHeader('content-length', SIZE);
    response.end(bytes);
  }

  /** Tells with every MiB that it left, and stops after `upTo` bytes. */
  async function send(response: ServerResponse, upTo = SIZE, onSent?: (sent: number) => void) {
    response.setHeader('content-length', SIZE);
    for (let at = 0; at < upTo && !response.destroyed; at += MIB) {
      const piece = bytes.subarray(at, Math.min(at + MIB, upTo));
      await new Promise<void>((resolve) => {
        response.once('close', resolve);
        response.write(piece, () => {
          response.off('close', resolve);
          resolve();
        });
      });
      onSent?.(at + piece.length);
    }
  }

  it('comes whole, in memory that is used again', async () => {
    const url = await localServer((_, response) => {
      whole(response);
    });
    const { chunks, isTaken } = await get(openHandler(), url);
    expect(isTaken).toBe(true);
    const memory = new Set<ArrayBufferLike>();
    let at = 0;
    for await (const chunk of chunks) {
      memory.add(chunk.buffer);
      expect(bytes.compare(chunk, 0, chunk.length, at, at + chunk.length)).toBe(0);
      at += chunk.length;
    }
    expect(at).toBe(SIZE);
    expect(memory.size).toBeLessThan(10);
  });

  it('waits at the store for a reader that is slow, for longer than a store may be silent', async () => {
    let sent = 0;
    const url = await localServer((_, response) => {
      void send(response, SIZE, (now) => (sent = now));
    });
    const { chunks } = await get(openHandler(), url);
    let received = 0;
    for await (const chunk of chunks) {
      if (received === 0) {
        await wait(1500);
        expect(sent).toBeLessThan(SIZE / 2);
      }
      received += chunk.length;
    }
    expect(received).toBe(SIZE);
  });

  it('fails when the store falls silent', async () => {
    const url = await localServer((_, response) => void send(response, 70 * MIB));
    const { chunks } = await get(openHandler(), url);
    await expect(readAll(chunks)).rejects.toThrow('the store is silent');
  });

  it.each(['destroy', 'end'] as const)('fails when the line is cut (%s)', async (how) => {
    const url = await localServer((_, response) => {
      void send(response, 70 * MIB).then(() => response.socket?.[how]());
    });
    const { chunks } = await get(openHandler(), url);
    await expect(readAll(chunks)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('fails when it is aborted, which ends the connection', async () => {
    let isClosed = false;
    const url = await localServer((_, response) => {
      response.on('close', () => (isClosed = true));
      void send(response, 70 * MIB);
    });
    const controller = new AbortController();
    const { chunks } = await get(openHandler(), url, { abortSignal: controller.signal });
    const reading = readAll(chunks);
    setTimeout(() => {
      controller.abort();
    }, 100);
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => isClosed).toBe(true);
  });

  it('ends its connection, read or given up, and the next request opens another', async () => {
    let closed = 0;
    const url = await localServer((request, response) => {
      request.socket.on('close', () => closed++);
      whole(response);
    });
    const handler = openHandler();
    expect((await readAll((await get(handler, url)).chunks)).equals(bytes)).toBe(true);
    await expect.poll(() => closed).toBe(1);
    for await (const chunk of (await get(handler, url)).chunks) {
      expect(chunk.length).toBe(MIB);
      break;
    }
    await expect.poll(() => closed).toBe(2);
    expect((await readAll((await get(handler, url)).chunks)).equals(bytes)).toBe(true);
  });

  it('is no longer than was told', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
      socket.write(bytes);
      socket.write(Buffer.alloc(3 * MIB));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { chunks, isTaken } = await get(openHandler(), url);
    expect(isTaken).toBe(true);
    expect((await readAll(chunks)).equals(bytes)).toBe(true);
  });

  it.each([
    ['of unknown length', 200, { 'transfer-encoding': 'chunked' }, 'GetObject'],
    ['of a list', 200, { 'content-length': SIZE }, 'ListObjectsV2'],
    ['of a refusal', 403, { 'content-length': SIZE }, 'GetObject'],
  ])('comes by the parser when it is one %s', async (_, status, headers, id) => {
    const url = await localServer((_request, response) => {
      response.writeHead(status, headers);
      response.end(bytes);
    });
    const { chunks, isTaken } = await get(openHandler(), url, { id });
    expect(isTaken).toBe(false);
    expect((await readAll(chunks)).equals(bytes)).toBe(true);
  });
});
