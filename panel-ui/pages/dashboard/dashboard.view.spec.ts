import { describe, expect, it } from 'vitest';
import {
  HOSTILE,
  names,
  now,
  sampleAccount,
  sampleRun,
  sampleSnapshot,
  secondsAgo,
} from '../../../daemon/testing/sample-rows.js';
import { toDashboardView, type DashboardInput } from './dashboard.view.js';
import { runProgress, toRunningView } from './running.view.js';

const idle = toRunningView({ runs: [], names, moreRuns: 0 });

function view(given: Partial<DashboardInput>) {
  return toDashboardView({
    accounts: [],
    origin: { name: 'cpanel', isDetected: true },
    sourceProblem: undefined,
    isAdmin: true,
    pruneAlarms: [],
    latest: [],
    lastFailures: [],
    jobs: [],
    running: idle,
    filter: { q: '', show: 'all', page: 1 },
    now,
    ...given,
  });
}

const accounts = [
  sampleAccount({ id: 'ok', name: 'a-ok' }),
  sampleAccount({ id: 'new', name: 'b-new' }),
  sampleAccount({ id: 'part', name: 'c-part' }),
  sampleAccount({ id: 'bad', name: 'd-bad' }),
  sampleAccount({ id: 'hurt', name: 'e-hurt' }),
  sampleAccount({ id: 'gone', name: 'f-gone', state: 'gone' }),
];
const latest = [
  sampleSnapshot({ accountId: 'ok' }),
  sampleSnapshot({ accountId: 'part', state: 'incomplete', problems: 3 }),
  sampleSnapshot({ accountId: 'bad' }),
  sampleSnapshot({ accountId: 'hurt', isDamaged: true }),
];
const lastFailures = [{ accountId: 'bad', startedAt: secondsAgo(600) }];

it('says which destinations were not pruned for too long', () => {
  const pruneAlarms = [
    { destination: 'main', lastPrunedAt: '2026-11-01T02:03:04.000Z' },
    { destination: 'new', lastPrunedAt: null },
  ];
  expect(view({ pruneAlarms }).pruneAlarms).toEqual([
    {
      text: 'No prune of main has succeeded since 2026-11-01 02:03 UTC. Its disk may fill up.',
      url: '/destinations/main',
    },
    { text: 'No prune of new has succeeded yet. Its disk may fill up.', url: '/destinations/new' },
  ]);
});

