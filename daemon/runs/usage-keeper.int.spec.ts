import 'reflect-metadata';
import { expect, it, onTestFinished } from 'vitest';
import { systemActor } from '../auth/actor.js';
import { DestinationUsages } from '../jobs/destination-usage.service.js';
import { DestinationUsageStore } from '../jobs/destination-usage.store.js';
import { DestinationsStore } from '../jobs/destinations.store.js';
import { createLogger } from '../platform/logger.js';
import { admin, openHarness, until } from '../testing/runs-harness.js';
import { UsageKeeper } from './usage-keeper.js';

async function stage() {
  const harness = await openHarness({ accounts: ['ok-1', 'ok-2'] });
  await harness.addJob('nightly', 'all');
  await harness.queue.start();
  const { clock, dataSource } = harness;
  const destinations = new DestinationsStore(dataSource);
  const usages = new DestinationUsages(new DestinationUsageStore(dataSource), destinations, clock);
  const lines: string[] = [];
  const logger = createLogger({
    level: 'warn',
    destination: { write: (line) => lines.push(line) },
  });
  const keeper = new UsageKeeper(harness.records, usages, logger);
  const stop = keeper.start();
  onTestFinished(stop);
  const ended = async (run: Promise<{ id: number }>) => harness.runs.waitFor((await run).id);
  const noted = async () => (await usages.list(systemActor, 1)).map(({ snapshots }) => snapshots);
  return { ...harness, keeper, stop, lines, ended, noted };
}

it('notes what lies there when a run has stored or removed something', async () => {
  const { runs, snapshots, ended, noted } = await stage();
  await ended(runs.startBackup(admin, 'nightly'));
  await until(async () => (await noted())[0] === 2 || undefined);
  await ended(runs.startBackup(admin, 'nightly', { accounts: ['ok-1'] }));
  await until(async () => (await noted())[0] === 3 || undefined);
  const [newest] = await snapshots.list({ limit: 1 });
  await ended(runs.startRemove(admin, newest?.id ?? '', { evenNewest: true }));
  await until(async () => (await noted())[0] === 2 || undefined);
});

it('notes nothing after other runs, nor when it has stopped', async () => {
  const { queue, runs, snapshots, keeper, stop, ended, noted } = await stage();
  await stop();
  await ended(runs.startBackup(admin, 'nightly'));
  // Waits for all that is done after a run.
  await queue.stop();
  const stopAgain = keeper.start();
  await queue.start();
  const [newest] = await snapshots.list({ limit: 1 });
  await ended(runs.startDownload(admin, newest?.id ?? '', {}));
  await queue.stop();
  await stopAgain();
  expect(await noted()).toEqual([]);
});

it('says so when it could not, and goes on with the next run', async () => {
  const { dataSource, runs, lines, ended, noted } = await stage();
  await dataSource.query('ALTER TABLE destination_usage RENAME TO elsewhere');
  await ended(runs.startBackup(admin, 'nightly'));
  await until(() => Promise.resolve(lines[0]));
  expect(lines[0]).toContain('What destinations hold could not be noted');
  await dataSource.query('ALTER TABLE elsewhere RENAME TO destination_usage');
  await ended(runs.startBackup(admin, 'nightly'));
  await until(async () => (await noted())[0] === 4 || undefined);
});
