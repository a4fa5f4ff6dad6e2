import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { AccountsStore } from '../accounts/accounts.store.js';
import {
  accountActor,
  entered,
  listedAccount,
  openTestAuth,
  rootActor,
  WITHOUT_DATABASES,
} from '../testing/open-test-auth.js';
import { ActorsService } from './actors.service.js';
import { tokenId } from './tokens.js';
import { UsersStore } from './users.store.js';

const PASSWORD = 'correct horse battery';
const browser = { address: '10.0.0.1', userAgent: 'Firefox' };
const HOUR_MS = 3_600_000;

async function withAdmin() {
  const it = await openTestAuth();
  const user = await it.users.add(rootActor, { name: 'ada', password: PASSWORD });
  return { ...it, user };
}

describe('signing in with a password', () => {
  it('begins a session of which the catalogue knows no token', async () => {
    const { auth, sessions, dataSource, user } = await withAdmin();
    const { token, session, actor } = await entered(auth.signIn('ada', PASSWORD, browser));
    expect(actor).toEqual({
      role: 'admin',
      label: 'ada',
      userId: user.id,
      origin: 'panel',
      address: '10.0.0.1',
      confirmedAt: session.createdAt,
    });
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(await sessions.find(token, '10.0.0.1')).toEqual({ session, actor });
    const rows = await dataSource.query<{ id: string }[]>('SELECT * FROM session');
    expect(rows).toMatchObject([{ id: tokenId(token) }]);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it.each([
    ['a wrong password', 'ada', 'correct horse batterx'],
    ['an unknown name', 'eve', PASSWORD],
    ['an empty password', 'ada', ''],
  ])('refuses %s in the same words', async (_, name, password) => {
    const { auth } = await withAdmin();
    await expect(auth.signIn(name, password, browser)).rejects.toMatchObject({
      kind: 'denied',
      code: 'auth.failed',
      message: 'The name or the password is wrong.',
      details: {},
    });
  });

  it('refuses a user who has no password', async () => {
    const { auth, users } = await withAdmin();
    await users.add(rootActor, { name: 'linkonly' });
    await expect(auth.signIn('linkonly', '', browser)).rejects.toMatchObject({
      code: 'auth.failed',
    });
  });

  it('locks out after five failures, also when they come at once', async () => {
    const { auth, clock } = await withAdmin();
    const guesses = Array.from({ length: 8 }, (_, n) =>
      auth.signIn('ada', `guess number ${String(n)}`, browser).catch((error: unknown) => error),
    );
    const codes = (await Promise.all(guesses)).map((error) => (error as { code: string }).code);
    expect(codes.filter((code) => code === 'auth.failed')).toHaveLength(5);
    await expect(auth.signIn('ada', PASSWORD, browser)).rejects.toMatchObject({
      code: 'auth.too-many-attempts',
    });
    await auth.signIn('ada', PASSWORD, { ...browser, address: '10.0.0.2' });
    clock.advanceMs(30_000);
    await auth.signIn('ada', PASSWORD, browser);
  });

  it('records who came and who did not, but no name that is no user', async () => {
    const { auth, events } = await withAdmin();
    await auth.signIn('ada', PASSWORD, browser);
    await auth.signIn(PASSWORD, 'ada', browser).catch(() => undefined);
    await auth.signIn('ada', 'wrong password!', browser).catch(() => undefined);
    const recorded = await events.list(rootActor, { limit: 3 });
    expect(recorded).toMatchObject([
      { action: 'session.refused', details: { name: 'ada', address: '10.0.0.1' } },
      { action: 'session.refused', subjectId: 'unknown' },
      { action: 'session.started', actor: 'ada', details: { by: 'password' } },
    ]);
    expect(JSON.stringify(recorded)).not.toContain(PASSWORD);
  });
});

describe('a session', () => {
  it('ends after twelve idle hours', async () => {
    const { auth, sessions, clock } = await withAdmin();
    const { token } = await entered(auth.signIn('ada', PASSWORD, browser));
    clock.advanceMs(11 * HOUR_MS);
    expect(await sessions.find(token, '10.0.0.1')).toBeDefined();
    clock.advanceMs(11 * HOUR_MS);
    expect(await sessions.find(token, '10.0.0.1')).toBeDefined();
    clock.advanceMs(12 * HOUR_MS);
    expect(await sessions.find(token, '10.0.0.1')).toBeUndefined();
  });

  it('ends after seven days however busy', async () => {
    const { auth, sessions, clock } = await withAdmin();
    const { token } = await entered(auth.signIn('ada', PASSWORD, browser));
    for (let hours = 10; hours < 7 * 24; hours += 10) {
      clock.advanceMs(10 * HOUR_MS);
      expect(await sessions.find(token, '10.0.0.1')).toBeDefined();
    }
    clock.advanceMs(8 * HOUR_MS);
    expect(await sessions.find(token, '10.0.0.1')).toBeUndefined();
  });

  it('ends by signing out, by a new password and with its user', async () => {
    const { auth, sessions, users } = await withAdmin();
    const begin = () => entered(auth.signIn('ada', PASSWORD, browser));
    const [first, second, third] = [await begin(), await begin(), await begin()];
    await auth.signOut(first.actor, first.session.id);
    expect(await sessions.find(first.token, '10.0.0.1')).toBeUndefined();
    await users.setPassword(third.actor, 'ada', 'another long password', third.session.id);
    expect(await sessions.find(second.token, '10.0.0.1')).toBeUndefined();
    expect(await sessions.find(third.token, '10.0.0.1')).toBeDefined();
    await users.add(rootActor, { name: 'second-admin' });
    await users.remove(rootActor, 'ada');
    expect(await sessions.find(third.token, '10.0.0.1')).toBeUndefined();
  });

  it('does not know a made-up token', async () => {
    const { sessions } = await withAdmin();
    expect(await sessions.find('', '10.0.0.1')).toBeUndefined();
    expect(await sessions.find('A'.repeat(43), '10.0.0.1')).toBeUndefined();
  });
});

describe('a sign-in link', () => {
  it('signs in once, also when it is used twice at once', async () => {
    const { auth } = await withAdmin();
    const { token } = await auth.createSignInLink(rootActor, { user: 'ada' });
    const tries = await Promise.allSettled([1, 2, 3].map(() => auth.redeemLink(token, browser)));
    expect(tries.map(({ status }) => status).toSorted()).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    await expect(auth.redeemLink(token, browser)).rejects.toMatchObject({
      kind: 'denied',
      code: 'auth.link-invalid',
    });
  });

  it('is good for ten minutes', async () => {
    const { auth, clock } = await withAdmin();
    const [early, late] = [
      await auth.createSignInLink(rootActor, {}),
      await auth.createSignInLink(rootActor, {}),
    ];
    clock.advanceMs(10 * 60_000 - 1);
    expect(await auth.redeemLink(early.token, browser)).toMatchObject({ actor: { label: 'root' } });
    clock.advanceMs(1);
    await expect(auth.redeemLink(late.token, browser)).rejects.toMatchObject({
      code: 'auth.link-invalid',
    });
  });

  it('brings an account to itself and to nobody else', async () => {
    const { auth, accounts } = await withAdmin();
    const alice = await accountActor(accounts, 'alice');
    const { token } = await auth.createSignInLink(alice);
    expect(await auth.redeemLink(token, browser)).toMatchObject({
      actor: { role: 'account', accountName: 'alice', label: 'alice' },
    });
    await expect(auth.createSignInLink(alice, { account: 'bob' })).rejects.toMatchObject({
      kind: 'not-found',
    });
    await expect(auth.createSignInLink(alice, { user: 'ada' })).rejects.toMatchObject({
      kind: 'denied',
    });
  });

  it('is worth nothing once the account is gone', async () => {
    const { auth, sessions, accounts, source } = await withAdmin();
    const link = await auth.createSignInLink(rootActor, { account: 'alice' });
    const second = await auth.createSignInLink(rootActor, { account: 'alice' });
    const { token } = await entered(auth.redeemLink(link.token, browser));
    source.listed = [listedAccount('bob', 5002)];
    await accounts.refresh();
    await expect(auth.redeemLink(second.token, browser)).rejects.toMatchObject({
      code: 'auth.link-invalid',
    });
    expect(await sessions.find(token, '10.0.0.1')).toBeUndefined();
    await expect(auth.createSignInLink(rootActor, { account: 'alice' })).rejects.toMatchObject({
      code: 'account.gone',
    });
  });

  it('of an admin who signed in is that admin', async () => {
    const { auth, user } = await withAdmin();
    const { actor } = await entered(auth.signIn('ada', PASSWORD, browser));
    const { token } = await auth.createSignInLink(actor);
    expect((await entered(auth.redeemLink(token, browser))).actor).toMatchObject({
      userId: user.id,
    });
  });
});

describe('the caller at the socket', () => {
  it('is who the kernel says', async () => {
    const { actors } = await withAdmin();
    expect(await actors.ofPeer(0, { origin: 'cli' })).toMatchObject({ role: 'admin', uid: 0 });
    expect(await actors.ofPeer(5001, { origin: 'cli' })).toMatchObject({
      role: 'account',
      accountName: 'alice',
      uid: 5001,
    });
    await expect(actors.ofPeer(5003, { origin: 'cli' })).rejects.toMatchObject({
      kind: 'denied',
      code: 'auth.no-account',
    });
  });

  it('is nobody when two accounts have its uid, or its account is gone', async () => {
    const { actors, accounts, source } = await withAdmin();
    source.listed = [listedAccount('bob', 5002), listedAccount('twin', 5002)];
    await accounts.refresh();
    await expect(actors.ofPeer(5002, { origin: 'cli' })).rejects.toMatchObject({
      code: 'auth.ambiguous-uid',
    });
    await expect(actors.ofPeer(5001, { origin: 'cli' })).rejects.toMatchObject({
      code: 'auth.no-account',
    });
  });

  it('is a reseller only where that is allowed, its own name is one, and others belong to it', async () => {
    const { accounts, dataSource } = await withAdmin();
    const actorsWith = (resellersOverSocket: boolean) => {
      const config = { accounts: { ...WITHOUT_DATABASES.accounts, resellersOverSocket } };
      const store = new AccountsStore(dataSource);
      return new ActorsService(new UsersStore(dataSource), store, config);
    };
    const who = async (isAllowed: boolean) =>
      (await actorsWith(isAllowed).ofPeer(5001, { origin: 'cli' })).role;
    expect(await who(true)).toBe('account');
    await dataSource.query(`UPDATE account SET owner = 'alice'`);
    expect(await who(true)).toBe('account');
    await dataSource.query(`UPDATE account SET source = 'cpanel'`);
    expect(await who(false)).toBe('account');
    const actor = await actorsWith(true).ofPeer(5001, { origin: 'cli' });
    expect(actor).toMatchObject({ role: 'reseller', owner: 'alice', uid: 5001 });
    expect((await accounts.list(actor)).map(({ name }) => name)).toEqual(['alice', 'bob']);
  });
});

describe('a reseller', () => {
  it('signs in by a link for its own account, as long as it owns others', async () => {
    const { auth, sessions, accounts, dataSource } = await withAdmin();
    const early = await auth.createSignInLink(rootActor, { reseller: 'alice' });
    await expect(auth.redeemLink(early.token, browser)).rejects.toMatchObject({
      code: 'auth.link-invalid',
    });
    await dataSource.query(`UPDATE account SET owner = 'alice', source = 'cpanel'`);
    const link = await auth.createSignInLink(rootActor, { reseller: 'alice' });
    const { actor, token } = await entered(auth.redeemLink(link.token, browser));
    expect(actor).toMatchObject({ role: 'reseller', owner: 'alice' });
    const again = await auth.createSignInLink(actor);
    const own = await entered(auth.redeemLink(again.token, browser));
    expect(own.actor).toMatchObject({ role: 'reseller', owner: 'alice' });
    const alice = await accountActor(accounts, 'alice');
    await expect(auth.createSignInLink(alice, { reseller: 'alice' })).rejects.toMatchObject({
      kind: 'denied',
    });
    await dataSource.query(`UPDATE account SET owner = 'root'`);
    expect(await sessions.find(token, '10.0.0.1')).toBeUndefined();
  });

  it('who is a user works on the accounts of its owner and nothing else', async () => {
    const { users, tokens, accounts, dataSource } = await withAdmin();
    await expect(users.add(rootActor, { name: 'rita', role: 'reseller' })).rejects.toMatchObject({
      details: { problems: [{ field: 'owner' }] },
    });
    await expect(users.add(rootActor, { name: 'rita', owner: 'x' })).rejects.toMatchObject({
      details: { problems: [{ field: 'owner' }] },
    });
    await users.add(rootActor, { name: 'rita', role: 'reseller', owner: 'rita-hosting' });
    await dataSource.query(`UPDATE account SET owner = 'rita-hosting' WHERE name = 'bob'`);
    const { token } = await tokens.create(rootActor, { name: 'x', user: 'rita' });
    const actor = await tokens.findActor(token);
    if (actor === undefined) throw new Error('No actor.');
    expect((await accounts.list(actor)).map(({ name }) => name)).toEqual(['bob']);
    await expect(accounts.get(actor, 'alice')).rejects.toMatchObject({ kind: 'not-found' });
    expect((await users.list(actor)).map(({ name }) => name)).toEqual(['rita']);
  });
});
