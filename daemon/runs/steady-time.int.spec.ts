import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { readUptime, type Uptime } from '../platform/uptime.js';
import { openTestCatalogue } from '../testing/open-test-catalogue.js';
import { SteadyTime } from './steady-time.store.js';

async function looks(...uptimes: [bootId: string, uptimeMs: number][]): Promise<number[]> {
  const dataSource = await openTestCatalogue();
  const answers: number[] = [];
  for (const [bootId, uptimeMs] of uptimes) {
    const uptime: Uptime = { bootId, uptimeMs };
    // Each look is that of a daemon of its own.
    answers.push(await new SteadyTime(dataSource, () => uptime).elapsedMs());
  }
  return answers;
}

describe('time that surely has passed', () => {
  it('begins with the first look and follows the uptime', async () => {
    expect(await looks(['a', 5_000], ['a', 5_000], ['a', 8_000])).toEqual([0, 0, 3_000]);
  });

  it('does not count what lies between two looks of different starts', async () => {
    expect(await looks(['a', 5_000], ['a', 6_000], ['b', 900_000], ['b', 900_100])).toEqual([
      0, 1_000, 1_000, 1_100,
    ]);
  });

  it('never goes back, also when the uptime does', async () => {
    expect(await looks(['a', 5_000], ['a', 9_000], ['a', 10], ['a', 20])).toEqual([
      0, 4_000, 4_000, 4_010,
    ]);
  });

  it('reads the uptime of this machine', async () => {
    const first = readUptime();
    await new Promise((resolve) => setTimeout(resolve, 30));
    const second = readUptime();
    expect(second.bootId).toBe(first.bootId);
    expect(first.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(second.uptimeMs).toBeGreaterThan(first.uptimeMs);
  });
});
