import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { accountActor, entered, openTestAuth, rootActor } from '../testing/open-test-auth.js';

const PASSWORD = 'correct horse battery';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const browser = { address: '10.0.0.1', userAgent: FIREFOX };

/** Ada signed in twice, eve once, alice by her panel's link. */
async function withSessions() {
  const it = await openTestAuth();
  await it.users.add(rootActor, { name: 'ada', password: PASSWORD });
  const eve = { name: 'eve', role: 'account', account: 'bob', password: PASSWORD } as const;
  await it.users.add(rootActor, eve);
  const enter = (name: string) => entered(it.auth.signIn(name, PASSWORD, browser));
  const ada = [await enter('ada'), await enter('ada')] as const;
  const link = await it.auth.createSignInLink(rootActor, { account: 'alice' });
  const alice = await entered(it.auth.redeemLink(link.token, browser));
  return { ...it, ada, eve: await enter('eve'), alice };
}

type Whose = Awaited<
  ReturnType<Awaited<ReturnType<typeof openTestAuth>>['sessionList']['listOwn']>
>;
const names = (list: Whose) => list.map(({ who }) => who).toSorted();

describe('sessions', () => {
  it('are listed to those whose they are, all of them to admins', async () => {
    const { sessionList, ada, eve, alice, accounts } = await withSessions();
    expect(names(await sessionList.listOwn(ada[0].actor))).toEqual(['ada', 'ada']);
    expect(names(await sessionList.listOwn(eve.actor))).toEqual(['eve']);
    expect(names(await sessionList.listOwn(alice.actor))).toEqual(['alice']);
    expect(names(await sessionList.listOwn(await accountActor(accounts, 'bob')))).toEqual([]);
    expect(names(await sessionList.listAll(ada[0].actor))).toEqual(['ada', 'ada', 'alice', 'eve']);
    await expect(sessionList.listAll(eve.actor)).rejects.toMatchObject({ kind: 'denied' });
    const own = await sessionList.listOwn(ada[0].actor, ada[0].session.id);
    expect(own.filter(({ isThis }) => isThis)).toHaveLength(1);
    expect(JSON.stringify(own)).not.toContain(ada[0].session.id);
  });

  it('are ended one by one; another’s is not found, but by an admin', async () => {
    const { sessionList, sessions, ada, eve, events } = await withSessions();
    const adas = ada[1].session.id.slice(0, 16);
    await expect(sessionList.revoke(eve.actor, adas)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(sessionList.revoke(ada[0].actor, '')).rejects.toMatchObject({ kind: 'not-found' });
    await sessionList.revoke(ada[0].actor, eve.session.id.slice(0, 16));
    expect(await sessions.find(eve.token, browser.address)).toBeUndefined();
    const [event] = await events.list(rootActor, { limit: 1 });
    expect(event).toMatchObject({ action: 'session.revoked', actor: 'ada', details: { address: '10.0.0.1' } }); // prettier-ignore
  });

  it('are ended but for the one that asks', async () => {
    const { sessionList, sessions, ada, eve } = await withSessions();
    expect(await sessionList.revokeOthers(ada[0].actor, ada[0].session.id)).toBe(1);
    expect(await sessions.find(ada[0].token, browser.address)).toBeDefined();
    expect(await sessions.find(ada[1].token, browser.address)).toBeUndefined();
    expect(await sessions.find(eve.token, browser.address)).toBeDefined();
  });

  it('that have ended by themselves are not listed', async () => {
    const { sessionList, clock } = await withSessions();
    clock.advanceMs(12 * 3_600_000);
    expect(await sessionList.listAll(rootActor)).toEqual([]);
  });
});

describe('a lock-out', () => {
  it('is recorded and shown, without a name that is no user’s, and lifted by admins', async () => {
    const { auth, lockOuts, events, eve } = await withSessions();
    const guess = (name: string) => auth.signIn(name, 'not the password', browser).catch(() => undefined); // prettier-ignore
    for (let n = 0; n < 5; n++) {
      await guess('eve');
      await guess(PASSWORD);
    }
    const list = await lockOuts.list(rootActor);
    expect(
      list.map(({ user, address, failures }) => [user ?? '-', address, failures]).toSorted(),
    ).toEqual([
      ['-', '10.0.0.1', 5],
      ['eve', '10.0.0.1', 5],
    ]);
    expect(JSON.stringify(list)).not.toContain(PASSWORD);
    const recorded = await events.list(rootActor, { limit: 20 });
    expect(recorded.filter(({ action }) => action === 'session.locked-out')).toHaveLength(2);
    await expect(lockOuts.list(eve.actor)).rejects.toMatchObject({ kind: 'denied' });
    const id = list.find(({ user }) => user === 'eve')?.id ?? '';
    await expect(lockOuts.lift(eve.actor, id)).rejects.toMatchObject({ kind: 'denied' });
    await lockOuts.lift(rootActor, id);
    expect(await auth.signIn('eve', PASSWORD, browser)).toMatchObject({ kind: 'signed-in' });
    await expect(lockOuts.lift(rootActor, id)).rejects.toMatchObject({ kind: 'not-found' });
  });
});

describe('a token', () => {
  it('that may only look changes nothing, and none makes another', async () => {
    const { tokens } = await withSessions();
    const { token } = await tokens.create(rootActor, { name: 'r', user: 'ada', isReadOnly: true });
    const actor = await tokens.findActor(token, '10.0.0.9');
    expect(actor).toMatchObject({ label: 'ada', origin: 'api' });
    await expect(tokens.findActor(token, '10.0.0.9', true)).rejects.toMatchObject({ code: 'auth.read-only-token' }); // prettier-ignore
    await expect(tokens.create(actor ?? rootActor, { name: 'x' })).rejects.toMatchObject({ code: 'api-token.by-token' }); // prettier-ignore
  });
});

describe('a user who is disabled', () => {
  it('is out at once and cannot come back before it is enabled', async () => {
    const { users, auth, sessions, tokens, ada } = await withSessions();
    const { token } = await tokens.create(rootActor, { name: 'ci', user: 'ada' });
    await expect(users.setDisabled(rootActor, 'ada', true)).rejects.toMatchObject({ code: 'user.last-admin' }); // prettier-ignore
    await users.add(rootActor, { name: 'other' });
    await users.setDisabled(rootActor, 'ada', true);
    expect(await sessions.find(ada[0].token, browser.address)).toBeUndefined();
    expect(await tokens.findActor(token)).toBeUndefined();
    await expect(auth.signIn('ada', PASSWORD, browser)).rejects.toMatchObject({ code: 'auth.failed' }); // prettier-ignore
    await users.setDisabled(rootActor, 'ada', false);
    await auth.signIn('ada', PASSWORD, browser);
  });
});
