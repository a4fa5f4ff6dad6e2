import { describe, expect, it } from 'vitest';
import type { LogLine } from '../../../daemon/runs/run-log.js';
import type { WorkError } from '../../../daemon/runs/worker-protocol.js';
import {
  HOSTILE,
  names,
  now,
  sampleRun,
  sampleTask,
  secondsAgo,
} from '../../../daemon/testing/sample-rows.js';
import { RECENT_LINES, toRunLive, toRunLog, toRunView } from './run.view.js';

const failure: WorkError = {
  kind: 'destination',
  code: 'destination.full',
  message: 'The disk is full.',
  details: {},
  isRetryable: true,
};
const base = { names, mayFetch: true, mayChange: true, now };

function line(given: Partial<LogLine>): LogLine {
  return { seq: 1, at: secondsAgo(1), level: 'info', message: 'ok', ...given };
}

describe('toRunLive', () => {
  it('lists what needs attention first', () => {
    const tasks = (['complete', 'queued', 'running', 'failed', 'incomplete'] as const).map(
      (state, id) => sampleTask({ id, state }),
    );
    const live = toRunLive({ ...base, run: sampleRun(), tasks });
    expect(live.tasks.map((task) => task.state.word)).toEqual([
      'Failed',
      'Incomplete',
      'Running',
      'Queued',
      'Complete',
    ]);
    expect(live.counts).toBe('1 failed, 1 incomplete, 1 running, 1 queued, 1 complete');
  });

  it('can be cancelled while it runs and tried again when it failed', () => {
    const running = toRunLive({ ...base, run: sampleRun(), tasks: [] });
    expect([running.cancelUrl, running.retryUrl]).toEqual(['/runs/7/cancel', undefined]);
    const failed = toRunLive({ ...base, run: sampleRun({ state: 'failed' }), tasks: [] });
    expect([failed.cancelUrl, failed.retryUrl]).toEqual([undefined, '/runs/7/retry']);
    const complete = toRunLive({ ...base, run: sampleRun({ state: 'complete' }), tasks: [] });
    expect([complete.cancelUrl, complete.retryUrl]).toEqual([undefined, undefined]);
  });

  it('offers nothing to who may not change it', () => {
    const live = toRunLive({ ...base, mayChange: false, run: sampleRun(), tasks: [] });
    expect(live.cancelUrl).toBeUndefined();
  });

  it('says why a task waits for its next attempt', () => {
    const notBefore = secondsAgo(-20);
    const task = sampleTask({ attempts: 1, error: failure, notBefore });
    const live = toRunLive({ ...base, run: sampleRun(), tasks: [task] });
    expect(live.tasks[0]?.result).toBe('Attempt 1 failed, again in 20 s: The disk is full.');
  });

  it('shows two hundred tasks of a thousand, the failed among them', () => {
    const tasks = Array.from({ length: 1000 }, (_, id) =>
      sampleTask({ id, state: id === 999 ? 'failed' : 'complete' }),
    );
    const live = toRunLive({ ...base, run: sampleRun(), tasks });
    expect(live.tasks).toHaveLength(200);
    expect(live.tasks[0]?.state.word).toBe('Failed');
    expect(live.moreTasks).toBe('and 800 more tasks');
  });
});

