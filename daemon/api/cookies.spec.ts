import { expect, it } from 'vitest';
import { cookieValue } from './cookies.js';

it.each([
  ['a=1; holdfast_session=abc; b=2', 'abc'],
  ['holdfast_session="abc"', 'abc'],
  ['holdfast_session=a%20b', 'a b'],
  ['xholdfast_session=abc', undefined],
  ['holdfast_session=%E0%A4%A', undefined],
  ['holdfast_session', undefined],
  [undefined, undefined],
])('reads the session out of %s', (header, expected) => {
  expect(cookieValue(header, 'holdfast_session')).toBe(expected);
});
