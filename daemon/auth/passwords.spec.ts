import { describe, expect, it } from 'vitest';
import { hashPassword, isPassword, passwordProblems } from './passwords.js';

const GOOD = 'correct horse battery';

describe('passwordProblems', () => {
  it.each([GOOD, 'zwölf Zeichen', '🐎🔋📎🐘🐎🔋📎🐘🐎🔋📎🐘'])('accepts %s', (password) => {
    expect(passwordProblems(password, 'bob')).toEqual([]);
  });

  it.each([
    ['elevenchars', /at least 12 characters; this one has 11/],
    ['🐎🔋📎🐘🐎🔋', /this one has 6/],
    ['x1y2'.repeat(51), /at most 200/],
    ['the house of BOB', /contain the user's name/],
    ['aaaaaaaaaaaaaaa', /over and over/],
  ])('refuses %s', (password, reason) => {
    expect(passwordProblems(password, 'bob').join(' ')).toMatch(reason);
  });
});

describe('isPassword', () => {
  it('knows the right one, however it was composed', async () => {
    const hash = await hashPassword('zwölf Zeichen'.normalize('NFD'));
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await isPassword('zwölf Zeichen'.normalize('NFC'), hash)).toBe(true);
    expect(await isPassword('zwolf Zeichen', hash)).toBe(false);
  });

  it('says no without a hash, after the same work', async () => {
    expect(await isPassword(GOOD, null)).toBe(false);
    expect(await isPassword('', null)).toBe(false);
  });

  it('does not hash text of any length', async () => {
    const hash = await hashPassword('');
    expect(await isPassword('x'.repeat(801), hash)).toBe(false);
  });

  it('salts', async () => {
    expect(await hashPassword(GOOD)).not.toBe(await hashPassword(GOOD));
  });
});