describe('the outcome', () => {
  it('of a download is the file', () => {
    const result = { fileName: `${HOSTILE}\n.tar.gz`, format: 'tar.gz', sizeBytes: 2000, files: 3 };
    const run = sampleRun({ kind: 'download', state: 'complete' });
    const task = sampleTask({ state: 'complete', result: result as never });
    const { outcome } = toRunLive({ ...base, run, tasks: [task] });
    expect(outcome?.link).toEqual({
      url: '/runs/7/file',
      label: `Download ${HOSTILE}\\x0a.tar.gz (2 kB)`,
    });
  });

  it('of an incomplete restore names what is not as it was', () => {
    const result = {
      counts: { created: 1, replaced: 2, deleted: 0, unchanged: 3, skipped: 1 },
      targetPath: '/home/alice',
      problems: [{ path: 'homedir/x', kind: 'failed', message: 'A folder is in the way.' }],
      failed: 1,
      adjusted: 2,
      parts: [{ title: 'the database "shop"', action: 'replaced' }],
    };
    const run = sampleRun({ kind: 'restore', state: 'incomplete' });
    const task = sampleTask({ state: 'incomplete', result: result as never });
    const { outcome } = toRunLive({ ...base, run, tasks: [task] });
    expect(outcome).toMatchObject({
      tone: 'warn',
      text: '1 created, 2 replaced, 0 deleted, 3 unchanged, 1 skipped in /home/alice; the database "shop" replaced',
      problems: [{ path: 'homedir/x', message: 'A folder is in the way.' }],
      moreProblems: 'and 2 more',
    });
  });

  it('of a verification that found damage is bad, however the run went', () => {
    const damage = [{ path: 'homedir/x', message: 'SHA-256 differs' }];
    const result = { state: 'damaged', files: 9, bytes: 900, damage, damageCount: 1 };
    const run = sampleRun({ kind: 'verify', state: 'complete' });
    const task = sampleTask({ state: 'complete', result: result as never });
    const { outcome } = toRunLive({ ...base, run, tasks: [task] });
    expect(outcome).toMatchObject({ tone: 'bad', problems: damage });
    expect(outcome?.text).toBe('9 files, 900 B read again: 1 entry is damaged');
  });
});

describe('toRunLog', () => {
  it('shows the newest first, hostile messages harmlessly', () => {
    const lines = [
      line({ message: 'first' }),
      line({ seq: 2, message: 'a\u001b[2J', account: 'bob' }),
    ];
    const log = toRunLog({ run: sampleRun(), lines, now });
    expect(log.lines.map((shown) => shown.text)).toEqual(['bob: a\\x1b[2J', 'first']);
    expect(log).toMatchObject({ isOver: false, isCut: false });
  });

  it('cuts a long log', () => {
    const lines = Array.from({ length: RECENT_LINES + 1 }, (_, seq) => line({ seq }));
    expect(toRunLog({ run: sampleRun(), lines, now })).toMatchObject({ isCut: true });
  });
});

describe('toRunView', () => {
  it('says what a restore was asked for', () => {
    const selection = { paths: ['homedir/a\nb'], items: [] };
    const request = { snapshotId: 's1', selection };
    const run = sampleRun({ kind: 'restore', accountId: 'a1', jobId: null, request, retryOf: 3 });
    const view = toRunView({ ...base, run, tasks: [], lines: [] });
    expect(view).toMatchObject({ heading: 'Restore 7', subject: 'alice' });
    expect(view.facts.slice(2)).toEqual([
      { label: 'Snapshot', text: 's1', url: '/snapshots/s1' },
      { label: 'Chosen', text: 'homedir/a\\x0ab' },
      { label: 'Repeats', text: 'Run 3', url: '/runs/3' },
    ]);
  });

  it('says what an undo takes back', () => {
    const request = { undoOf: 3, snapshotId: 's1', isForced: false };
    const run = sampleRun({ kind: 'restore', accountId: 'a1', jobId: null, request, undoOf: 3 });
    const view = toRunView({ ...base, run, tasks: [], lines: [] });
    expect(view.heading).toBe('Undo 7');
    expect(view.facts.slice(2)).toEqual([{ label: 'Undoes', text: 'Run 3', url: '/runs/3' }]);
  });

  it('offers to undo a restore while that is possible, else says why not', () => {
    const run = sampleRun({ kind: 'restore', state: 'complete', accountId: 'a1', request: {} });
    const possible = { isPossible: true, until: now, safety: undefined } as const;
    const offered = toRunView({ ...base, run, tasks: [], lines: [], undo: possible }).live;
    expect(offered.undoUrl).toBe('/runs/7/undo');
    expect(offered.undoNote?.until?.iso).toBe(now.toISOString());
    const refusal = { isPossible: false, code: 'undo.done', why: 'Done already.' } as const;
    const refused = toRunView({ ...base, run, tasks: [], lines: [], undo: refusal }).live;
    expect([refused.undoUrl, refused.undoNote?.text]).toEqual([undefined, 'Done already.']);
  });
});
