import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { failing, localServer, stageOn } from '../../daemon/testing/s3-stage.js';
import {
  CEPH_TOOLS,
  startCeph,
  type CephServer,
} from '../../daemon/testing/servers/ceph-server.js';
import { startCuttingProxy } from '../../daemon/testing/servers/cutting-proxy.js';
import { createBucket } from '../../daemon/testing/servers/server-script.js';
import { needsTool } from '../../daemon/testing/tools.js';
import {
  ensureHolds,
  inChunks,
  listAll,
  patternBytes,
  readAll,
} from '../conformance/check-tools.js';
import { initialise } from '../marker.js';
import type { S3Destination } from './s3.destination.js';

const MIB = 1024 * 1024;
const SMALL = patternBytes(1000, 1);

describe.skipIf(!needsTool(...CEPH_TOOLS))('an S3 destination on Ceph', () => {
  let ceph: CephServer;

  beforeAll(async () => {
    ceph = await startCeph();
  });

  afterAll(() => ceph.close());

  describe('that is not set up right', () => {
    it('tells a port where nobody listens', async () => {
      const { open, bucket } = await stageOn(ceph);
      const endpoint = 'http://127.0.0.1:9';
      const error = await failing(open({ settings: { endpoint } }).probe());
      expect(error).toMatchObject({ code: 'destination.unreachable', isRetryable: true });
      expect(error.message).toBe(
        `Checking ${bucket} at ${endpoint} failed (ECONNREFUSED): nothing listens there; ` +
          'check the endpoint and its port.',
      );
    });

    it('tells a web server that is no store', async () => {
      const { open } = await stageOn(ceph);
      for (const status of [200, 404]) {
        const endpoint = await localServer((_request, response) => {
          response.writeHead(status, { 'content-type': 'text/html' });
          response.end('<html><body>Welcome!</body></html>');
        });
        const error = await failing(open({ settings: { endpoint } }).probe());
        expect(error).toMatchObject({ code: 'destination.misconfigured', isRetryable: false });
        expect(error.message).toMatch(/not an S3 store; check the endpoint and its port\.$/);
      }
    });

    it('tells a server that speaks something else', async () => {
      const { open } = await stageOn(ceph);
      const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      onTestFinished(() => void server.close());
      const { port } = server.address() as AddressInfo;
      const plain = open({ settings: { endpoint: `http://127.0.0.1:${port}` } });
      expect((await failing(plain.probe())).message).toMatch(/not an S3 store/);
      const tls = open({ settings: { endpoint: `https://127.0.0.1:${port}`, pathStyle: true } });
      expect((await failing(tls.probe())).message).toMatch(/does not speak TLS/);
    });

    it('tells a wrong secret, an unknown key and a bucket of somebody else', async () => {
      const { open, described } = await stageOn(ceph);
      const secret = await failing(open({ secretAccessKey: 'wrong-secret' }).probe());
      expect(secret).toMatchObject({ code: 'destination.denied', isRetryable: false });
      expect(secret.message).toBe(
        `Checking ${described} failed (SignatureDoesNotMatch): the secret access key does not ` +
          'belong to this access key; enter it again.',
      );
      const key = await failing(open({ settings: { accessKeyId: 'NOBODY' } }).probe());
      expect(key).toMatchObject({ code: 'destination.denied', isRetryable: false });
      expect(key.message).toMatch(/does not know this access key/);
      const keys = ['--access-key=OTHERKEY', '--secret-key=othersecret'];
      await ceph.admin('user', 'create', '--uid=other', '--display-name=other', ...keys);
      const other = { settings: { accessKeyId: 'OTHERKEY' }, secretAccessKey: 'othersecret' };
      const error = await failing(open(other).probe());
      expect(error).toMatchObject({ code: 'destination.denied' });
      expect(error.message).toMatch(/let it read, write, list and delete in this bucket/);
      expect(await failing(open(other).stat('a'))).toMatchObject({ code: 'destination.denied' });
    });

    it('tells a missing bucket by every call', async () => {
      const { open } = await stageOn(ceph);
      const openAway = (): S3Destination => open({ settings: { bucket: 'not-there' } });
      const calls: ((destination: S3Destination) => Promise<unknown>)[] = [
        (destination) => destination.probe(),
        (destination) => destination.put('a', SMALL),
        (destination) => destination.put('a', inChunks(patternBytes(9 * MIB, 1), MIB)),
        (destination) => readAll(destination, 'a'),
        (destination) => readAll(destination, 'a', { range: { offset: 1, length: 1 } }),
        (destination) => destination.stat('a'),
        (destination) => listAll(destination, ''),
        (destination) => destination.remove('a'),
        (destination) => destination.sweep(''),
      ];
      for (const call of calls) {
        const error = await failing(call(openAway()));
        expect(error).toMatchObject({ code: 'destination.misconfigured', isRetryable: false });
        expect(error.message).toMatch(
          /not-there at http:.*no such bucket at this endpoint; create/,
        );
      }
    });

    it.each([
      [30, /is 1(799|800|801) seconds ahead of the store's; set it by NTP/],
      [-30, /is 1(799|800|801) seconds behind the store's; set it by NTP/],
    ])('tells a clock that is %i minutes wrong, every time', async (minutes, mend) => {
      const { open } = await stageOn(ceph);
      const destination = open({ tuning: { clockOffsetMs: minutes * 60_000 } });
      for (let nth = 1; nth <= 2; nth++) {
        const error = await failing(destination.probe());
        expect(error).toMatchObject({ code: 'destination.misconfigured', isRetryable: false });
        expect(error.message).toMatch(mend);
      }
    });

    it('trusts an own CA when it is given, and says so when it is not', async () => {
      const { open, bucket } = await stageOn(ceph);
      const settings = { endpoint: ceph.tlsEndpoint };
      const error = await failing(open({ settings }).probe());
      expect(error).toMatchObject({ code: 'destination.misconfigured', isRetryable: false });
      expect(error.message).toMatch(new RegExp(`${bucket} at ${ceph.tlsEndpoint}.*caPem`));
      const destination = open({ settings: { ...settings, caPem: ceph.caPem } });
      const bytes = patternBytes(20 * MIB, 3);
      await destination.put('small', SMALL);
      await destination.put('large', inChunks(bytes, MIB));
      await ensureHolds(destination, 'small', SMALL);
      await ensureHolds(destination, 'large', bytes);
      expect(destination.requests()).toMatchObject({ bytesSent: SMALL.length + bytes.length });
    });

    it('knows its own place by the marker', async () => {
      const { open, described } = await stageOn(ceph);
      const marked = open({ context: { expectedId: 'abcdefgh' } });
      const missing = await failing(marked.put('a', SMALL));
      expect(missing).toMatchObject({ code: 'destination.misconfigured' });
      expect(missing.message).toBe(
        `holdfast.json is missing in ${described}, so it is not the place it was; ` +
          'check bucket and prefix, or add it as a new destination.',
      );
      expect(await listAll(open(), '')).toEqual([]);
      await initialise(open(), 'abcdefgh');
      await marked.put('a', SMALL);
      const other = open({ context: { expectedId: 'ijklmnop' } });
      const calls = [() => other.probe(), () => other.stat('a'), () => readAll(other, 'b')];
      for (const call of calls) {
        expect((await failing(call())).message).toMatch(/holds another destination than expected/);
      }
      // What is there is believed for its hash, not for its place: one request less for each read.
      const reading = open({ context: { expectedId: 'abcdefgh' } });
      expect(Buffer.compare(await readAll(reading, 'a'), SMALL)).toBe(0);
      expect(reading.requests()).toMatchObject({ gets: 1 });
    });
  });

  describe('whose store has no room', () => {
    it('is full, for small, large and streamed objects', async () => {
      const keys = ['--access-key=QUOTAKEY', '--secret-key=quotasecret'];
      await ceph.admin('user', 'create', '--uid=quota', '--display-name=quota', ...keys);
      await ceph.admin('quota', 'set', '--quota-scope=user', '--uid=quota', '--max-size=2M');
      await ceph.admin('quota', 'enable', '--quota-scope=user', '--uid=quota');
      const account = { accessKeyId: 'QUOTAKEY', secretAccessKey: 'quotasecret' };
      const { open } = await stageOn({
        ...ceph,
        ...account,
        createBucket: (name) => createBucket({ ...account, endpoint: ceph.endpoint }, name),
      });
      const destination = open();
      const large = patternBytes(20 * MIB, 1);
      await destination.put('fits', SMALL);
      const calls = [
        () => destination.put('once', large, { ifAbsent: true }),
        () => destination.put('bytes', large),
        () => destination.put('stream', inChunks(large, MIB)),
        () => destination.put('small', inChunks(large.subarray(0, 3 * MIB), MIB)),
      ];
      for (const call of calls) {
        const error = await failing(call());
        expect(error).toMatchObject({ code: 'destination.full', isRetryable: false });
        expect(error.message).toMatch(/QuotaExceeded.*raise the quota/);
      }
      expect((await listAll(destination, '')).map(({ key }) => key)).toEqual(['fits']);
    });
  });

  describe('whose store falls silent', () => {
    it('gives up after the time-out, whatever it does', async () => {
      const { open, described } = await stageOn(ceph);
      const destination = open({
        settings: { timeoutSeconds: 1 },
        tuning: { retry: { deadlineMs: 0 } },
      });
      await destination.put('a', SMALL);
      const calls = [
        () => destination.stat('a'),
        () => destination.put('b', SMALL),
        () => destination.put('c', patternBytes(9 * MIB, 1)),
        () => destination.put('d', inChunks(patternBytes(9 * MIB, 1), MIB)),
        () => readAll(destination, 'a'),
        () => listAll(destination, ''),
        () => destination.probe(),
      ];
      await ceph.freeze(true);
      try {
        for (const call of calls) {
          const error = await failing(call());
          expect(error).toMatchObject({ code: 'destination.unreachable', isRetryable: true });
          expect(error.message).toContain(described);
          expect(error.message).toMatch(/silent for 1 s; check the network and the store\.$/);
        }
      } finally {
        await ceph.freeze(false);
      }
      await ensureHolds(destination, 'a', SMALL);
    });

    it('is cancelled at once all the same', async () => {
      const { open } = await stageOn(ceph);
      const destination = open({ settings: { timeoutSeconds: 600 } });
      await destination.put('a', SMALL);
      await ceph.freeze(true);
      try {
        const stream = inChunks(patternBytes(30 * MIB, 1), MIB);
        const calls: ((signal: AbortSignal) => Promise<unknown>)[] = [
          (signal) => destination.stat('a', { signal }),
          (signal) => destination.put('b', SMALL, { signal }),
          (signal) => destination.put('c', stream, { signal }),
          (signal) => readAll(destination, 'a', { signal }),
        ];
        for (const call of calls) {
          const error = await failing(call(AbortSignal.timeout(300)));
          expect(error).toMatchObject({ kind: 'cancelled' });
        }
      } finally {
        await ceph.freeze(false);
      }
    });

    // Large bodies come another way.
    it.each([24, 80])('notices amid %d MiB, but not when its reader is slow', async (size) => {
      const { open } = await stageOn(ceph);
      const bytes = patternBytes(size * MIB, 1);
      await open().put('a', bytes);
      const target = { host: ceph.host, port: ceph.port };
      const proxy = await startCuttingProxy({ target, seed: 1 });
      onTestFinished(() => proxy.close());
      const endpoint = `http://127.0.0.1:${proxy.port}`;
      const destination = open({ settings: { endpoint, timeoutSeconds: 1 } });
      let received = 0;
      for await (const chunk of destination.get('a')) {
        if (received === 0) await wait(2500);
        received += chunk.length;
      }
      expect(received).toBe(bytes.length);
      const stalling = async (): Promise<void> => {
        for await (const chunk of destination.get('a')) {
          if (chunk.length > 0) proxy.stall(true);
        }
      };
      const error = await failing(stalling());
      expect(error).toMatchObject({ code: 'destination.unreachable', isRetryable: true });
      expect(error.message).toMatch(/^Reading a in .* silent for 1 s/);
    });
  });
});
