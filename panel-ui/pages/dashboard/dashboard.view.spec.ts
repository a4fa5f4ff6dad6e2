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
    server: undefined,
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

  it('counts the gone neither as safe nor as needing attention', () => {
    const { figures, segments } = view({ accounts, latest, lastFailures });
    expect(figures[0]).toEqual({ label: 'accounts', value: '5' });
    expect(figures[1]).toEqual({ label: 'need attention', value: '4' });
    expect(segments.map((part) => [part.word, part.count, part.url])).toEqual([
      ['Complete', '1', '/accounts?show=complete'],
      ['Incomplete', '1', '/accounts?show=incomplete'],
      ['Last attempt failed', '1', '/accounts?show=failed'],
      ['Damaged', '1', '/accounts?show=damaged'],
      ['Never backed up', '1', '/accounts?show=never'],
    ]);
    expect(segments.reduce((sum, part) => sum + part.width, 0)).toBeCloseTo(1000);
  });

  it('names the ten worst and counts the rest', () => {
    const many = Array.from({ length: 12 }, (_, i) => sampleAccount({ id: `${i}`, name: `n${i}` }));
    const { worst, attention } = view({ accounts: [...many, ...accounts], latest, lastFailures });
    expect(worst.slice(0, 3).map((row) => row.name)).toEqual(['d-bad', 'e-hurt', 'b-new']);
    expect([worst.length, attention]).toEqual([10, '16 accounts']);
    expect(view({ accounts: accounts.slice(0, 1), latest }).worst).toEqual([]);
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
