import { expect, it } from 'vitest';
import type { GetOptions } from '../../../destinations/destination.js';
import { destinationError } from '../../../destinations/destination-error.js';
import { MemoryDestination } from '../../../destinations/memory/memory.destination.js';
import { aSnapshotBody, TEST_KEYS } from '../../testing/memory-snapshot.js';
import { accountPrefix, snapshotKey } from '../layout.js';
import type { EngineContext, FoundBatch } from '../types.js';
import { findSnapshots } from './find-snapshots.js';
import { signSnapshot } from './snapshot-file.js';

const trusted = [{ publicKeyPem: TEST_KEYS.publicKeyPem }];
const IN_A_BATCH = 48;

/** Counts what is read; reading `brokenKey` fails. */
class WatchedDestination extends MemoryDestination {
  reads = 0;
  brokenKey: string | undefined;

  override get(key: string, options?: GetOptions): ReturnType<MemoryDestination['get']> {
    this.reads += 1;
    if (key !== this.brokenKey) return super.get(key, options);
    throw destinationError('destination.unreachable', `Reading ${key} failed.`);
  }
}

/** So many snapshots, and their keys in order. */
async function stage(count: number) {
  const destination = new WatchedDestination();
  const keys: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const body = aSnapshotBody({ id: `20260101T${String(n).padStart(6, '0')}Z-abcdef` });
    const prefix = accountPrefix(body.server.id, body.account);
    const key = snapshotKey({ prefix, snapshotId: body.id });
    await destination.put(key, signSnapshot(body, TEST_KEYS.signingKeyPem));
    keys.push(key);
  }
  const context: EngineContext = {
    ...{ destination, signal: new AbortController().signal, threads: 1 },
    ...{ onProgress: () => undefined, log: () => undefined, now: () => new Date() },
  };
  const find = (onBatch: (batch: FoundBatch) => Promise<void>) =>
    findSnapshots({ trusted }, context, onBatch);
  return { destination, keys, find };
}

it('tells all of them in order, and reads the next while the last ones are dealt with', async () => {
  const { destination, keys, find } = await stage(3 * IN_A_BATCH);
  const told: string[] = [];
  const readsBefore: number[] = [];
  await find((batch) => {
    readsBefore.push(destination.reads);
    told.push(...batch.files.map(({ key }) => key));
    return Promise.resolve();
  });
  expect(told).toEqual(keys);
  expect(readsBefore).toEqual([2, 3, 3, 3].map((batches) => batches * IN_A_BATCH));
});

it('tells what was read before a read that fails, and then fails', async () => {
  const { destination, keys, find } = await stage(2 * IN_A_BATCH);
  destination.brokenKey = keys[IN_A_BATCH + 3];
  const told: string[] = [];
  const finding = find((batch) => {
    told.push(...batch.files.map(({ key }) => key));
    return Promise.resolve();
  });
  await expect(finding).rejects.toMatchObject({ code: 'destination.unreachable' });
  expect(told).toEqual(keys.slice(0, IN_A_BATCH));
});

it('ends with the failure of who deals with a batch', async () => {
  const { destination, find } = await stage(3 * IN_A_BATCH);
  await expect(find(() => Promise.reject(new Error('no room')))).rejects.toThrow('no room');
  expect(destination.reads).toBe(2 * IN_A_BATCH);
});
