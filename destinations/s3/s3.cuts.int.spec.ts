/** A line that breaks all the time: what was acknowledged is there, what is there is whole. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  CEPH_TOOLS,
  startCeph,
  type CephServer,
} from '../../daemon/testing/servers/ceph-server.js';
import {
  startCuttingProxy,
  type CuttingProxy,
} from '../../daemon/testing/servers/cutting-proxy.js';
import { needsTool } from '../../daemon/testing/tools.js';
import {
  ensureHolds,
  inChunks,
  listAll,
  patternBytes,
  readAll,
} from '../conformance/check-tools.js';
import { RetryingDestination } from '../wrappers/retrying.destination.js';
import { S3Destination } from './s3.destination.js';
import { s3Settings } from './s3.settings.js';

const MIB = 1024 * 1024;
const CUTS = 100;

describe.skipIf(!needsTool(...CEPH_TOOLS))('an S3 destination over a line that breaks', () => {
  let ceph: CephServer;

  beforeAll(async () => {
    ceph = await startCeph();
  });

  afterAll(() => ceph.close());

  async function stage(bucket: string): Promise<{
    proxy: CuttingProxy;
    /** Through the proxy. */
    destination: S3Destination;
    /** Past it. */
    direct: S3Destination;
  }> {
    await ceph.createBucket(bucket);
    const target = { host: ceph.host, port: ceph.port };
    const proxy = await startCuttingProxy({ target, seed: 11 });
    onTestFinished(() => proxy.close());
    const open = (endpoint: string): S3Destination => {
      const { accessKeyId, secretAccessKey } = ceph;
      const common = { provider: 'ceph', endpoint, bucket, accessKeyId, partSizeMiB: 5 };
      const settings = s3Settings.parse(common);
      const retry = { sleep: () => Promise.resolve() };
      const destination = new S3Destination(settings, { secretAccessKey }, {}, { retry });
      onTestFinished(() => destination.close());
      return destination;
    };
    const destination = open(`http://127.0.0.1:${proxy.port}`);
    return { proxy, destination, direct: open(ceph.endpoint) };
  }

  it(`loses nothing in ${CUTS} cuts when it tries again`, async () => {
    const { proxy, destination, direct } = await stage('retried');
    const retrying = new RetryingDestination(destination, { sleep: () => Promise.resolve() });
    const stored = new Map<string, Uint8Array>();
    proxy.cutWithin(16 * MIB);
    for (let round = 0; proxy.cuts < CUTS; round++) {
      const [key, isStream] = [`o/${round}`, round % 3 !== 0];
      const bytes = patternBytes(isStream ? 12 * MIB + round : 2 * MIB, round);
      await retrying.put(key, isStream ? inChunks(bytes, MIB) : bytes, {
        ifAbsent: round % 2 === 0,
      });
      stored.set(key, bytes);
      expect(Buffer.compare(await readAll(retrying, key), bytes)).toBe(0);
    }
    const infos = await listAll(direct, '');
    expect(infos.map(({ key }) => key)).toEqual([...stored.keys()].sort());
    for (const [key, bytes] of stored) await ensureHolds(direct, key, bytes);
  });

  it('reads a large object whole when it tries again', async () => {
    const { proxy, destination, direct } = await stage('large');
    const retrying = new RetryingDestination(destination, { sleep: () => Promise.resolve() });
    const bytes = patternBytes(100 * MIB, 1);
    await direct.put('a', bytes);
    proxy.cutWithin(80 * MIB);
    while (proxy.cuts < CUTS / 10) {
      expect(Buffer.compare(await readAll(retrying, 'a'), bytes)).toBe(0);
    }
  });

  it(`shows nothing in ${CUTS} cuts that is not whole when it does not`, async () => {
    const { proxy, direct } = await stage('once');
    const { endpoint: _direct, ...account } = ceph;
    const settings = s3Settings.parse({
      provider: 'ceph',
      endpoint: `http://127.0.0.1:${proxy.port}`,
      bucket: 'once',
      accessKeyId: account.accessKeyId,
      partSizeMiB: 5,
    });
    const tuning = { retry: { deadlineMs: 0 } };
    const { secretAccessKey } = account;
    const destination = new S3Destination(settings, { secretAccessKey }, {}, tuning);
    onTestFinished(() => destination.close());
    const sent = new Map<string, Uint8Array>();
    const acknowledged: string[] = [];
    proxy.cutWithin(14 * MIB);
    for (let round = 0; proxy.cuts < CUTS; round++) {
      const key = `o/${round}`;
      const bytes = patternBytes(round % 2 === 0 ? 12 * MIB + round : 3 * MIB, round);
      sent.set(key, bytes);
      const putting = destination.put(key, inChunks(bytes, MIB));
      if ((await Promise.allSettled([putting]))[0].status === 'fulfilled') acknowledged.push(key);
    }
    expect(acknowledged.length).toBeLessThan(sent.size);
    const shown = (await listAll(direct, '')).map(({ key }) => key);
    expect(shown).toEqual(expect.arrayContaining(acknowledged));
    for (const key of shown) await ensureHolds(direct, key, sent.get(key) ?? new Uint8Array());
    await direct.sweep('');
  });
});
