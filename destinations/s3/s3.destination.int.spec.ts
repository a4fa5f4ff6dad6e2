import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { failing, stageOn } from '../../daemon/testing/s3-stage.js';
import {
  CEPH_TOOLS,
  startCeph,
  type CephServer,
} from '../../daemon/testing/servers/ceph-server.js';
import { needsTool } from '../../daemon/testing/tools.js';
import {
  ensureHolds,
  failureOf,
  inChunks,
  inParallel,
  listAll,
  patternBytes,
  PausedBody,
  readAll,
  thenThrow,
} from '../conformance/check-tools.js';
import { hasDestinationCode } from '../destination-error.js';

const MIB = 1024 * 1024;
const SMALL = patternBytes(1000, 1);

describe.skipIf(!needsTool(...CEPH_TOOLS))('an S3 destination on Ceph', () => {
  let ceph: CephServer;

  beforeAll(async () => {
    ceph = await startCeph();
  });

  afterAll(() => ceph.close());

  /** Straight to the store, past the destination. */
  function rawClient(): S3Client {
    const { endpoint, accessKeyId, secretAccessKey } = ceph;
    const credentials = { accessKeyId, secretAccessKey };
    const client = new S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials,
    });
    onTestFinished(() => {
      client.destroy();
    });
    return client;
  }

  async function uploadsIn(bucket: string): Promise<string[]> {
    const answer = await rawClient().send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    return (answer.Uploads ?? []).map(({ Key }) => Key ?? '').sort();
  }

  describe('that is interrupted', () => {
    it('leaves no upload behind when it is aborted', async () => {
      const { open, bucket } = await stageOn(ceph);
      const destination = open();
      const abort = new AbortController();
      const body = new PausedBody(patternBytes(20 * MIB, 1));
      const putting = destination.put('a', body.chunks(), { signal: abort.signal });
      putting.catch(() => undefined);
      await body.paused;
      expect(await uploadsIn(bucket)).toEqual(['a']);
      abort.abort();
      expect(await failing(putting)).toMatchObject({ kind: 'cancelled' });
      expect(await uploadsIn(bucket)).toEqual([]);
      expect(await listAll(destination, '')).toEqual([]);
    });

    it('leaves nothing of a source that breaks in the middle', async () => {
      const { open, bucket } = await stageOn(ceph);
      const destination = open();
      await destination.put('a', SMALL);
      const broken = new Error('the source broke');
      const putting = destination.put('a', thenThrow(patternBytes(20 * MIB, 1), broken));
      expect(await failureOf(putting, 'The put')).toBe(broken);
      expect(await uploadsIn(bucket)).toEqual([]);
      await ensureHolds(destination, 'a', SMALL);
    });

    it('sweeps what others left, below its prefix only', async () => {
      const { open, bucket } = await stageOn(ceph);
      const raw = rawClient();
      for (const Key of ['p/x/a', 'p/x/b/c', 'p/x', 'p/xy/d', 'q/e']) {
        const create = new CreateMultipartUploadCommand({ Bucket: bucket, Key });
        const { UploadId } = await raw.send(create);
        const part = { Bucket: bucket, Key, UploadId, PartNumber: 1, Body: 'x' };
        await raw.send(new UploadPartCommand(part));
      }
      const destination = open({ settings: { prefix: 'p' } });
      await destination.put('x/whole', SMALL);
      await destination.sweep('x/');
      expect(await uploadsIn(bucket)).toEqual(['p/x', 'p/xy/d', 'q/e']);
      await destination.sweep('');
      expect(await uploadsIn(bucket)).toEqual(['q/e']);
      await ensureHolds(destination, 'x/whole', SMALL);
    });
  });

  describe('that moves bytes', () => {
    it('stores 64 MiB in parts, byte for byte, and counts what it asked', async () => {
      const { open } = await stageOn(ceph);
      const bytes = patternBytes(64 * MIB + 1, 1);
      for (const body of [bytes, inChunks(bytes, 700_001)]) {
        const destination = open();
        await destination.put('a', body);
        expect(destination.requests()).toEqual({
          puts: 11,
          gets: 1, // Ceph does not tell what it made of the parts.
          lists: 0,
          deletes: 0,
          bytesSent: bytes.length,
          bytesReceived: 0,
        });
        await ensureHolds(destination, 'a', bytes);
      }
    });

    it.each([false, true])('reads at the pace of its reader (TLS: %s)', async (isTls) => {
      const { open } = await stageOn(ceph);
      const { tlsEndpoint: endpoint, caPem } = ceph;
      const destination = open(isTls ? { settings: { endpoint, caPem } } : {});
      const bytes = patternBytes(100 * MIB, 1);
      await destination.put('a', bytes);
      const range = { offset: 5, length: 100 * MIB - 10 };
      const copies: Uint8Array[] = [];
      for await (const chunk of destination.get('a', { range })) {
        if (copies.length % 20 === 0) await wait(200);
        copies.push(Buffer.from(chunk));
      }
      expect(Buffer.concat(copies).compare(bytes, 5, bytes.length - 5)).toBe(0);
    });

    it('asks once for each range, and for no more than it', async () => {
      const { open } = await stageOn(ceph);
      const bytes = patternBytes(10 * MIB, 1);
      await open().put('a', bytes);
      const destination = open();
      for (const [offset, length] of [
        [0, 10],
        [5 * MIB - 7, 100_000],
        [10 * MIB - 1, 1],
      ] as const) {
        const range = { offset, length };
        const read = await readAll(destination, 'a', { range });
        expect(Buffer.compare(read, bytes.subarray(offset, offset + length))).toBe(0);
      }
      expect(destination.requests()).toMatchObject({ gets: 3, bytesReceived: 100_011 });
    });

    it('lists 1,100 objects in two pages, and after a key only the rest', async () => {
      const { open } = await stageOn(ceph);
      const filling = open({ context: { threads: 16 } });
      const keys = Array.from({ length: 1100 }, (_, at) => `d/${String(at).padStart(4, '0')}`);
      await inParallel(keys, 16, (key) => filling.put(key, SMALL));
      const destination = open();
      expect((await listAll(destination, 'd/')).map(({ key }) => key)).toEqual(keys);
      expect(destination.requests().lists).toBe(2);
      const rest = await listAll(destination, 'd/', { after: 'd/0999' });
      expect(rest.map(({ key }) => key)).toEqual(keys.slice(1000));
      expect(destination.requests().lists).toBe(3);
    });

    it('does not show what others keep under names that are none', async () => {
      const { open, bucket } = await stageOn(ceph);
      const raw = rawClient();
      for (const Key of ['p/', 'p/a b', 'p/folder/', 'p/.a.tmp-1', 'p/\u00e4', 'p2/other', 'p']) {
        await raw.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));
      }
      const destination = open({ settings: { prefix: 'p' } });
      await destination.put('ours', SMALL);
      expect((await listAll(destination, '')).map(({ key }) => key)).toEqual(['ours']);
    });
  });

  describe('that must not replace anything', () => {
    it('lets exactly one of eight writers through, time and again', async () => {
      const { open } = await stageOn(ceph);
      // Each its own, as from eight servers; what the store can is not known to them.
      const writers = Array.from({ length: 8 }, () => open({ settings: { provider: 'other' } }));
      for (let round = 0; round < 10; round++) {
        const bodies = writers.map((_, writer) => patternBytes(20_000, writer));
        const results = await Promise.allSettled(
          writers.map((writer, at) =>
            writer.put(`race-${round}`, bodies[at] ?? SMALL, { ifAbsent: true }),
          ),
        );
        const winners = results.flatMap(({ status }, at) => (status === 'fulfilled' ? [at] : []));
        expect(winners).toHaveLength(1);
        for (const result of results) {
          if (result.status === 'fulfilled') continue;
          expect(hasDestinationCode(result.reason, 'destination.exists')).toBe(true);
        }
        await ensureHolds(open(), `race-${round}`, bodies[winners[0] ?? 0] ?? SMALL);
      }
    });

    it('finds out that the store can refuse, once', async () => {
      const { open } = await stageOn(ceph);
      const destination = open({ settings: { provider: 'other' } });
      expect(destination.capabilities.conditionalPut).toBe(false);
      await destination.put('a', SMALL, { ifAbsent: true });
      expect(destination.capabilities.conditionalPut).toBe(true);
      const before = destination.requests();
      await destination.put('b', SMALL, { ifAbsent: true });
      expect(destination.requests()).toEqual({
        ...before,
        puts: before.puts + 1,
        bytesSent: before.bytesSent + SMALL.length,
      });
    });

    it('refuses a taken name for a stream of many parts, too, without sending them', async () => {
      const { open, bucket } = await stageOn(ceph);
      const destination = open();
      await destination.put('a', SMALL);
      const stream = inChunks(patternBytes(30 * MIB, 1), MIB);
      const error = await failing(destination.put('a', stream, { ifAbsent: true }));
      expect(error).toMatchObject({ code: 'destination.exists' });
      expect(destination.requests().bytesSent).toBe(SMALL.length);
      expect(await uploadsIn(bucket)).toEqual([]);
      await ensureHolds(destination, 'a', SMALL);
    });
  });
});
