import { expect, it } from 'vitest';
import { isTenant, requireAdmin, systemActor, type Actor } from './actor.js';

const admin: Actor = { role: 'admin', label: 'root', origin: 'cli' };
const alice: Actor = {
  role: 'account',
  accountId: 'a1',
  accountName: 'alice',
  label: 'alice',
  origin: 'cli',
};
const rita: Actor = { role: 'reseller', owner: 'rita', label: 'rita', origin: 'panel' };

it('lets admins and the daemon do what is theirs', () => {
  expect(() => {
    requireAdmin(admin);
    requireAdmin(systemActor);
  }).not.toThrow();
  for (const tenant of [alice, rita]) {
    expect(() => {
      requireAdmin(tenant);
    }).toThrow(expect.objectContaining({ kind: 'denied', code: 'auth.admin-only' }));
  }
});

it('knows who is bound by the rules of tenants', () => {
  expect([admin, systemActor, alice, rita].map(isTenant)).toEqual([false, false, true, true]);
});
