import { expect, it } from 'vitest';
import { namePattern } from './name-pattern.js';

it.each([
  ['config', 'wp-config.php', true],
  ['CONFIG', 'wp-config.php', true],
  ['*.php', 'index.php', true],
  ['*.php', 'index.php.bak', false],
  ['in*x.*', 'index.php', true],
  ['index.ph?', 'index.php', true],
  ['index.ph?', 'index.ph', false],
  ['a*a', 'a', false],
  ['a*b*c', 'axxbyyc', true],
  ['a*b*c', 'acb', false],
  ['*', '', true],
  ['[ab]', 'a', false],
  ['$&', 'x$&y', true],
])('%s in %s: %s', (pattern, name, isMatch) => {
  expect(namePattern(pattern).matches(name)).toBe(isMatch);
});

it.each([
  ['public_html/*.php', 'homedir/public_html/index.php', true],
  ['html/*.php', 'homedir/public_html/index.php', false],
  ['public_html/ind', 'homedir/public_html/index.php', true],
])('%s in the path %s: %s', (pattern, path, isMatch) => {
  expect(namePattern(pattern).matches(path)).toBe(isMatch);
});

it('takes no longer for a pattern made to take long', () => {
  const pattern = namePattern(`${'*a'.repeat(100)}*b`);
  expect(pattern.matches('a'.repeat(100_000))).toBe(false);
});
