import { expect, it } from 'vitest';
import { accountScope, canSeeAccount, requireAdmin, systemActor, type Actor } from './actor.js';

const admin: Actor = { role: 'admin', label: 'root', origin: 'cli' };
const alice: Actor = {
  role: 'account',
  accountId: 'a1',
  accountName: 'alice',
  label: 'alice',
  origin: 'cli',
};

it('lets admins and the daemon do what is theirs', () => {
  expect(() => {
    requireAdmin(admin);
    requireAdmin(systemActor);
  }).not.toThrow();
  expect(() => {
    requireAdmin(alice);
  }).toThrow(expect.objectContaining({ kind: 'denied', code: 'auth.admin-only' }));
});

it('shows an account only what is its own', () => {
  expect(canSeeAccount(alice, 'a1')).toBe(true);
  for (const foreign of ['b2', '', null, undefined]) {
    expect(canSeeAccount(alice, foreign)).toBe(false);
    expect(canSeeAccount(admin, foreign)).toBe(true);
    expect(canSeeAccount(systemActor, foreign)).toBe(true);
  }
});

it('limits lists to the account', () => {
  expect([admin, systemActor, alice].map(accountScope)).toEqual([undefined, undefined, 'a1']);
});
