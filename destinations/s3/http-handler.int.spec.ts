import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { S3HttpHandler } from './http-handler.js';

const BODY = Buffer.alloc(3 * 1024 * 1024, 7);

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function put(port: number, body: Uint8Array, abortSignal?: AbortSignal): Promise<number> {
  const handler = new S3HttpHandler({ timeoutMs: 5000, caPem: undefined });
  onTestFinished(() => {
    handler.destroy();
  });
  const request = {
    ...{ method: 'PUT', protocol: 'http:', hostname: '127.0.0.1', port, path: '/a' },
    headers: { 'content-length': String(body.length) },
    body,
  };
  const { response } = await handler.handle(request, { abortSignal });
  response.body.resume();
  return response.statusCode;
}

/** What arrived of a body. */
async function countBytes(request: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of request) bytes += (chunk as Buffer).length;
  return bytes;
}

describe('carrying requests', () => {
  it('sends nothing of a large body that the store refuses', async () => {
    let received = 0;
    const server = createServer();
    const refuse: Listener = (request, response) => {
      request.on('data', (chunk: Buffer) => (received += chunk.length));
      response.writeHead(403).end('<Error><Code>QuotaExceeded</Code></Error>');
    };
    server.on('checkContinue', refuse).on('request', refuse);
    expect(await put(await listen(server), BODY)).toBe(403);
    expect(received).toBe(0);
  });

  it('sends it all the same to a store that never says "continue"', async () => {
    const server = createServer();
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      void countBytes(request).then((bytes) => response.end(`${bytes}`));
    });
    expect(await put(await listen(server), BODY)).toBe(200);
  });

  it('ends the connection of an aborted request', async () => {
    const server = createServer();
    const closed = new Promise((resolve) => {
      server.on('request', (request) => request.socket.on('close', resolve));
    });
    const putting = put(await listen(server), BODY.subarray(0, 10), AbortSignal.timeout(100));
    await expect(putting).rejects.toMatchObject({ name: 'AbortError' });
    await closed;
  });

  it('sends again what went to a kept connection that was dead already', async () => {
    let requests = 0;
    const server = createServer((request, response) => {
      requests++;
      // The first is answered; the next on the same connection finds it closed.
      if (request.socket.bytesWritten > 0) request.socket.destroy();
      else void countBytes(request).then((bytes) => response.end(`${bytes}`));
    });
    const port = await listen(server);
    const handler = new S3HttpHandler({ timeoutMs: 5000, caPem: undefined });
    onTestFinished(() => {
      handler.destroy();
    });
    const send = async (method: string, headers = {}): Promise<number> => {
      const common = { protocol: 'http:', hostname: '127.0.0.1', port, path: '/', headers };
      const { response } = await handler.handle({ ...common, method, body: undefined });
      await countBytes(response.body);
      await new Promise((resolve) => setImmediate(resolve));
      return response.statusCode;
    };
    expect(await send('PUT')).toBe(200);
    expect(await send('PUT')).toBe(200);
    expect(requests).toBe(3);
    // What might count twice is left to the caller.
    await expect(send('POST')).rejects.toThrow(/ECONNRESET|socket hang up/);
    expect(requests).toBe(4);
    expect(await send('PUT')).toBe(200);
    const conditional = send('PUT', { 'If-None-Match': '*' });
    await expect(conditional).rejects.toThrow(/ECONNRESET|socket hang up/);
    expect(requests).toBe(6);
  });
});
