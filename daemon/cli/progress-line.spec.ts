import { expect, it } from 'vitest';
import type { TaskView } from '../api/views.js';
import { progressLine, shareDone, taskLabel } from './progress-line.js';

const task: TaskView = {
  id: 1,
  runId: 1,
  accountId: 'a1b2c3d4e5f6',
  account: 'anna',
  destinationId: 'd1b2c3d4e5f6',
  destination: 'main',
  snapshotId: null,
  state: 'running',
  attempts: 1,
  progress: {
    phase: 'storing',
    files: 4120,
    bytes: 500_000,
    totalFiles: 8000,
    totalBytes: 1_000_000,
    etaSeconds: 12,
  },
  result: null,
  error: null,
  createdAt: '2026-11-21T00:00:00Z',
  startedAt: '2026-11-21T00:00:00Z',
  finishedAt: null,
};

it('shows bar, share, phase, amounts and the time left', () => {
  expect(progressLine(task, 'anna', 120)).toBe(
    'anna  ██████████░░░░░░░░░░  50%  storing    500 kB of 1.0 MB, 4,120 files, 12 s left',
  );
});

it('does not claim a share it does not know', () => {
  const unknown = { ...task, progress: { phase: 'scanning', files: 10, bytes: 2000 } };
  expect(progressLine(unknown, 'anna', 120)).toBe(
    'anna  ····················       scanning   2.0 kB, 10 files',
  );
});

it('is never wider than the terminal', () => {
  expect(progressLine(task, 'anna', 40)).toHaveLength(40);
});

it('is full when the task has ended well and says how it ended', () => {
  expect(shareDone({ ...task, state: 'incomplete' })).toBe(1);
  expect(progressLine({ ...task, state: 'failed' }, 'anna', 80)).toMatch(/failed$/);
  expect(shareDone({ ...task, state: 'queued', progress: null })).toBe(0);
});

it('counts files when sizes are not known, and never more than all', () => {
  const progress = { phase: 'storing', files: 9000, bytes: 0, totalFiles: 8000 };
  expect(shareDone({ ...task, progress })).toBe(1);
});

it('names the destination when asked and escapes what is hostile', () => {
  expect(taskLabel({ ...task, account: 'a\u001b[1m' }, true)).toBe('a\\x1b[1m → main');
});
