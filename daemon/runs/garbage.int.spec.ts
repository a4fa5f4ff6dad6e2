import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { AccountsStore } from '../accounts/accounts.store.js';
import { DestinationsStore } from '../jobs/destinations.store.js';
import type { ListedObject } from '../engine/manifest/prune-types.js';
import { FakeClock } from '../testing/fake-clock.js';
import { openTestCatalogue } from '../testing/open-test-catalogue.js';
import { sampleAccount, sampleDestination } from '../testing/sample-rows.js';
import { GarbageNotes } from './garbage-notes.js';
import { GarbageStore } from './garbage.store.js';
import { SteadyTime } from './steady-time.store.js';

const HOUR_MS = 3_600_000;
const FOLDER = 'srv/alice.a1/';
const PLACE = { accountId: 'a1', destinationId: 'd1' };

function object(name: string, change: Partial<ListedObject> = {}): ListedObject {
  const modifiedAt = '2026-01-01T00:00:00.000Z';
  return { key: `${FOLDER}archives/${name}.tar`, sizeBytes: 10, modifiedAt, ...change };
}

/** Notes of a server whose clock and uptime the test moves. */
async function openNotes() {
  const dataSource = await openTestCatalogue();
  await new AccountsStore(dataSource).insert(sampleAccount());
  await new DestinationsStore(dataSource).insert(sampleDestination());
  const clock = new FakeClock();
  const uptime = { bootId: 'a', uptimeMs: 1 };
  const steady = new SteadyTime(dataSource, () => ({ ...uptime }));
  const config = { prune: { minAgeHours: 24, alarmDays: 7 } };
  const store = new GarbageStore(dataSource);
  const notes = new GarbageNotes(store, steady, config, clock);
  return {
    notes,
    clock,
    /** Time that truly passes, looked at every hour. */
    pass: async (hours: number) => {
      clock.advanceMs(hours * HOUR_MS);
      uptime.uptimeMs += hours * HOUR_MS;
      await steady.elapsedMs();
    },
    reboot: () => Object.assign(uptime, { bootId: 'b', uptimeMs: 400 * HOUR_MS }),
    /** One prune: what may go, then what it finds without use. */
    run: async (runId: number, found: ListedObject[]): Promise<ListedObject[]> => {
      const ripe = await notes.ripeFor(PLACE, runId);
      const batch = { kind: 'unreferenced', prefix: FOLDER } as const;
      await notes.take(PLACE, runId, { ...batch, objects: found, isLast: false });
      await notes.take(PLACE, runId, { ...batch, objects: [], isLast: true });
      return ripe;
    },
  };
}

describe('what is without use', () => {
  it('goes when a run before this one noted it, a day ago', async () => {
    const { run, pass, notes } = await openNotes();
    expect(await run(1, [object('x')])).toEqual([]);
    await pass(23);
    expect(await run(2, [object('x')])).toEqual([]);
    await pass(1);
    expect(await notes.ripeFor(PLACE, 1)).toEqual([]);
    expect(await run(3, [object('x')])).toEqual([object('x')]);
  });

  it.each([
    ['ahead', 10 * 365 * 24 * HOUR_MS],
    ['back', -10 * 365 * 24 * HOUR_MS],
  ])('waits as long when the clock jumps %s', async (_, jumpMs) => {
    const { run, pass, clock } = await openNotes();
    await run(1, [object('x')]);
    clock.advanceMs(jumpMs);
    expect(await run(2, [object('x')])).toEqual([]);
    await pass(25);
    expect(await run(3, [object('x')])).toEqual([object('x')]);
  });

  it('waits longer when the machine was started anew in between', async () => {
    const { run, pass, reboot } = await openNotes();
    await run(1, [object('x')]);
    await pass(12);
    reboot();
    expect(await run(2, [object('x')])).toEqual([]);
    await pass(13);
    expect(await run(3, [object('x')])).toEqual([object('x')]);
  });

  it.each([
    ['another size', { sizeBytes: 11 }],
    ['another time', { modifiedAt: '2026-01-02T00:00:00.000Z' }],
  ])('begins anew with %s', async (_, change) => {
    const { run, pass } = await openNotes();
    await run(1, [object('x')]);
    await pass(25);
    await run(2, [object('x', change)]);
    await pass(23);
    expect(await run(3, [object('x', change)])).toEqual([]);
    await pass(1);
    expect(await run(4, [object('x', change)])).toEqual([object('x', change)]);
  });

  it('begins anew when it was of use in between, or gone', async () => {
    const { run, pass } = await openNotes();
    await run(1, [object('x')]);
    await pass(25);
    await run(2, []);
    await run(3, [object('x')]);
    expect(await run(4, [object('x')])).toEqual([]);
  });

  it('is forgotten when it was removed, and counted until then', async () => {
    const { run, pass, notes } = await openNotes();
    await run(1, [object('x'), object('y', { sizeBytes: 5 })]);
    const all = { objects: 2, bytes: 15 };
    expect(await notes.totals('d1')).toEqual({ all, ripe: { objects: 0, bytes: 0 } });
    await pass(24);
    expect(await notes.totals('d1')).toEqual({ all, ripe: all });
    await notes.take(PLACE, 2, { kind: 'pruned', keys: [object('x').key] });
    const left = { objects: 1, bytes: 5 };
    expect(await notes.totals('d1')).toEqual({ all: left, ripe: left });
  });

  it('is an account’s own', async () => {
    const { run, pass, notes } = await openNotes();
    await run(1, [object('x')]);
    await pass(24);
    expect(await notes.ripeFor({ ...PLACE, accountId: 'a2' }, 2)).toEqual([]);
  });
});
