import { describe, expect, it } from 'vitest';
import { planMoments, randomOf } from './kill-plan.js';

describe('moments', () => {
  it('are the same for the same seed, alone or among others', () => {
    const all = planMoments(7, 0, 60);
    expect(planMoments(7, 0, 60)).toEqual(all);
    expect(planMoments(7, 31, 1)).toEqual([all[31]]);
    expect(planMoments(8, 0, 60)).not.toEqual(all);
  });

  it('meet every blow in one round, and the whole time of the work', () => {
    const round = planMoments(3, 0, 24);
    expect(new Set(round.map(({ blow }) => blow)).size).toBe(8);
    expect(round.filter(({ work }) => work === 'restore')).toHaveLength(10);
    const shares = planMoments(3, 0, 400).flatMap(({ trigger }) =>
      trigger.kind === 'time' ? [trigger.share] : [],
    );
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const among = shares.filter((share) => Math.floor(share * 10) === tenth);
      expect(among.length, `${tenth}/10`).toBeGreaterThan(5);
    }
  });

  it('come from even chances', () => {
    const random = randomOf(1, 2);
    const mean = Array.from({ length: 2000 }, random).reduce((a, b) => a + b) / 2000;
    expect(mean).toBeGreaterThan(0.45);
    expect(mean).toBeLessThan(0.55);
  });
});
