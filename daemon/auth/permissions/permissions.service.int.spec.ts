import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { accountActor, openTestAuth, rootActor } from '../../testing/open-test-auth.js';
import { systemActor, type Actor } from '../actor.js';
import { PERMISSIONS, type PermissionName } from './catalogue.js';
import type { PermissionChanges } from './permission-input.js';

const GLOBAL = { level: 'global' } as const;
const RESELLER = { level: 'reseller', name: 'rita' } as const;
const PACKAGE = { level: 'package', name: 'small' } as const;
const ALICE = { level: 'account', name: 'alice' } as const;
const rita: Actor = { role: 'reseller', owner: 'rita', label: 'rita', origin: 'panel' };

/** Alice is rita's and has the package small; bob is nobody's. */
async function stage() {
  const auth = await openTestAuth();
  await auth.dataSource.query(
    `UPDATE account SET owner = 'rita', package = 'small' WHERE name = 'alice'`,
  );
  const { accounts, permissions, settings } = auth;
  const alice = await accountActor(accounts, 'alice');
  const bob = await accountActor(accounts, 'bob');
  const { id: aliceId } = await accounts.get(rootActor, 'alice');
  const { id: bobId } = await accounts.get(rootActor, 'bob');
  return {
    ...{ ...auth, alice, bob, aliceId, bobId },
    say: (
      place: Parameters<typeof settings.change>[1],
      changes: PermissionChanges,
      by = rootActor,
    ) => settings.change(by, place, changes),
    may: (actor: Actor, permission: PermissionName = 'snapshots.lock', id?: string) =>
      permissions.may(actor, permission, id),
  };
}

describe('who may', () => {
  it('is what the catalogue says until somebody says otherwise; admins always', async () => {
    const { permissions, alice, aliceId } = await stage();
    const built = new Set(PERMISSIONS.filter((one) => one.isAllowed).map(({ name }) => name));
    expect(await permissions.allowedTo(alice)).toEqual(built);
    expect(await permissions.allowedTo(rita, aliceId)).toEqual(built);
    for (const actor of [rootActor, systemActor]) {
      expect((await permissions.allowedTo(actor, aliceId)).size).toBe(PERMISSIONS.length);
    }
    expect(built.has('destinations.view') || built.has('jobs.view')).toBe(false);
  });

  it('goes down the levels, each overriding the one above', async () => {
    const { say, may, alice, bob } = await stage();
    const steps = [
      [GLOBAL, 'no', false],
      [RESELLER, 'yes', true],
      [PACKAGE, 'no', false],
      [ALICE, 'yes', true],
      [ALICE, 'inherit', false],
      [GLOBAL, 'never', false],
    ] as const;
    for (const [place, value, expected] of steps) {
      await say(place, { 'snapshots.lock': value });
      expect(await may(alice)).toBe(expected);
    }
    expect(await may(bob)).toBe(false);
    await say(GLOBAL, { 'snapshots.lock': 'inherit' });
    expect(await may(bob)).toBe(true);
  });

  it('lets a reseller do for a customer what the customer may not, but for a never', async () => {
    const { say, may, alice, aliceId } = await stage();
    await say(ALICE, { 'snapshots.lock': 'no' });
    expect([await may(alice), await may(rita, 'snapshots.lock', aliceId)]).toEqual([false, true]);
    await say(ALICE, { 'snapshots.lock': 'never' });
    expect(await may(rita, 'snapshots.lock', aliceId)).toBe(false);
    expect(await may(rita)).toBe(true);
    await say(RESELLER, { 'snapshots.lock': 'never' });
    expect(await may(rita)).toBe(false);
  });

  it('denies in words that say what, and whom to ask', async () => {
    const { permissions, alice } = await stage();
    await expect(permissions.require(alice, 'snapshots.delete')).rejects.toMatchObject({
      ...{ kind: 'denied', code: 'permission.denied' },
      message: '“Delete a snapshot” is not permitted to you here. Ask your host.',
    });
    await expect(permissions.require(rita, 'snapshots.delete')).rejects.toMatchObject({
      message: /Ask the admin of this server/,
    });
  });

  it('limits what is listed', async () => {
    const { say, events, alice, aliceId, bobId } = await stage();
    const about = (accountId: string) => ({ kind: 'x', id: 1, accountId });
    await events.record(systemActor, 'x.happened', about(aliceId));
    await events.record(systemActor, 'x.happened', about(bobId));
    const seen = async (actor: Actor) =>
      (await events.list(actor, { limit: 9, subject: { kind: 'x', id: 1 } })).length;
    expect([await seen(rootActor), await seen(alice), await seen(rita)]).toEqual([2, 1, 1]);
    await say(PACKAGE, { 'activity.view': 'never' });
    expect([await seen(rootActor), await seen(alice), await seen(rita)]).toEqual([2, 0, 0]);
    await say(PACKAGE, { 'activity.view': 'no' });
    expect([await seen(alice), await seen(rita)]).toEqual([0, 1]);
  });
});

