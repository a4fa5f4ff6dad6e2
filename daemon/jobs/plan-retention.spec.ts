import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aged, anyRetention, daysAgo, NOW, settings } from '../testing/retained-snapshots.js';
import {
  planRetention,
  type RetainedSnapshot,
  type RetentionPolicy,
  type RetentionQuestion,
} from './plan-retention.js';

function policies(
  retention: RetentionPolicy['retention'],
  isOnDemand = false,
): RetentionQuestion['policies'] {
  return new Map([['daily', { retention, isOnDemand }]]);
}

function question(change: Partial<RetentionQuestion>): RetentionQuestion {
  const defaults = { snapshots: [], policies: new Map(), accountGoneSince: null };
  return { ...defaults, settings, now: NOW, ...change };
}

function dueOf(change: Partial<RetentionQuestion>): string[] {
  const verdicts = planRetention(question(change));
  return verdicts.flatMap((verdict) => (verdict.isDue ? [verdict.id] : []));
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('the newest so many', () => {
  const lastThree = policies({ keepLast: 3 });

  it('stay, and older ones go', () => {
    const snapshots = range(0, 5).map((days) => aged(days + 0.1));
    expect(dueOf({ snapshots, policies: lastThree })).toEqual(['3.1d', '4.1d', '5.1d']);
  });

  it('are counted for each schedule by itself', () => {
    const others = range(1, 5).map((days) =>
      aged(days, { id: `by hand ${days}`, scheduleId: null, isByHand: true }),
    );
    const snapshots = [...range(1, 3).map((days) => aged(days + 0.5)), ...others];
    expect(dueOf({ snapshots, policies: lastThree })).toEqual([]);
  });

  it('are complete ones; incomplete and damaged ones go with those older than they are', () => {
    const snapshots = [
      aged(2, { state: 'incomplete' }),
      aged(3),
      aged(4, { isUsable: false }),
      aged(5),
      aged(6, { state: 'incomplete' }),
      aged(7),
      aged(8, { state: 'incomplete' }),
      aged(9),
    ];
    expect(dueOf({ snapshots, policies: lastThree })).toEqual(['8d', '9d']);
  });

  it('do not let incomplete ones grow without end', () => {
    const snapshots = [
      ...range(2, 9).map((days) => aged(days, { state: 'incomplete' })),
      ...range(10, 14).map((days) => aged(days)),
    ];
    expect(dueOf({ snapshots, policies: lastThree })).toEqual(
      [5, 6, 7, 8, 9, 13, 14].map((days) => `${days}d`),
    );
  });

  it('say why, and when', () => {
    const snapshots = [aged(2), aged(3), aged(4, { pendingDeletionAt: daysAgo(-0.25) })];
    const verdicts = planRetention(question({ snapshots, policies: policies({ keepLast: 1 }) }));
    const rule = 'it is not among the newest 1 of its schedule';
    expect(verdicts).toEqual([
      { id: '2d', isDue: false, keptBy: 'being the newest' },
      { id: '3d', isDue: true, rule, goesAt: daysAgo(-1) },
      { id: '4d', isDue: true, rule, goesAt: daysAgo(-0.25) },
    ]);
  });

  it.each([
    [{ keepLast: 2, keepWithinDays: 7 }, false, 'not among the newest 2 of its schedule and more than 7 days older than the newest one'], // prettier-ignore
    [{ keepWithinDays: 1 }, false, 'more than a day older than the newest one'],
    [{ keepWithinDays: 7 }, true, 'older than 7 days'],
  ])('and a time (%j, on demand: %s) say why', (retention, isOnDemand, why) => {
    const snapshots = [2, 3, 40].map((days) => aged(days));
    const [verdict] = planRetention(question({ snapshots, policies: policies(retention, isOnDemand) })).slice(-1); // prettier-ignore
    expect(verdict).toMatchObject({ id: '40d', rule: `it is ${why}` });
  });

  it('are not shortened by a mark that a clock which was ahead made', () => {
    const snapshots = [aged(2), aged(3, { pendingDeletionAt: daysAgo(-3650) })];
    const verdicts = planRetention(question({ snapshots, policies: policies({ keepLast: 1 }) }));
    expect(verdicts[1]).toMatchObject({ isDue: true, goesAt: daysAgo(-1) });
  });
});

describe('a time', () => {
  it('counts from the newest complete one of the schedule', () => {
    const snapshots = [40, 45, 69, 71].map((days) => aged(days));
    const within = policies({ keepWithinDays: 30 });
    expect(dueOf({ snapshots, policies: within })).toEqual(['71d']);
    const incomplete = aged(5, { state: 'incomplete' });
    expect(dueOf({ snapshots: [incomplete, ...snapshots], policies: within })).toEqual(['71d']);
  });

  it('counts from now on demand', () => {
    const snapshots = [40, 45, 69, 71].map((days) => aged(days));
    const due = dueOf({ snapshots, policies: policies({ keepWithinDays: 30 }, true) });
    expect(due).toEqual(['45d', '69d', '71d']);
  });

  it('and a number keep what either covers', () => {
    const snapshots = [2, 3, 4, 5].map((days) => aged(days));
    expect(dueOf({ snapshots, policies: policies({ keepLast: 1, keepWithinDays: 2 }) })).toEqual([
      '4d',
      '5d',
    ]);
    expect(dueOf({ snapshots, policies: policies({ keepLast: 3, keepWithinDays: 1 }) })).toEqual([
      '5d',
    ]);
  });

  it.each([
    ['a schedule without rules', { policies: policies({}) }],
    ['a schedule that was removed', {}],
  ])('is no limit for %s', (_, change) => {
    const scheduleId = 'policies' in change ? 'daily' : null;
    const snapshots = [2, 900, 9000].map((days) => aged(days, { scheduleId }));
    const limits = { ...settings, manualDays: 1 };
    expect(dueOf({ snapshots, settings: limits, ...change })).toEqual([]);
  });
});

describe('without a schedule', () => {
  const byHand = { scheduleId: null, isByHand: true };
  const snapshots = [2, 20, 200].map((days) => aged(days, byHand));

  it('snapshots are kept for ever', () => {
    expect(dueOf({ snapshots })).toEqual([]);
  });

  it('they are kept as long as the settings say', () => {
    expect(dueOf({ snapshots, settings: { ...settings, manualDays: 30 } })).toEqual(['200d']);
  });
});

describe('an account that is gone', () => {
  const snapshots = range(30, 33).map((days) => aged(days));

  it.each([
    ['keeps everything', undefined, 100, []],
    ['keeps everything until it has been gone for long enough', 20, 19, []],
    ['keeps the newest complete one in the end', 20, 21, ['31d', '32d', '33d']],
  ])('%s', (_, orphanDays, goneDays, due) => {
    const limits = { ...settings, ...(orphanDays === undefined ? {} : { orphanDays }) };
    const accountGoneSince = daysAgo(goneDays);
    const rules = policies({ keepLast: 1 });
    expect(dueOf({ snapshots, settings: limits, accountGoneSince, policies: rules })).toEqual(due);
  });
});

describe('whatever the rules', () => {
  it('a locked one stays', () => {
    const snapshots = [aged(2), aged(3, { isLocked: true }), aged(4)];
    expect(dueOf({ snapshots, policies: policies({ keepLast: 1 }) })).toEqual(['4d']);
  });

  it('the newest complete one stays, damaged or not, and the newest that can be used', () => {
    const snapshots = [
      aged(400, { state: 'incomplete' }),
      aged(401, { isUsable: false }),
      aged(402),
      aged(403),
    ];
    const limits = { ...settings, orphanDays: 1 };
    expect(dueOf({ snapshots, settings: limits, accountGoneSince: daysAgo(390) })).toEqual([
      '400d',
      '403d',
    ]);
  });

  it('the newest incomplete one stays where nothing is complete', () => {
    const snapshots = [400, 401].map((days) => aged(days, { state: 'incomplete' }));
    const limits = { ...settings, orphanDays: 1 };
    expect(dueOf({ snapshots, settings: limits, accountGoneSince: daysAgo(390) })).toEqual([
      '401d',
    ]);
  });

  it('the one that was made last stays, when the clock was set back in between', () => {
    const snapshots = [aged(2, { taskId: 7 }), aged(9, { taskId: 8 })];
    expect(dueOf({ snapshots, policies: policies({ keepLast: 1 }) })).toEqual([]);
  });

  it('what is dated in the future stays, and does not stand for what is now', () => {
    const snapshots = [aged(-400), aged(-300), aged(2), aged(3), aged(4)];
    expect(dueOf({ snapshots, policies: policies({ keepLast: 2 }) })).toEqual(['4d']);
  });
});

const stamps = fc.integer({ min: 30, max: 60 * 24 }).map((hours) => hours / 24);

describe('a flood', () => {
  it('of extra snapshots takes away no more than one of them does', () => {
    const older = fc.uniqueArray(stamps, { maxLength: 30 });
    const flood = fc.uniqueArray(fc.integer({ min: 1, max: 23 * 60 }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(older, flood, anyRetention, (ages, minutes, retention) => {
        const before = ages.map((days) => aged(days));
        const extra = minutes
          .toSorted((a, b) => a - b)
          .map((minute) => aged(minute / 1440, { id: `flood ${minute}` }));
        const rules = policies(retention);
        const dueWith = (more: RetainedSnapshot[]): string[] =>
          dueOf({ snapshots: [...before, ...more], policies: rules });
        expect(dueWith(extra)).toEqual(dueWith(extra.slice(0, 1)));
      }),
    );
  });

  it('of other schedules, or by hand, takes away nothing', () => {
    const both = fc.tuple(fc.uniqueArray(stamps, { maxLength: 20 }), fc.array(stamps));
    fc.assert(
      fc.property(both, anyRetention, ([ages, others], retention) => {
        const before = ages.map((days) => aged(days));
        const extra = others.map((days, index) =>
          aged(days, { id: `x${index}`, scheduleId: null, isByHand: true }),
        );
        const rules = policies(retention);
        const due = dueOf({ snapshots: [...before, ...extra], policies: rules });
        const dueBefore = dueOf({ snapshots: before, policies: rules });
        expect(due.filter((id) => !dueBefore.includes(id))).toEqual([]);
      }),
    );
  });
});
