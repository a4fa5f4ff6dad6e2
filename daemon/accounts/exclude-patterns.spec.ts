import { describe, expect, it } from 'vitest';
import { excludeProblem } from './exclude-patterns.js';

describe('excludeProblem', () => {
  it.each([
    '*.log',
    '/tmp/',
    '!keep.me',
    'a/**/b',
    '\\#name',
    'wp-content/cache',
    'ünï*',
    'a..b',
    '[ab]',
  ])('accepts %j', (pattern) => {
    expect(excludeProblem(pattern)).toBeUndefined();
  });

  it.each([
    '',
    '  ',
    '# cache',
    'a\nb',
    'a\0',
    '/',
    '!',
    '../x',
    'a/./b',
    'a/..',
    'x'.repeat(1_001),
  ])('refuses %j', (pattern) => {
    expect(excludeProblem(pattern)).toMatch(/\.$|\.\.".$/);
  });
});