describe('settings', () => {
  const denied = expect.objectContaining({ kind: 'denied' }) as unknown;

  it('of a reseller are for its own accounts, and give only what it has', async () => {
    const { say, may, alice } = await stage();
    for (const place of [GLOBAL, RESELLER, PACKAGE]) {
      await expect(say(place, { 'snapshots.lock': 'no' }, rita)).rejects.toEqual(denied);
    }
    const bobs = { level: 'account', name: 'bob' } as const;
    await expect(say(bobs, { 'snapshots.lock': 'no' }, rita)).rejects.toMatchObject({
      kind: 'not-found',
    });
    await expect(say(ALICE, { 'snapshots.delete': 'yes' }, rita)).rejects.toEqual(denied);
    await say(ALICE, { 'snapshots.lock': 'no' }, rita);
    expect(await may(alice)).toBe(false);
    await say(ALICE, { 'snapshots.lock': 'yes' }, rita);
    expect(await may(alice)).toBe(true);
    await say(RESELLER, { 'snapshots.lock': 'no' });
    expect(await may(alice)).toBe(false);
  });

  it('of an admin that are never stay, also where a reseller may set', async () => {
    const { say, may, alice } = await stage();
    await say(ALICE, { 'snapshots.lock': 'never' });
    await expect(say(ALICE, { 'snapshots.lock': 'inherit' }, rita)).rejects.toMatchObject({
      code: 'permission.final',
    });
    expect(await may(alice)).toBe(false);
  });

  it('are no business of an end user', async () => {
    const { say, settings, alice } = await stage();
    await expect(say(ALICE, { 'snapshots.lock': 'yes' }, alice)).rejects.toEqual(denied);
    await expect(settings.sheet(alice, ALICE)).rejects.toEqual(denied);
  });

  it('are all set, or none', async () => {
    const { say, may, alice } = await stage();
    const both = { 'snapshots.lock': 'no', 'snapshots.delete': 'yes' } as const;
    await expect(say(ALICE, both, rita)).rejects.toEqual(denied);
    expect(await may(alice)).toBe(true);
  });

  it('refuse what there is not', async () => {
    const { say } = await stage();
    const input = expect.objectContaining({ kind: 'input' }) as unknown;
    await expect(say(GLOBAL, { 'snapshots.fly': 'yes' })).rejects.toEqual(input);
    await expect(say({ level: 'global', name: 'x' }, {})).rejects.toEqual(input);
    await expect(say({ level: 'package' }, {})).rejects.toEqual(input);
    await expect(say({ level: 'package', name: 'smal' }, {})).rejects.toMatchObject({
      code: 'package.not-found',
    });
  });

  it('tell which level decided, and what may be chosen', async () => {
    const { say, settings } = await stage();
    await say(PACKAGE, { 'snapshots.lock': 'no' });
    const { states } = await settings.sheet(rita, ALICE);
    const of = (name: string) => states.find(({ permission }) => permission.name === name);
    expect(of('snapshots.lock')).toMatchObject({
      ...{ setting: 'inherit', decision: { isAllowed: false, by: 'package' } },
      choices: ['yes', 'no', 'never', 'inherit'],
    });
    expect(of('snapshots.delete')).toMatchObject({
      ...{ decision: { isAllowed: false, by: 'built-in' }, choices: ['no', 'never', 'inherit'] },
    });
  });

  it('are recorded, each with before and after', async () => {
    const { say, events, alice, aliceId } = await stage();
    await say(ALICE, { 'snapshots.lock': 'no', 'snapshots.note': 'inherit' });
    const subject = { kind: 'permission', id: 'snapshots.lock' };
    const [event, ...others] = await events.list(alice, { limit: 9, subject });
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      ...{ action: 'permission.changed', accountId: aliceId, actor: 'root' },
      details: { level: 'account', name: 'alice', before: 'inherit', after: 'no' },
    });
    const notChanged = { kind: 'permission', id: 'snapshots.note' };
    expect(await events.list(rootActor, { limit: 9, subject: notChanged })).toEqual([]);
  });
});
