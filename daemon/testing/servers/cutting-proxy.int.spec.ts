import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startCuttingProxy, type CuttingProxy } from './cutting-proxy.js';

/** A server that sends back what it gets, behind a proxy. */
async function echoThrough(seed: number): Promise<CuttingProxy> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const proxy = await startCuttingProxy({ target: { host: '127.0.0.1', port }, seed });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** Sends `bytes` and returns what came back, and the error code when it was reset. */
async function echo(proxy: CuttingProxy, bytes: Uint8Array): Promise<[number, string]> {
  const socket = connect({ port: proxy.port, host: '127.0.0.1' });
  return new Promise((resolve) => {
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
      if (received === bytes.length) socket.end();
    });
    socket.on('error', (error) => {
      resolve([received, 'code' in error ? String(error.code) : error.message]);
    });
    socket.on('close', () => {
      resolve([received, '']);
    });
    socket.write(bytes);
  });
}

describe('the cutting proxy', () => {
  it('passes everything on as long as it is not told to cut', async () => {
    const proxy = await echoThrough(1);
    expect(await echo(proxy, new Uint8Array(3_000_000))).toEqual([3_000_000, '']);
    expect(proxy.cuts).toBe(0);
  });

  it('resets new connections after so many bytes', async () => {
    const proxy = await echoThrough(1);
    proxy.cutAfter(100_000);
    const [received, code] = await echo(proxy, new Uint8Array(3_000_000));
    expect(received).toBeLessThan(100_000);
    expect(code).toMatch(/ECONNRESET|EPIPE/);
    expect(proxy.cuts).toBe(1);
    proxy.cutAfter(undefined);
    expect(await echo(proxy, new Uint8Array(10))).toEqual([10, '']);
  });

  it('cuts the next connections at places of their own, and no more', async () => {
    const proxy = await echoThrough(1);
    proxy.cutNext([10, 30, 5000]);
    const counts: number[] = [];
    for (let at = 0; at < 2; at++) counts.push(await countUntilCut(proxy));
    expect(farthest(counts, [5, 15])).toBeLessThanOrEqual(1); // The last byte may go with the reset.
    for (let at = 0; at < 2; at++) {
      expect(await echo(proxy, new Uint8Array(1000))).toEqual([1000, '']);
    }
    expect(await echo(proxy, new Uint8Array(9000))).toEqual([9000, '']);
    expect(proxy.cuts).toBe(2);
  });

  it('draws the same places for the same seed', async () => {
    const placesOf = async (seed: number): Promise<number[]> => {
      const proxy = await echoThrough(seed);
      proxy.cutWithin(50);
      const places: number[] = [];
      for (let at = 0; at < 6; at++) places.push(await countUntilCut(proxy));
      return places;
    };
    const [first, again, other] = [await placesOf(7), await placesOf(7), await placesOf(8)];
    expect(farthest(first, again)).toBeLessThanOrEqual(1); // The last byte may go with the reset.
    expect(farthest(first, other)).toBeGreaterThan(1);
  });

  it('holds everything back while it stalls, then goes on', async () => {
    const proxy = await echoThrough(1);
    proxy.stall(true);
    let isDone = false;
    const echoing = echo(proxy, new Uint8Array(100)).finally(() => (isDone = true));
    await wait(200);
    expect(isDone).toBe(false);
    proxy.stall(false);
    expect(await echoing).toEqual([100, '']);
  });
});

/** Sends one byte at a time and counts how many came back before the cut. */
async function countUntilCut(proxy: CuttingProxy): Promise<number> {
  const socket = connect({ port: proxy.port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  let received = 0;
  socket.on('data', () => {
    received++;
    socket.write('x');
  });
  socket.write('x');
  await new Promise((resolve) => socket.on('close', resolve));
  return received;
}

function farthest(some: number[], others: number[]): number {
  return Math.max(...some.map((place, at) => Math.abs(place - (others[at] ?? Infinity))));
}
