import 'reflect-metadata';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Account } from '../accounts/account.entity.js';
import { AccountsStore } from '../accounts/accounts.store.js';
import { newId } from '../platform/ids.js';
import { openTestCatalogue } from '../testing/open-test-catalogue.js';
import { accountScope, canSeeAccount } from './account-scope.js';
import { systemActor, type Actor } from './actor.js';

const NAMES = ['rita', 'rolf', 'anna', 'bob'];
const rows = fc.array(
  fc.record({
    name: fc.constantFrom(...NAMES),
    owner: fc.constantFrom(...NAMES, 'root', null),
    state: fc.constantFrom('active', 'gone'),
    source: fc.constantFrom('cpanel', 'directory', 'plesk', 'snapshot'),
    origin: fc.option(fc.uuid(), { freq: 4 }),
  }),
  { minLength: 1, maxLength: 12 },
);

function accountOf(given: object, index: number): Account {
  return Object.assign(new Account(), {
    ...{ id: newId(), uid: index, gid: index, home: '/h', user: 'u', package: null, email: null },
    ...{ firstSeenAt: 'x', lastSeenAt: 'x', createdAt: null, excludes: [], tags: [] },
    ...{ assignedTo: null, isAssumed: false, isSuspended: false, parts: null, ...given },
  });
}

it('the rule for rows and the one for lists agree, and show nothing of others', async () => {
  const dataSource = await openTestCatalogue();
  const repository = dataSource.getRepository(Account);
  const store = new AccountsStore(dataSource);
  await fc.assert(
    fc.asyncProperty(rows, async (given) => {
      await repository.clear();
      const accounts = given.map(accountOf);
      for (const account of accounts) await repository.insert(account);
      const own = accounts[0];
      const actors: Actor[] = [
        systemActor,
        {
          role: 'account',
          accountId: own?.id ?? '',
          accountName: 'x',
          label: 'x',
          origin: 'panel',
        },
        { role: 'reseller', owner: 'rita', label: 'x', origin: 'panel' },
      ];
      for (const actor of actors) {
        const listed = await store.list({ scope: accountScope(actor) });
        const expected = accounts.filter((account) => canSeeAccount(actor, account));
        expect(new Set(listed.map(({ id }) => id))).toEqual(new Set(expected.map(({ id }) => id)));
      }
    }),
    { numRuns: 60 },
  );
});

it.each([
  ['what it owns', { name: 'anna', owner: 'rita' }, true],
  ['what it owned and is gone', { name: 'anna', owner: 'rita', state: 'gone' }, true],
  ['its own account', { name: 'rita', owner: 'root' }, true],
  ['not who was called so before', { name: 'rita', owner: 'root', state: 'gone' }, false],
  ['not who is called so where names mean other things', { name: 'rita', owner: 'bob', source: 'plesk' }, false], // prettier-ignore
  ['not what another server says it owned', { name: 'anna', owner: 'rita', origin: 'x/y' }, false],
  ['not what is others’', { name: 'bob', owner: 'rolf' }, false],
])('a reseller sees %s', (_, given, isSeen) => {
  const rita: Actor = { role: 'reseller', owner: 'rita', label: 'x', origin: 'panel' };
  const account = accountOf({ state: 'active', source: 'cpanel', origin: null, ...given }, 1);
  expect(canSeeAccount(rita, account)).toBe(isSeen);
});
