import 'reflect-metadata';
import { expect, it } from 'vitest';
import type { Row } from '../catalogue/columns.js';
import { openTestCatalogue } from '../testing/open-test-catalogue.js';
import { sampleDestination } from '../testing/sample-rows.js';
import type { StoredDestination } from './destination.entity.js';
import { DestinationsStore } from './destinations.store.js';
import type { Job } from './job.entity.js';
import { JobsStore } from './jobs.store.js';
import type { Schedule } from './schedule.entity.js';
import { SchedulesStore } from './schedules.store.js';

const NOW = '2026-11-21T21:45:12.000Z';
const LATER = '2026-11-22T02:00:00.000Z';

function destination(id: string, name: string): Row<StoredDestination> {
  return sampleDestination({ id, name, sealedSecrets: 'v1.sealed', createdAt: NOW });
}

function job(id: string, name: string): Row<Job> {
  return {
    id,
    name,
    accounts: 'all',
    structure: 'compressed',
    excludes: ['*.log'],
    useDefaultExcludes: true,
    skipWordpressCore: false,
    retries: 2,
    isEnabled: true,
    createdAt: NOW,
  };
}

async function openStores() {
  const dataSource = await openTestCatalogue();
  return {
    destinations: new DestinationsStore(dataSource),
    jobs: new JobsStore(dataSource),
    schedules: new SchedulesStore(dataSource),
  };
}

it('keeps a destination as it was given', async () => {
  const { destinations } = await openStores();
  await destinations.insert(destination('d1', 'disk'));
  const probe = { at: NOW, isOk: false, message: 'It is full.' };
  await destinations.update('d1', { lastProbe: probe });
  expect(await destinations.findByName('disk')).toEqual({
    ...destination('d1', 'disk'),
    lastProbe: probe,
  });
  await expect(destinations.insert(destination('d2', 'disk'))).rejects.toMatchObject({
    kind: 'conflict',
    code: 'destination.exists',
  });
});

it('frees the name of a removed destination and forgets its secrets', async () => {
  const { destinations } = await openStores();
  await destinations.insert(destination('d1', 'disk'));
  expect(await destinations.markRemoved('d1', NOW)).toBe(true);
  expect(await destinations.markRemoved('d1', NOW)).toBe(false);
  expect(await destinations.list()).toEqual([]);
  expect(await destinations.findByName('disk')).toBeUndefined();
  expect(await destinations.findById('d1')).toMatchObject({ name: 'disk', sealedSecrets: null });
  await destinations.insert(destination('d2', 'disk'));
});

it('keeps a job with its destinations', async () => {
  const { destinations, jobs } = await openStores();
  await destinations.insert(destination('d1', 'disk'));
  await destinations.insert(destination('d2', 'other'));
  jobs.insert(job('j1', 'nightly'), ['d1', 'd2', 'd1']);
  jobs.insert({ ...job('j2', 'alone'), accounts: ['alice'] }, ['d2']);
  const { job: found, destinationIds } = (await jobs.findByName('nightly')) ?? {};
  expect(found).toEqual(job('j1', 'nightly'));
  expect(destinationIds?.toSorted()).toEqual(['d1', 'd2']);
  expect(await jobs.list()).toMatchObject([
    { job: { name: 'alone', accounts: ['alice'] }, destinationIds: ['d2'] },
    { job: { name: 'nightly' } },
  ]);
  expect(await jobs.namesUsing('d2')).toEqual(['alone', 'nightly']);
  expect(await jobs.remove('j1')).toBe(true);
  expect(await jobs.remove('j1')).toBe(false);
  expect(await jobs.namesUsing('d1')).toEqual([]);
});

function schedule(change: Partial<Row<Schedule>> = {}): Row<Schedule> {
  return {
    id: 's1',
    jobId: 'j1',
    kind: 'daily',
    settings: { time: '03:00', weekdays: ['sun'], jitterMinutes: 5 },
    retention: { keepLast: 7 },
    isEnabled: true,
    createdAt: NOW,
    lastDueAt: null,
    ...change,
  };
}

it('keeps schedules as long as their job', async () => {
  const { jobs, schedules } = await openStores();
  jobs.insert(job('j1', 'nightly'), []);
  jobs.insert(job('j2', 'hourly'), []);
  await schedules.insert(schedule());
  await schedules.insert(schedule({ id: 's2', jobId: 'j2', createdAt: LATER }));
  await schedules.update('s1', { lastDueAt: LATER, isEnabled: false });
  const changed = schedule({ lastDueAt: LATER, isEnabled: false });
  expect(await schedules.findById('s1')).toEqual(changed);
  expect((await schedules.list()).map(({ id }) => id)).toEqual(['s1', 's2']);
  expect((await schedules.list('j2')).map(({ id }) => id)).toEqual(['s2']);
  expect(await schedules.remove('s2')).toBe(true);
  expect(await schedules.remove('s2')).toBe(false);
  await jobs.remove('j1');
  expect(await schedules.list()).toEqual([]);
  await expect(schedules.insert(schedule())).rejects.toThrow('FOREIGN KEY');
});

it('writes no half job', async () => {
  const { destinations, jobs } = await openStores();
  await destinations.insert(destination('d1', 'disk'));
  expect(() => {
    jobs.insert(job('j1', 'nightly'), ['d1', 'missing']);
  }).toThrow('removed meanwhile');
  expect(await jobs.list()).toEqual([]);
  jobs.insert(job('j1', 'nightly'), ['d1']);
  expect(() => {
    jobs.insert(job('j2', 'nightly'), ['d1']);
  }).toThrow(expect.objectContaining({ kind: 'conflict', code: 'job.exists' }));
  expect(await jobs.namesUsing('d1')).toEqual(['nightly']);
});

it('never leaves a job with a destination that was removed meanwhile', async () => {
  const { destinations, jobs } = await openStores();
  await destinations.insert(destination('d1', 'disk'));
  await destinations.insert(destination('d2', 'other'));
  jobs.insert(job('j1', 'nightly'), ['d1']);
  expect(await destinations.markRemovedIfUnused('d1', NOW)).toBe(false);
  expect(await destinations.markRemovedIfUnused('d2', NOW)).toBe(true);
  const gone = { code: 'destination.unknown', kind: 'input' };
  expect(() => jobs.update(job('j1', 'nightly'), { name: 'x' }, ['d2'])).toThrow(expect.objectContaining(gone)); // prettier-ignore
  expect(() => jobs.insert(job('j2', 'weekly'), ['d2'])).toThrow(expect.objectContaining(gone));
  expect(await jobs.list()).toMatchObject([{ job: { name: 'nightly' }, destinationIds: ['d1'] }]);
  expect(jobs.update(job('j3', 'gone'), { retries: 1 }, undefined)).toBe(false);
});

it('keeps a job with its first schedule, or neither', async () => {
  const { jobs, schedules } = await openStores();
  jobs.insert(job('j1', 'nightly'), [], schedule());
  expect(await schedules.list('j1')).toEqual([schedule()]);
  const lost = schedule({ jobId: 'j0' });
  expect(() => jobs.insert(job('j2', 'weekly'), [], { ...lost, id: 's2' })).toThrow('FOREIGN KEY');
  expect((await jobs.list()).map(({ job: { name } }) => name)).toEqual(['nightly']);
});