describe('toDashboardView', () => {
  it('says where accounts come from', () => {
    expect(view({}).origin).toBe('Accounts come from cPanel (detected)');
    const origin = { name: 'linux', isDetected: false };
    expect(view({ origin }).origin).toBe('Accounts come from the users of this server');
  });

  it('lists the worst first', () => {
    const { rows } = view({ accounts, latest, lastFailures });
    expect(rows.map((row) => [row.name, row.state.word])).toEqual([
      ['d-bad', 'Failed'],
      ['e-hurt', 'Damaged'],
      ['b-new', 'Never backed up'],
      ['c-part', 'Incomplete'],
      ['a-ok', 'Complete'],
      ['f-gone', 'Gone'],
    ]);
    expect(rows[0]?.remark).toBe('last attempt failed 10 min ago');
    expect(rows[3]?.remark).toBe('3 problems');
  });

  it('forgets a failure that a good snapshot came after', () => {
    const earlier = [{ accountId: 'bad', startedAt: secondsAgo(90_000) }];
    const { rows } = view({ accounts, latest, lastFailures: earlier });
    expect(rows.find((row) => row.name === 'd-bad')?.state.word).toBe('Complete');
  });

  it('counts the gone neither as safe nor as needing attention', () => {
    const { figures, segments } = view({ accounts, latest, lastFailures });
    expect(figures[0]).toEqual({ label: 'accounts', value: '5' });
    expect(figures[1]).toEqual({ label: 'need attention', value: '4' });
    expect(segments.map((part) => [part.word, part.count])).toEqual([
      ['Complete', '1'],
      ['Incomplete', '1'],
      ['Failed or damaged', '2'],
      ['Never backed up', '1'],
    ]);
    expect(segments.reduce((sum, part) => sum + part.width, 0)).toBeCloseTo(1000);
  });

  it.each([
    ['attention', ['d-bad', 'e-hurt', 'b-new', 'c-part']],
    ['complete', ['a-ok']],
    ['never', ['b-new']],
    ['gone', ['f-gone']],
  ] as const)('shows only what %s asks for', (show, expected) => {
    const filter = { q: '', show, page: 1 };
    const { rows } = view({ accounts, latest, lastFailures, filter });
    expect(rows.map((row) => row.name)).toEqual(expected);
  });

  it('finds by name, owner and email', () => {
    const some = [
      sampleAccount({ id: '1', name: 'one', owner: 'Reseller' }),
      sampleAccount({ id: '2', name: 'two', email: 'x@reseller.example' }),
      sampleAccount({ id: '3', name: 'three' }),
    ];
    const { rows } = view({ accounts: some, filter: { q: 'RESELLER', show: 'all', page: 1 } });
    expect(rows.map((row) => row.name)).toEqual(['one', 'two']);
  });

  it('shows a page of a thousand and keeps the filter between pages', () => {
    const many = Array.from({ length: 1000 }, (_, i) =>
      sampleAccount({ id: `${i}`, name: `n${String(i).padStart(4, '0')}` }),
    );
    const { rows, pager } = view({ accounts: many, filter: { q: 'n', show: 'never', page: 2 } });
    expect(rows).toHaveLength(50);
    expect(rows[0]?.name).toBe('n0050');
    expect(pager).toMatchObject({
      text: '51–100 of 1,000',
      previousUrl: '/?q=n&show=never&page=1',
      nextUrl: '/?q=n&show=never&page=3',
    });
    const last = view({ accounts: many, filter: { q: '', show: 'all', page: 999 } }).pager;
    expect(last).toMatchObject({ text: '951–1,000 of 1,000', nextUrl: undefined });
  });

  it('backs up in one click where there is one job only', () => {
    expect(view({ jobs: [{ name: 'nightly' }] }).backUp?.action).toBe('/jobs/nightly/run');
    expect(view({ jobs: [{ name: 'a' }, { name: 'b' }] }).backUp).toBeUndefined();
    expect(view({}).isEmpty).toBe(true);
  });
});

describe('toRunningView', () => {
  const progress = {
    phase: 'storing',
    files: 50,
    bytes: 500,
    totalFiles: 100,
    totalBytes: 1000,
  } as const;

  it('asks again soon while something runs, and seldom while nothing does', () => {
    expect(idle.pollTrigger).toBe('every 10s');
    const run = sampleRun({ jobId: HOSTILE });
    const busy = toRunningView({ runs: [{ run, tasks: [] }], names, moreRuns: 2 });
    expect(busy).toMatchObject({ pollTrigger: 'every 1s', more: '2 more runs …' });
  });

  it('takes a single task for the whole', () => {
    const one = runProgress([{ state: 'running', progress: { ...progress, etaSeconds: 42 } }]);
    expect(one).toMatchObject({ value: 500, percent: '50 %', eta: '42 s left' });
    expect(runProgress([{ state: 'queued', progress: null }])).toBeUndefined();
  });

  it('counts tasks at work in part, and tells no time while others wait', () => {
    const tasks = [
      { state: 'complete', progress: null },
      { state: 'running', progress: { ...progress, etaSeconds: 42 } },
      { state: 'queued', progress: null },
      { state: 'queued', progress: null },
    ];
    expect(runProgress(tasks)).toMatchObject({ value: 375, eta: undefined });
    expect(runProgress(tasks.slice(0, 2))).toMatchObject({ value: 750, eta: '42 s left' });
  });
});
