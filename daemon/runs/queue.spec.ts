import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupTasks, nextTasks, PRIORITIES, type QueuedWork } from './queue.js';

const now = new Date('2026-11-21T12:00:00Z');

/** `1a10`: id 1, account a, priority 10; `+` waits for later, `-` waited long enough. */
function work(text: string): QueuedWork {
  const match = /^(\d+)([a-z])(-?\d+)([+-]?)$/.exec(text);
  const [, id = '', accountId = '', priority = '', delay = ''] = match ?? [];
  const notBefore = { '+': '2026-11-21T12:00:01.000Z', '-': now.toISOString(), '': null }[delay];
  return { id: Number(id), accountId, priority: Number(priority), notBefore: notBefore ?? null };
}

describe('nextTasks', () => {
  it.each<[string, [string[], string[], number], number[]]>([
    ['nothing waits', [[], [], 2], []],
    ['room for all', [['1a10', '2b10'], [], 2], [1, 2]],
    ['no room', [['1a10'], ['x', 'y'], 2], []],
    ['room for one', [['1a10', '2b10'], ['x'], 2], [1]],
    ['the urgent first', [['1a10', '2b0', '3c5'], [], 3], [2, 3, 1]],
    ['the oldest first, however listed', [['9a10', '2b10', '5c10'], [], 2], [2, 5]],
    ['one for each account', [['1a10', '2a10', '3b10'], [], 3], [1, 3]],
    ['an account at work waits', [['1a0', '2b10'], ['a'], 2], [2]],
    ['a retry waits for its time', [['1a10+', '2b10'], [], 2], [2]],
    ['a retry whose time has come', [['1a10-', '2b10'], [], 2], [1, 2]],
    ['a delayed task does not hold its account', [['1a0+', '2a10'], [], 2], [2]],
    ['a scrub goes before the tasks of its account', [['1a0', '7a-1'], [], 2], [7]],
    ['a restore has a place of its own', [['1a10', '2b0'], ['x', 'y'], 2], [2]],
    ['but only one', [['1a0', '2b0'], ['x', 'y'], 2], [1]],
    ['more at work than allowed', [['1a10'], ['x', 'y', 'z'], 2], []],
  ])('%s', (_, [queued, running, concurrency], expected) => {
    const atWork = running.map((accountId) => ({ accountId }));
    const chosen = nextTasks(queued.map(work), atWork, concurrency, now);
    expect(chosen.map(({ id }) => id)).toEqual(expected);
  });

  it('never breaks its promises, and leaves no room unused', () => {
    const accounts = fc.constantFrom('a', 'b', 'c', 'd');
    const queued = fc.uniqueArray(
      fc.record({
        id: fc.integer({ min: 1, max: 50 }),
        accountId: accounts,
        priority: fc.constantFrom(0, 5, 10),
        notBefore: fc.constantFrom(null, '2026-11-21T11:00:00.000Z', '2026-11-21T13:00:00.000Z'),
      }),
      { selector: ({ id }) => id },
    );
    const running = fc.uniqueArray(accounts).map((all) => all.map((accountId) => ({ accountId })));
    fc.assert(
      fc.property(queued, running, fc.integer({ min: 1, max: 5 }), (waiting, atWork, room) => {
        const chosen = nextTasks(waiting, atWork, room, now);
        const busy = [...atWork, ...chosen].map(({ accountId }) => accountId);
        expect(new Set(busy).size).toBe(busy.length);
        const extra = chosen.some(({ priority }) => priority <= 0) ? 1 : 0;
        expect(chosen.length).toBeLessThanOrEqual(Math.max(0, room + extra - atWork.length));
        expect(chosen.every(({ notBefore }) => !notBefore?.includes('T13'))).toBe(true);
        const couldStart = waiting.some(
          (one) => !busy.includes(one.accountId) && !one.notBefore?.includes('T13'),
        );
        if (couldStart) expect(busy.length).toBeGreaterThanOrEqual(room);
      }),
    );
  });
});

describe('what is done together', () => {
  const task = (runId: number, accountId: string | null, priority: number = PRIORITIES.backup) => {
    return { runId, accountId, priority };
  };

  it('is the backups of one account within one run', () => {
    const tasks = [task(1, 'a'), task(1, 'b'), task(2, 'a'), task(1, 'a'), task(1, 'b')];
    const [first, second, third, fourth, fifth] = tasks;
    expect(groupTasks(tasks)).toEqual([[first, fourth], [second, fifth], [third]]);
  });

  it('is nothing of any other kind', () => {
    const tasks = [task(1, 'a', PRIORITIES.verify), task(1, 'a', PRIORITIES.verify)];
    expect(groupTasks(tasks)).toHaveLength(2);
  });

  it('loses no task and doubles none', () => {
    const any = fc.record({
      runId: fc.nat(3),
      accountId: fc.constantFrom('a', 'b', null),
      priority: fc.constantFrom(...Object.values(PRIORITIES)),
    });
    fc.assert(
      fc.property(fc.array(any), (tasks) => {
        const grouped = groupTasks(tasks).flat();
        expect(grouped).toHaveLength(tasks.length);
        expect(new Set(grouped)).toEqual(new Set(tasks));
      }),
    );
  });
});
