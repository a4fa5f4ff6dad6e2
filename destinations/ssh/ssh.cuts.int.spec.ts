/**
 * A line that breaks again and again, at places drawn from a seed: behind the retry wrapper nothing
 * is lost, and nothing is listed that is not whole.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startCuttingProxy,
  type CuttingProxy,
} from '../../daemon/testing/servers/cutting-proxy.js';
import { SshStage } from '../../daemon/testing/servers/ssh-stage.js';
import { canRunSshd } from '../../daemon/testing/servers/sshd-server.js';
import { ensureHolds, inChunks, listAll, patternBytes } from '../conformance/check-tools.js';
import type { Destination } from '../destination.js';
import { RetryingDestination } from '../wrappers/retrying.destination.js';

const SEED = 7;
const CUTS = 100;
/** Signing in takes about 5 KB: most connections get through that, some do not. */
const OBJECT_BYTES = 700_000;
const CUT_WITHIN_BYTES = 1_500_000;

const stage = new SshStage();

describe.skipIf(!canRunSshd())('an ssh destination over a line that is cut', () => {
  stage.serve('chroot');
  let proxy: CuttingProxy;

  beforeAll(async () => {
    proxy = await startCuttingProxy({
      target: { host: '127.0.0.1', port: stage.server.port },
      seed: SEED,
    });
  });

  afterAll(() => proxy.close());

  function openRetrying(): Destination {
    const inner = stage.open({ settings: { port: proxy.port, timeoutSeconds: 10 } });
    return new RetryingDestination(inner, { firstDelayMs: 1, maxDelayMs: 20 });
  }

  it(`keeps its promises through ${CUTS} cuts of puts and gets`, async () => {
    const destination = openRetrying();
    const watcher = stage.open(); // Past the proxy: sees what is visible at any moment.
    const stored = new Map<string, Uint8Array>();
    proxy.cutWithin(CUT_WITHIN_BYTES);
    for (let round = 0; proxy.cuts < CUTS; round++) {
      const key = `folder-${round % 5}/object-${round}`;
      const bytes = patternBytes(OBJECT_BYTES + round, round);
      await destination.put(key, bytes, { ifAbsent: round % 2 === 0 });
      stored.set(key, bytes);
      await ensureHolds(destination, key, bytes);
      await ensureWhole(watcher, stored);
      // A stream is sent once: it either arrived, or nothing of it is there.
      const streamKey = `${key}-stream`;
      const isStored = await destination.put(streamKey, inChunks(bytes, 50_000)).then(
        () => true,
        () => false,
      );
      if (isStored || (await watcher.stat(streamKey)) !== undefined) stored.set(streamKey, bytes);
      await ensureWhole(watcher, stored);
    }
    proxy.cutAfter(undefined);
    for (const [key, bytes] of stored) await ensureHolds(destination, key, bytes);
    const keys = (await listAll(destination, '')).map(({ key }) => key);
    expect(keys).toEqual([...stored.keys()].sort());
    await destination.sweep('');
    expect((await listAll(destination, '')).map(({ key }) => key)).toEqual(keys);
    await destination.close();
  });
});

async function ensureWhole(watcher: Destination, stored: Map<string, Uint8Array>): Promise<void> {
  for (const { key, sizeBytes } of await listAll(watcher, '')) {
    expect(sizeBytes, key).toBe(
      (stored.get(key) ?? stored.get(key.replace('-stream', '')))?.length,
    );
  }
}
