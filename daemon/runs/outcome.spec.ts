import { describe, expect, it } from 'vitest';
import { AppError, type ErrorKind } from '../platform/errors.js';
import { retryDecision, runStateOf, taskStateOf, toWorkError } from './outcome.js';
import type { RunState } from './run.entity.js';

describe('runStateOf', () => {
  it.each<[RunState[], RunState]>([
    [[], 'complete'],
    [['queued', 'queued'], 'queued'],
    [['queued', 'complete'], 'running'],
    [['running', 'failed'], 'running'],
    [['running', 'cancelled'], 'running'],
    [['complete', 'complete'], 'complete'],
    [['complete', 'incomplete'], 'incomplete'],
    [['complete', 'failed'], 'incomplete'],
    [['incomplete', 'failed'], 'incomplete'],
    [['failed', 'failed'], 'failed'],
    [['failed', 'cancelled', 'complete'], 'cancelled'],
    [['interrupted', 'cancelled', 'failed'], 'interrupted'],
  ])('%j -> %s', (tasks, expected) => {
    expect(runStateOf(tasks)).toBe(expected);
  });
});

function errorOf(kind: ErrorKind, isRetryable = false) {
  return toWorkError(new AppError(kind, `${kind}.x`, 'No.', { isRetryable }));
}

describe('retryDecision', () => {
  it.each<[ErrorKind, boolean, boolean]>([
    ['input', true, false],
    ['integrity', true, false],
    ['cancelled', true, false],
    ['denied', true, false],
    ['not-found', true, false],
    ['source', true, true],
    ['source', false, false],
    ['destination', true, true],
    ['destination', false, false],
    ['conflict', false, true],
    ['bug', false, true],
  ])('%s (retryable: %s) -> %s', (kind, isRetryable, expected) => {
    expect(retryDecision(errorOf(kind, isRetryable), 1, 1)).toBe(expected);
  });

  it('tries `retries` times more, not more often', () => {
    const error = errorOf('source', true);
    expect([1, 2, 3].map((attempts) => retryDecision(error, attempts, 2))).toEqual([
      true,
      true,
      false,
    ]);
    expect(retryDecision(error, 1, 0)).toBe(false);
  });
});

describe('taskStateOf', () => {
  it('tells a person from a shutdown from a failure', () => {
    const error = errorOf('bug');
    expect(taskStateOf(error, undefined)).toBe('failed');
    expect(taskStateOf(error, 'user')).toBe('cancelled');
    expect(taskStateOf(errorOf('cancelled'), undefined)).toBe('cancelled');
    expect(taskStateOf(errorOf('cancelled'), 'shutdown')).toBe('interrupted');
  });
});

describe('toWorkError', () => {
  it('keeps what is plain and says so when nothing is', () => {
    const circle: Record<string, unknown> = { inode: 3n };
    expect(toWorkError(new AppError('source', 's', 'm', { details: circle })).details).toEqual({
      inode: '3',
    });
    circle['self'] = circle;
    const { details } = toWorkError(new AppError('source', 's', 'm', { details: circle }));
    expect(details).toHaveProperty('note');
    expect(toWorkError('what?')).toMatchObject({ kind: 'bug', message: 'Unexpected: what?' });
  });
});
