import { describe, expect, it } from 'vitest';
import { AppError } from '../platform/errors.js';
import { checkCsrf } from './csrf.js';

type Checked = Parameters<typeof checkCsrf>[0];

const host = '127.0.0.1:3035';
const signedIn = {
  method: 'POST',
  headers: { host },
  browserSession: { id: 's', csrfToken: 'right' },
  body: {},
};

function outcome(request: Partial<Checked> & object): string {
  try {
    checkCsrf({ method: 'POST', headers: { host }, body: undefined, ...request });
    return 'accepted';
  } catch (error) {
    return error instanceof AppError ? error.code : 'another error';
  }
}

describe('a signed-in browser', () => {
  it.each([
    ['no token', {}, 'auth.csrf'],
    ['a wrong token', { body: { _csrf: 'wrong' } }, 'auth.csrf'],
    ['a list of tokens', { body: { _csrf: ['right'] } }, 'auth.csrf'],
    ['the token in the form', { body: { _csrf: 'right' } }, 'accepted'],
    ['the token in the header', { headers: { host, 'x-csrf-token': 'right' } }, 'accepted'],
    ['only reading', { method: 'GET' }, 'accepted'],
    [
      'the token, from another site',
      { body: { _csrf: 'right' }, headers: { host, origin: 'https://evil.example' } },
      'auth.csrf',
    ],
    [
      'the token, across sites',
      { body: { _csrf: 'right' }, headers: { host, 'sec-fetch-site': 'cross-site' } },
      'auth.csrf',
    ],
    [
      'the token, from its own page',
      { body: { _csrf: 'right' }, headers: { host, origin: `http://${host}` } },
      'accepted',
    ],
  ])('%s', (_, change, expected) => {
    expect(outcome({ ...signedIn, ...change })).toBe(expected);
  });
});

it('lets the sign-in form of the same site through, and no other', () => {
  expect(outcome({ headers: { host, origin: `http://${host}` } })).toBe('accepted');
  expect(outcome({ headers: { host, origin: 'null' } })).toBe('auth.csrf');
  expect(outcome({ headers: { host, origin: 'http://127.0.0.1:8080' } })).toBe('auth.csrf');
});

it('knows the name that browsers use before a proxy', () => {
  const request = { ...signedIn, body: { _csrf: 'right' } };
  const proxied = { ...request, headers: { host, origin: 'https://panel.example.org' } } as Checked;
  expect(() => {
    checkCsrf(proxied, 'panel.example.org');
  }).not.toThrow();
  expect(() => {
    checkCsrf(proxied, 'other.example.org');
  }).toThrow(AppError);
});

it('does not ask the Unix socket', () => {
  expect(outcome({ peer: { pid: 1, uid: 0, gid: 0 } })).toBe('accepted');
});
