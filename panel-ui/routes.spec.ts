import { describe, expect, it } from 'vitest';
import { safeReturnPath, urls } from './routes.js';

describe('urls', () => {
  it('encodes names', () => {
    expect(urls.account('a/b?c')).toBe('/accounts/a%2Fb%3Fc');
    expect(urls.snapshot('x', { path: 'homedir/a b&c', q: '' })).toBe(
      '/snapshots/x?path=homedir%2Fa%20b%26c',
    );
  });
});

describe('safeReturnPath', () => {
  it.each(['/', '/runs/12', '/snapshots/x?path=homedir%2Fa'])('keeps %s', (path) => {
    expect(safeReturnPath(path)).toBe(path);
  });

  it.each([
    '//evil.example',
    '/\\evil.example',
    '/a\\b',
    'https://evil.example',
    '/\t/evil.example',
    '/a\r\nSet-Cookie: x',
    '',
    undefined,
    ['/a'],
    '/' + 'a'.repeat(3000),
  ])('sends %j to the dashboard', (path) => {
    expect(safeReturnPath(path)).toBe('/');
  });
});
