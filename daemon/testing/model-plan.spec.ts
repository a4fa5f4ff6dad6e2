import { describe, expect, it } from 'vitest';
import { planActions, shrink, type Action } from './model-plan.js';

describe('the plan of a modelled account', () => {
  it('is the same for the same seed, and longer ones begin like shorter ones', () => {
    expect(planActions(7, 50)).toEqual(planActions(7, 50));
    expect(planActions(7, 80).slice(0, 50)).toEqual(planActions(7, 50));
    expect(planActions(8, 50)).not.toEqual(planActions(7, 50));
  });

  it('shrinks to the actions that it takes to fail', async () => {
    const actions = planActions(3, 100);
    const culprits = [actions[17], actions[64]] as Action[];
    const fails = (some: readonly Action[]): Promise<boolean> =>
      Promise.resolve(culprits.every((culprit) => some.includes(culprit)));
    expect(await shrink(actions, fails, 1000)).toEqual(culprits);
  });

  it('asks no more often than it may', async () => {
    let asked = 0;
    const fails = (): Promise<boolean> => {
      asked += 1;
      return Promise.resolve(false);
    };
    const actions = planActions(3, 100);
    expect(await shrink(actions, fails, 5)).toBe(actions);
    expect(asked).toBe(5);
  });
});
