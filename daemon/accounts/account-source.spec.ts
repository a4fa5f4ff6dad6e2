import { describe, expect, it } from 'vitest';
import { accountNameProblem, homeProblem } from './account-source.js';

describe('accountNameProblem', () => {
  it.each(['alice', '_mail', 'a.b-c@d', '9lives', 'A'.repeat(64)])('accepts %s', (name) => {
    expect(accountNameProblem(name)).toBeUndefined();
  });

  it.each(['', '-rf', '.hidden', 'a/b', 'a b', 'ä', 'a\n', '@x', 'A'.repeat(65), '../x'])(
    'refuses %j',
    (name) => {
      expect(accountNameProblem(name)).toMatch(/^must be 1 to 64/);
    },
  );
});

describe('homeProblem', () => {
  it.each(['/home/alice', '/srv/a..b/c', '/home/..x'])('accepts %s', (home) => {
    expect(homeProblem(home)).toBeUndefined();
  });

  it.each(['', 'home', './home', '/home/../etc', '/home/..', '/', '//', '/./', '/a\0b'])(
    'refuses %j',
    (home) => {
      expect(homeProblem(home)).toMatch(/^must/);
    },
  );
});
