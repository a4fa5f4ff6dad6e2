/** One capture for several destinations: read once, whole at each, and no one's failure but its own. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Destination } from '../../../destinations/destination.js';
import { LocalDestination } from '../../../destinations/local/local.destination.js';
import { MemoryDestination } from '../../../destinations/memory/memory.destination.js';
import { plannedFaults } from '../../../destinations/wrappers/fault-plan.js';
import { FaultyDestination } from '../../../destinations/wrappers/faulty.destination.js';
import { SlowDestination } from '../../../destinations/wrappers/slow.destination.js';
import { EngineHarness } from '../../testing/engine-harness.js';
import { tempDir } from '../../testing/temp-dir.js';
import { archiveKey, archiveName } from '../layout.js';
import type { BackupOutcome, SnapshotSummary, Structure } from '../types.js';

const run = promisify(execFile);
const MIB = 1024 * 1024;
const IDS = ['20260101T000000Z-aaaaaa', '20260101T000000Z-bbbbbb', '20260101T000000Z-cccccc'];

interface HomeOptions {
  smallFiles?: number;
  largeMiB?: number;
}

async function makeHarness({ smallFiles = 40, largeMiB = 0 }: HomeOptions = {}) {
  const place = await tempDir();
  const home = join(place, 'home');
  for (let i = 0; i < smallFiles; i += 1) {
    const folder = join(home, `folder-${String(i % 7)}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `file-${String(i)}`), randomBytes(20_000 + i));
  }
  for (let i = 0; i < largeMiB; i += 3) {
    await writeFile(join(home, `large-${String(i)}.bin`), randomBytes(3 * MIB + i));
  }
  const harness = await EngineHarness.make(place, { home });
  return { harness, home, place };
}

async function localDestination(place: string, name: string): Promise<LocalDestination> {
  const path = join(place, name);
  await mkdir(path, { mode: 0o700 });
  const rules = { forbiddenBelow: [], requireRootOwner: false };
  const destination = new LocalDestination({ path, diskLimitPercent: 99 }, rules);
  onTestFinished(() => destination.close());
  return destination;
}

function targetsOf(...destinations: Destination[]) {
  return destinations.map((destination, index) => {
    return { snapshotId: IDS[index] ?? '', destination };
  });
}

function summaryOf(outcome: BackupOutcome | undefined): SnapshotSummary {
  if (outcome !== undefined && 'summary' in outcome) return outcome.summary;
  throw outcome?.error;
}

async function bytesOf(destination: Destination, key: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of destination.get(key)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function keysAt(destination: Destination): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of destination.list('')) keys.push(key);
  return keys;
}

/** Runs `onBytes` with how much of its streams a destination was given, as it is given it. */
function watched(inner: Destination, onBytes: (total: number) => void): Destination {
  let total = 0;
  async function* counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      total += chunk.length;
      onBytes(total);
      yield chunk;
    }
  }
  const put: Destination['put'] = (key, body, options) =>
    inner.put(key, body instanceof Uint8Array ? body : counted(body), options);
  return new Proxy(inner, {
    get: (target, name) => {
      if (name === 'put') return put;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

async function expectWhole(
  { harness, home }: { harness: EngineHarness; home: string },
  { destination, snapshotId }: { destination: Destination; snapshotId: string },
  structure: Structure,
): Promise<Buffer> {
  harness.destination = destination;
  expect(await harness.verify(snapshotId)).toMatchObject({ state: 'complete', damageCount: 0 });
  const restored = await tempDir();
  const target = { place: 'directory', path: join(restored, 'own'), mode: 'overlay' } as const;
  expect(await harness.restore(snapshotId, { target })).toMatchObject({ problems: [] });
  await run('diff', ['-r', home, join(restored, 'own/homedir')]);

  const key = archiveKey(harness.prefix, archiveName(snapshotId, 1, structure));
  const archive = await bytesOf(destination, key);
  await writeFile(join(restored, 'archive'), archive);
  await mkdir(join(restored, 'tar'));
  const flags = structure === 'compressed' ? '-xzpf' : '-xpf';
  await run('tar', [flags, join(restored, 'archive'), '-C', join(restored, 'tar')]);
  await run('diff', ['-r', home, join(restored, 'tar/homedir')]);
  return archive;
}

describe('two destinations', () => {
  it.each<Structure>(['archived', 'compressed'])('hold the same bytes (%s)', async (structure) => {
    const made = await makeHarness({ largeMiB: 12 });
    const targets = targetsOf(await localDestination(made.place, 'a'), new MemoryDestination());
    const outcomes = await made.harness.backupToAll(targets, { structure });
    expect(outcomes.map(summaryOf).map(({ id, state }) => ({ id, state }))).toEqual(
      targets.map(({ snapshotId }) => ({ id: snapshotId, state: 'complete' })),
    );
    const [first, second] = [
      await expectWhole(made, targets[0] as (typeof targets)[0], structure),
      await expectWhole(made, targets[1] as (typeof targets)[0], structure),
    ];
    expect(first.equals(second)).toBe(true);
  });

  it('are told how large the archive may be', async () => {
    const { harness } = await makeHarness();
    const told: unknown[] = [];
    const store = new MemoryDestination();
    const put = store.put.bind(store);
    store.put = (key, body, options) => {
      if (!(body instanceof Uint8Array)) told.push(options?.expectedBytes);
      return put(key, body, options);
    };
    const targets = targetsOf(store, new MemoryDestination());
    (await harness.backupToAll(targets, { expectedBytes: 12_345 })).map(summaryOf);
    expect(told).toEqual([12_345]);
  });

  it('cost one reading of the account', async () => {
    const { harness, place } = await makeHarness({ largeMiB: 24 });
    const targets = targetsOf(
      await localDestination(place, 'a'),
      await localDestination(place, 'b'),
      new MemoryDestination(),
    );
    const before = bytesRead();
    (await harness.backupToAll(targets, { structure: 'archived' })).map(summaryOf);
    const read = bytesRead() - before;
    expect(read).toBeGreaterThan(24 * MIB);
    expect(read).toBeLessThan(36 * MIB);
  });

  it('are no further apart than what may be in memory', async () => {
    const made = await makeHarness({ smallFiles: 300, largeMiB: 24 });
    const given = [0, 0];
    let most = 0;
    const note = (index: number) => (total: number) => {
      given[index] = total;
      most = Math.max(most, (given[0] ?? 0) - (given[1] ?? 0));
    };
    const store = new MemoryDestination();
    const slow = new SlowDestination(watched(store, note(1)), {
      latencyMs: 1,
      bytesPerSecond: 30 * MIB,
    });
    const targets = targetsOf(watched(new MemoryDestination(), note(0)), slow);
    const outcomes = await made.harness.backupToAll(targets, { structure: 'archived' });
    outcomes.map(summaryOf);
    // One chunk in hand, of up to two and a little.
    expect(most).toBeLessThanOrEqual(3 * MIB);
    expect(most).toBeGreaterThan(0);
    for (const target of targets) await expectWhole(made, target, 'archived');
  });
});

describe('a destination that fails', () => {
  it('at any moment leaves the other whole, and nothing of its own', async () => {
    const made = await makeHarness({ smallFiles: 60, largeMiB: 3 });
    const fault = fc.oneof(
      fc.record({ fault: fc.constant('cut' as const), after: fc.nat(5 * MIB) }),
      fc.constant({ fault: 'fail' as const }),
    );
    const where = fc.record({ fault, nth: fc.integer({ min: 1, max: 5 }), isFirst: fc.boolean() });
    let failures = 0;
    await fc.assert(
      fc.asyncProperty(where, async ({ fault: planned, nth, isFirst }) => {
        const store = new MemoryDestination();
        const plan = plannedFaults([{ ...planned, call: 'put', nth }]);
        const faulty = new FaultyDestination(store, plan);
        const good = new MemoryDestination();
        const targets = targetsOf(...(isFirst ? [faulty, good] : [good, faulty]));
        const outcomes = await made.harness.backupToAll(targets);
        const [goodAt, faultyAt] = isFirst ? [1, 0] : [0, 1];
        expect(outcomes[goodAt]).toMatchObject({ summary: { state: 'complete' } });
        made.harness.destination = good;
        const id = IDS[goodAt] ?? '';
        expect(await made.harness.verify(id)).toMatchObject({ state: 'complete' });
        const failed = outcomes[faultyAt];
        if (failed !== undefined && 'summary' in failed) {
          made.harness.destination = store;
          const verified = await made.harness.verify(IDS[faultyAt] ?? '');
          expect(verified).toMatchObject({ state: 'complete' });
          return;
        }
        failures += 1;
        expect(failed?.error).toMatchObject({ code: 'destination.unreachable' });
        const left = await keysAt(store);
        expect(left.filter((key) => !key.endsWith('/RESTORE.md'))).toEqual([]);
      }),
      { numRuns: 25 },
    );
    expect(failures).toBeGreaterThan(5);
  });

  it('at a page leaves the other whole', async () => {
    const { harness, home } = await makeHarness();
    await mkdir(join(home, 'many'));
    const names = Array.from({ length: 6000 }, (_, i) => join(home, 'many', `file-${String(i)}`));
    for (const name of names) await writeFile(name, '');
    // The archive's put is the first, the second one is a page's.
    const plan = plannedFaults([{ fault: 'fail', call: 'put', nth: 2 }]);
    const stores = [new MemoryDestination(), new MemoryDestination()] as const;
    const targets = targetsOf(new FaultyDestination(stores[0], plan), stores[1]);
    const [failed, whole] = await harness.backupToAll(targets);
    expect(failed).toMatchObject({ error: { code: 'destination.unreachable' } });
    expect(whole).toMatchObject({ summary: { state: 'complete' } });
    expect(await keysAt(stores[0])).toEqual([]);
    harness.destination = stores[1];
    expect(await harness.verify(IDS[1] ?? '')).toMatchObject({ state: 'complete' });
  });

  it('at the first call is out before anything is read', async () => {
    const { harness } = await makeHarness();
    const plan = plannedFaults([{ fault: 'fail', call: 'sweep', code: 'destination.denied' }]);
    const store = new MemoryDestination();
    const targets = targetsOf(new FaultyDestination(store, plan), new MemoryDestination());
    const [failed, whole] = await harness.backupToAll(targets);
    expect(failed).toMatchObject({ error: { code: 'destination.denied' } });
    expect(whole).toMatchObject({ summary: { state: 'complete' } });
    expect(await keysAt(store)).toEqual([]);
  });

  it('like all the others ends the reading', async () => {
    const { harness } = await makeHarness({ largeMiB: 24 });
    const plan = plannedFaults([{ fault: 'cut', call: 'put', after: 100_000 }]);
    const stores = [new MemoryDestination(), new MemoryDestination()];
    const targets = targetsOf(...stores.map((store) => new FaultyDestination(store, plan)));
    const before = bytesRead();
    const outcomes = await harness.backupToAll(targets, { structure: 'archived' });
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ error: { code: 'destination.unreachable' } });
    }
    expect(bytesRead() - before).toBeLessThan(18 * MIB);
    for (const store of stores) expect(await keysAt(store)).toEqual([]);
  });
});

describe('an abort', () => {
  it('in the middle leaves nothing anywhere', async () => {
    const { harness, place } = await makeHarness({ largeMiB: 24 });
    const abort = (total: number): void => {
      if (total > 10 * MIB) harness.aborter.abort();
    };
    const [a, b] = [await localDestination(place, 'a'), await localDestination(place, 'b')];
    const outcomes = await harness.backupToAll(targetsOf(watched(a, abort), b), {
      structure: 'archived',
    });
    expect(outcomes).toMatchObject(Array(2).fill({ error: { code: 'run.cancelled' } }));
    expect([...(await keysAt(a)), ...(await keysAt(b))]).toEqual([]);
    for (const name of ['a', 'b']) {
      const { stdout } = await run('find', [join(place, name), '-type', 'f']);
      expect(stdout).toBe('');
    }
  });
});

/** What this process and its threads asked of `read(2)` so far. */
function bytesRead(): number {
  if (!existsSync('/proc/self/io')) throw new Error('There is no /proc/self/io.');
  const match = /^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'));
  return Number(match?.[1]);
}
