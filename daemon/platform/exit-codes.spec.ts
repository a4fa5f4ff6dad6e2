import { expect, it } from 'vitest';
import { exitCodeOf, exitCodes } from './exit-codes.js';

it.each([
  ['input', 2],
  ['not-found', 5],
  ['denied', 6],
  ['conflict', 4],
  ['source', 4],
  ['destination', 4],
  ['integrity', 4],
  ['cancelled', 4],
  ['bug', 4],
] as const)('answers %s with exit code %i', (kind, code) => {
  expect(exitCodeOf(kind)).toBe(code);
});

it('keeps incomplete apart from done and failed', () => {
  expect(exitCodes).toMatchObject({ done: 0, incomplete: 3, failed: 4 });
});
