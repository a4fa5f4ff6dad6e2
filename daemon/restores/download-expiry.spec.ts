import { expect, it } from 'vitest';
import type { Run } from '../runs/run.entity.js';
import { isKept } from './download-expiry.js';

const now = new Date('2026-11-21T12:00:00Z');

it.each<[Pick<Run, 'kind' | 'state' | 'finishedAt'>, boolean]>([
  [{ kind: 'download', state: 'running', finishedAt: null }, true],
  [{ kind: 'download', state: 'complete', finishedAt: '2026-11-20T12:00:01Z' }, true],
  [{ kind: 'download', state: 'complete', finishedAt: '2026-11-20T12:00:00Z' }, false],
  [{ kind: 'download', state: 'failed', finishedAt: '2026-11-21T11:59:00Z' }, false],
  [{ kind: 'restore', state: 'running', finishedAt: null }, false],
])('%j is kept: %s', (run, expected) => {
  expect(isKept(run, 24, now)).toBe(expected);
});

it('keeps a file for as long as it is told', () => {
  const run = { kind: 'download', state: 'complete', finishedAt: '2026-11-21T11:00:00Z' } as const;
  expect([isKept(run, 1, now), isKept(run, 1.1, now)]).toEqual([false, true]);
});
