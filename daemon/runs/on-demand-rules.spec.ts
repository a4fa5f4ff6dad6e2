import { describe, expect, it } from 'vitest';
import { refusalOf, snapshotRequest, type OnDemandQuestion } from './on-demand-rules.js';
import type { RunState } from './run.entity.js';

const now = new Date('2026-03-10T12:00:00Z');

function run(id: number, state: RunState, finishedAt: string | null) {
  return { id, state, finishedAt };
}

function question(given: Partial<OnDemandQuestion> = {}): OnDemandQuestion {
  const timing = { kind: 'on-demand', perAccountLimit: 2, hoursBetween: 24 } as const;
  return { offer: { timing, retention: {} }, runs: [], snapshots: [], now, ...given };
}

const yesterday = '2026-03-09T18:00:00.000Z';
const longAgo = '2026-03-01T18:00:00.000Z';

describe('refusalOf', () => {
  it.each<[string, Partial<OnDemandQuestion>, string | undefined, string | undefined]>([
    ['nothing was made yet', {}, undefined, undefined],
    [
      'one is being made',
      { runs: [run(7, 'running', null)] },
      'on-demand.under-way',
      'Run 7 is making such a snapshot already; wait for it.',
    ],
    [
      'the last one is young',
      { runs: [run(7, 'complete', yesterday)] },
      'on-demand.too-soon',
      'The next is possible at 2026-03-10T18:00:00.000Z.',
    ],
    ['an incomplete one is young', { runs: [run(7, 'incomplete', yesterday)] }, 'on-demand.too-soon', 'possible at'], // prettier-ignore
    ['the last one is old', { runs: [run(7, 'complete', longAgo)] }, undefined, undefined],
    [
      'the last one failed',
      { runs: [run(8, 'failed', yesterday), run(7, 'complete', yesterday)] },
      undefined,
      undefined,
    ],
    [
      'the last one was interrupted',
      { runs: [run(8, 'interrupted', yesterday), run(7, 'complete', yesterday)] },
      undefined,
      undefined,
    ],
    [
      'the last one was cancelled, and the one before is young',
      { runs: [run(8, 'cancelled', yesterday), run(7, 'complete', yesterday)] },
      'on-demand.too-soon',
      'possible at',
    ],
    [
      'there are as many as allowed',
      { snapshots: [longAgo, yesterday] },
      'on-demand.limit',
      'There are 2 snapshots made on demand, and 2 are allowed. One of them must be removed first.',
    ],
    ['there is room', { snapshots: [yesterday] }, undefined, undefined],
  ])('%s', (_, given, code, message) => {
    const refusal = refusalOf(question(given));
    expect(refusal?.code).toBe(code);
    if (message !== undefined) expect(refusal?.message).toContain(message);
  });

  it('says when room is made by time', () => {
    const { offer } = question();
    const kept = { ...offer, retention: { keepWithinDays: 14 } };
    const snapshots = ['2026-02-01T00:00:00.000Z', longAgo, yesterday];
    const refusal = refusalOf(question({ offer: kept, snapshots }));
    expect(refusal?.possibleAt).toEqual(new Date('2026-03-15T18:00:00.000Z'));
    const both = { ...offer, retention: { keepWithinDays: 14, keepLast: 5 } };
    expect(refusalOf(question({ offer: both, snapshots }))?.possibleAt).toBeUndefined();
  });

  it('may know no rest', () => {
    const timing = { kind: 'on-demand', perAccountLimit: 9, hoursBetween: 0 } as const;
    const offer = { timing, retention: {} };
    expect(refusalOf(question({ offer, runs: [run(7, 'complete', yesterday)] }))).toBeUndefined();
  });
});

it.each([
  [{ note: 'before the update' }, true],
  [{ note: 'x'.repeat(501) }, false],
  [{ note: 'two\nlines' }, false],
  [{ note: '\u001b[2J' }, false],
  [{ acount: 'x' }, false],
])('snapshotRequest %j', (input, isFine) => {
  expect(snapshotRequest.safeParse(input).success).toBe(isFine);
});
