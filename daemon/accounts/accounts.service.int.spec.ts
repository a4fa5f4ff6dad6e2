import 'reflect-metadata';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemActor, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import { EventsStore } from '../auth/events.store.js';
import { FakeClock } from '../testing/fake-clock.js';
import { openTestCatalogue } from '../testing/open-test-catalogue.js';
import { tempDir } from '../testing/temp-dir.js';
import type { AccountSource, DiscoveredAccount } from './account-source.js';
import { WITHOUT_DATABASES } from '../testing/open-test-auth.js';
import { AccountDatabases } from './account-databases.js';
import { AccountsService } from './accounts.service.js';
import { AccountsStore } from './accounts.store.js';
import { permissionsOf } from '../testing/permissions-of.js';

/** A source that answers what it is told to. */
class ToldSource implements AccountSource {
  readonly name = 'told';
  answers: (DiscoveredAccount[] | Error)[] = [];
  asked = 0;

  discover(): Promise<DiscoveredAccount[]> {
    this.asked += 1;
    const answer = this.answers.shift() ?? [];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }
}

function found(name: string, uid: number): DiscoveredAccount {
  return { name, uid, gid: uid, home: `/home/${name}`, user: name, owner: 'reseller' };
}

async function setUp(...answers: ToldSource['answers']) {
  const dataSource = await openTestCatalogue();
  const source = new ToldSource();
  source.answers = answers;
  const clock = new FakeClock();
  const events = new EventsService(new EventsStore(dataSource), permissionsOf(dataSource), clock);
  const store = new AccountsStore(dataSource);
  const databases = new AccountDatabases(store, WITHOUT_DATABASES, { swaps: '/nowhere' });
  const accounts = new AccountsService(
    store,
    events,
    source,
    clock,
    databases,
    permissionsOf(dataSource),
  );
  return { accounts, source, clock, events };
}

async function actorOf(accounts: AccountsService, name: string): Promise<Actor> {
  const { id } = await accounts.get(systemActor, name);
  return { role: 'account', accountId: id, accountName: name, label: name, origin: 'cli' };
}

describe('refresh', () => {
  it('finds, keeps, loses and finds again', async () => {
    const all = [found('a', 1001), found('b', 1002)];
    const { accounts, clock, events } = await setUp(all, all.slice(0, 1), all);
    await accounts.refresh();
    const first = await accounts.get(systemActor, 'b');
    await accounts.refresh();
    expect(await accounts.list(systemActor)).toMatchObject([
      { name: 'a', state: 'active' },
      { name: 'b', state: 'gone' },
    ]);
    clock.advanceMs(1000);
    await accounts.refresh();
    const later = '2026-11-21T21:45:13.000Z';
    first.lastSeenAt = later;
    expect(await accounts.get(systemActor, 'b')).toEqual(first);
    const recorded = await events.list(systemActor, { limit: 10 });
    expect(recorded.map(({ action }) => action)).toEqual([
      'account.back',
      'account.gone',
      'account.found',
      'account.found',
    ]);
  });

  it.each([
    ['lists nobody', [] as DiscoveredAccount[], { kind: 'source', code: 'accounts.none-found' }],
    ['fails', new Error('no passwd'), { message: 'no passwd' }],
  ])('changes nothing when the source %s', async (_, answer, error) => {
    const { accounts } = await setUp([found('a', 1001)], answer);
    await accounts.refresh();
    await expect(accounts.refresh()).rejects.toMatchObject(error);
    expect(await accounts.list(systemActor)).toMatchObject([{ name: 'a', state: 'active' }]);
  });

  it('gives nobody the snapshots of a customer who had the same name and uid before', async () => {
    const home = join(await tempDir(), 'a');
    const again = { ...found('a', 1001), home };
    const { accounts, clock, events } = await setUp([again], [found('b', 1002)], [again], [again]);
    clock.set('2000-01-01T00:00:00.000Z');
    await accounts.refresh();
    const before = await accounts.get(systemActor, 'a');
    await accounts.refresh();
    await mkdir(home);
    await accounts.refresh();
    const after = await accounts.get(systemActor, 'a');
    expect(after.id).not.toBe(before.id);
    expect(after).toMatchObject({ state: 'active', createdAt: expect.any(String) as string });
    expect(await accounts.get(systemActor, before.id)).toMatchObject({ state: 'gone' });
    const recorded = await events.list(systemActor, { limit: 10 });
    expect(recorded.find(({ action }) => action === 'account.replaced')?.accountId).toBe(before.id);
    clock.advanceMs(1000);
    await accounts.refresh();
    expect((await accounts.get(systemActor, 'a')).id).toBe(after.id);
  });

  it('is shared by callers at the same time', async () => {
    const { accounts, source } = await setUp([found('a', 1001)], [found('a', 1001)]);
    await Promise.all([accounts.refresh(), accounts.refresh()]);
    expect(source.asked).toBe(1);
    await accounts.refresh();
    expect(source.asked).toBe(2);
  });

  it('keeps excludes and identity', async () => {
    const { accounts } = await setUp([found('a', 1001)], [found('a', 1001)]);
    await accounts.refresh();
    await accounts.setExcludes(systemActor, 'a', ['cache/', '*.log']);
    await accounts.refresh();
    const account = await accounts.get(systemActor, 'a');
    expect(account.excludes).toEqual(['cache/', '*.log']);
    expect(accounts.identityOf(account)).toEqual({
      id: account.id,
      name: 'a',
      uid: 1001,
      gid: 1001,
      home: '/home/a',
      owner: 'reseller',
      package: undefined,
      email: undefined,
      source: 'told',
    });
  });
});

describe('who sees what', () => {
  it('shows an account itself only', async () => {
    const { accounts } = await setUp([found('a', 1001), found('b', 1002)]);
    await accounts.refresh();
    const actor = await actorOf(accounts, 'a');
    const other = await accounts.get(systemActor, 'b');
    expect(await accounts.list(actor)).toMatchObject([{ name: 'a' }]);
    expect(await accounts.get(actor, 'a')).toMatchObject({ name: 'a' });
    for (const key of ['b', other.id, 'nobody']) {
      await expect(accounts.get(actor, key)).rejects.toMatchObject({ kind: 'not-found' });
      await expect(accounts.setExcludes(actor, key, [])).rejects.toMatchObject({
        kind: 'not-found',
      });
    }
  });

  it('takes the active account of a name that two have had', async () => {
    const { accounts } = await setUp([found('a', 1001)], [found('a', 1002)]);
    await accounts.refresh();
    await accounts.refresh();
    expect(await accounts.get(systemActor, 'a')).toMatchObject({ uid: 1002, state: 'active' });
    expect(await accounts.list(systemActor, { state: 'gone' })).toMatchObject([{ uid: 1001 }]);
  });
});

it('refuses excludes that are not lines', async () => {
  const { accounts } = await setUp([found('a', 1001)]);
  await accounts.refresh();
  await expect(accounts.setExcludes(systemActor, 'a', ['ok', ' ', 'a\nb'])).rejects.toMatchObject({
    kind: 'input',
    details: { problems: [{ field: 'excludes.1' }, { field: 'excludes.2' }] },
  });
});
