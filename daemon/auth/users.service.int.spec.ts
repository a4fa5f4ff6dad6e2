import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { accountActor, openTestAuth, rootActor } from '../testing/open-test-auth.js';

const PASSWORD = 'correct horse battery';

describe('users', () => {
  it('are added, listed and removed without their hash being seen', async () => {
    const { users, dataSource } = await openTestAuth();
    const ada = await users.add(rootActor, { name: 'ada', password: PASSWORD });
    await users.add(rootActor, { name: 'al', role: 'account', account: 'alice' });
    expect(await users.list(rootActor)).toMatchObject([
      { name: 'ada', role: 'admin', hasPassword: true, accountId: null },
      { name: 'al', role: 'account', hasPassword: false },
    ]);
    expect(ada).not.toHaveProperty('passwordHash');
    await users.remove(rootActor, 'al');
    expect(await dataSource.query('SELECT name FROM user')).toEqual([{ name: 'ada' }]);
  });

  it('tell everything that is wrong with the input', async () => {
    const { users } = await openTestAuth();
    const problemsOf = (input: object) =>
      users.add(rootActor, input as { name: string }).catch((error: unknown) => error);
    expect(await problemsOf({ name: '-x', role: 'boss', shoe: 1 })).toMatchObject({
      kind: 'input',
      details: { problems: [{ field: 'name' }, { field: 'role' }, { field: '' }] },
    });
    expect(await problemsOf({ name: 'x', role: 'account' })).toMatchObject({
      details: { problems: [{ field: 'account' }] },
    });
    expect(await problemsOf({ name: 'x', password: 'short' })).toMatchObject({
      details: { problems: [{ field: 'password' }] },
    });
    expect(await users.list(rootActor)).toEqual([]);
  });

  it('have names of their own', async () => {
    const { users } = await openTestAuth();
    await users.add(rootActor, { name: 'ada' });
    await expect(users.add(rootActor, { name: 'ada' })).rejects.toMatchObject({
      kind: 'conflict',
      code: 'user.exists',
    });
  });

  it('keep the last admin', async () => {
    const { users } = await openTestAuth();
    await users.add(rootActor, { name: 'ada' });
    await users.add(rootActor, { name: 'eve' });
    await users.add(rootActor, { name: 'al', role: 'account', account: 'alice' });
    const both = await Promise.allSettled(['ada', 'eve'].map((n) => users.remove(rootActor, n)));
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(both).toContainEqual({
      status: 'rejected',
      reason: expect.objectContaining({ kind: 'conflict', code: 'user.last-admin' }) as unknown,
    });
  });

  it('are no business of an account', async () => {
    const { users, accounts } = await openTestAuth();
    const alice = await accountActor(accounts, 'alice');
    await users.add(rootActor, { name: 'al', role: 'account', account: 'alice' });
    expect(await users.list(alice)).toEqual([]);
    const denied = expect.objectContaining({ kind: 'denied' }) as unknown;
    await expect(users.add(alice, { name: 'x' })).rejects.toEqual(denied);
    await expect(users.remove(alice, 'al')).rejects.toEqual(denied);
    await expect(users.setPassword(alice, 'al', PASSWORD)).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  it('change their own password, to a good one', async () => {
    const { users, accounts } = await openTestAuth();
    const al = await users.add(rootActor, { name: 'al', role: 'account', account: 'alice' });
    const alice = { ...(await accountActor(accounts, 'alice')), userId: al.id };
    await expect(users.setPassword(alice, 'al', 'short')).rejects.toMatchObject({
      kind: 'input',
      details: { problems: [{ field: 'password' }] },
    });
    await users.setPassword(alice, 'al', PASSWORD);
    expect(await users.get(alice, 'al')).toMatchObject({ hasPassword: true });
  });
});

describe('API tokens', () => {
  it('act as their user until they expire or are removed', async () => {
    const { users, tokens, clock, dataSource } = await openTestAuth();
    const ada = await users.add(rootActor, { name: 'ada' });
    const made = await tokens.create(rootActor, { name: 'ci', user: 'ada', expiresInDays: 30 });
    expect(made.token).toMatch(/^hf_[\w-]{43}$/);
    expect(JSON.stringify(await dataSource.query('SELECT * FROM api_token'))).not.toContain(
      made.token,
    );
    expect(await tokens.findActor(made.token, '10.0.0.1')).toEqual({
      role: 'admin',
      label: 'ada',
      userId: ada.id,
      origin: 'api',
      address: '10.0.0.1',
    });
    clock.advanceMs(29 * 86_400_000);
    expect(await tokens.findActor(made.token)).toBeDefined();
    expect(await tokens.list(rootActor, 'ada')).toMatchObject([
      { name: 'ci', lastUsedAt: '2026-12-20T21:45:12.000Z' },
    ]);
    clock.advanceMs(86_400_000);
    expect(await tokens.findActor(made.token)).toBeUndefined();
    await tokens.remove(rootActor, 'ci', 'ada');
    expect(await tokens.list(rootActor, 'ada')).toEqual([]);
  });

  it('die with their user, and are not guessed', async () => {
    const { users, tokens } = await openTestAuth();
    await users.add(rootActor, { name: 'ada' });
    await users.add(rootActor, { name: 'eve' });
    const { token } = await tokens.create(rootActor, { name: 'ci', user: 'eve' });
    await users.remove(rootActor, 'eve');
    expect(await tokens.findActor(token)).toBeUndefined();
    expect(await tokens.findActor('hf_made-up')).toBeUndefined();
    expect(await tokens.findActor('')).toBeUndefined();
  });

  it('are made by an account for its own user only', async () => {
    const { users, tokens, accounts } = await openTestAuth();
    await users.add(rootActor, { name: 'ada' });
    const al = await users.add(rootActor, { name: 'al', role: 'account', account: 'alice' });
    const alice = { ...(await accountActor(accounts, 'alice')), userId: al.id };
    const { token } = await tokens.create(alice, { name: 'mine' });
    expect(await tokens.findActor(token)).toMatchObject({ role: 'account', accountName: 'alice' });
    await expect(tokens.create(alice, { name: 'x', user: 'ada' })).rejects.toMatchObject({
      kind: 'not-found',
    });
    await expect(tokens.create(rootActor, { name: 'x' })).rejects.toMatchObject({
      code: 'api-token.no-user',
    });
  });
});

describe('events', () => {
  it('are listed newest first, in pages, and to an account only its own', async () => {
    const { events, accounts } = await openTestAuth();
    const alice = await accountActor(accounts, 'alice');
    const own = { kind: 'account', id: 'x', accountId: (await accounts.get(alice, 'alice')).id };
    await events.record(alice, 'account.excludes-changed', own, { excludes: ['a'] });
    await events.record(rootActor, 'job.created', { kind: 'job', id: 7 });
    const all = await events.list(rootActor, { limit: 2 });
    expect(all).toMatchObject([
      { action: 'job.created', actor: 'root', actorUid: 0, subjectId: '7', accountId: null },
      { action: 'account.excludes-changed', actor: 'alice', details: { excludes: ['a'] } },
    ]);
    const before = all[1]?.id ?? 0;
    expect(await events.list(rootActor, { limit: 9, before })).toMatchObject([
      { action: 'account.found' },
      { action: 'account.found' },
    ]);
    const seen = await events.list(alice, { limit: 9 });
    expect(seen.map(({ action }) => action)).toEqual(['account.excludes-changed', 'account.found']);
  });
});
