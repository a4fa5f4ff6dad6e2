import { describe, expect, it } from 'vitest';
import { DestinationUsage } from '../../../daemon/jobs/destination-usage.entity.js';
import { HOSTILE, now, sampleDestination } from '../../../daemon/testing/sample-rows.js';
import { toStorageView } from './storage.view.js';

const GB = 1_000_000_000;

function of(id: string, day: string, storedBytes: number) {
  return Object.assign(new DestinationUsage(), {
    ...{ destinationId: id, day, storedBytes, snapshots: 1, freeBytes: null },
  });
}

describe('toStorageView', () => {
  const destinations = [sampleDestination(), sampleDestination({ id: 'd2', name: HOSTILE })];
  const holdings = new Map([['d2', { snapshots: 1200, storedBytes: 5 * GB }]]);

  it('names the largest first, and how much more or less it is than it was', () => {
    const usage = [of('d2', '2026-11-01', 3 * GB), of('d2', '2026-11-21', 5 * GB), of('d1', '2026-11-21', 0)]; // prettier-ignore
    const { rows, chart } = toStorageView({ destinations, holdings, usage, now });
    expect(rows.map(({ name, stored, snapshots, change }) => [name, stored, snapshots, change])).toEqual([
      [HOSTILE, '5 GB', '1,200', '+2 GB'],
      ['main', '0 B', '0', undefined],
    ]); // prettier-ignore
    expect(chart).toMatchObject({ top: '5 GB', from: '2026-10-23', to: '2026-11-21' });
    expect(JSON.stringify(chart?.lines.map(({ path }) => path))).not.toContain('<');
  });

  it('draws nothing of a single day, and no more lines than can be told apart', () => {
    const usage = [of('d1', '2026-11-21', 1)];
    expect(toStorageView({ destinations, holdings, usage, now }).chart).toBeUndefined();
    const many = Array.from({ length: 40 }, (_, i) => sampleDestination({ id: `d${i}` }));
    const { rows, more } = toStorageView({ destinations: many, holdings, usage, now });
    expect([rows.length, more]).toEqual([6, '34 more']);
  });
});
