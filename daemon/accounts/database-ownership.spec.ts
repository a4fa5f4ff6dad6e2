import { expect, it } from 'vitest';
import { isOfAccount } from '../engine/databases/databases-of-account.js';
import { sampleAccount } from '../testing/sample-rows.js';
import type { Account } from './account.entity.js';
import { accountParts } from './account-parts.js';
import { databaseOwnership } from './database-ownership.js';

function account(name: string, databases?: string[]): Account {
  const listed = databases?.map((each) => ({ engine: 'mariadb', name: each }));
  const parts = listed === undefined ? null : accountParts.parse({ databases: listed });
  return sampleAccount({ id: name, name, parts });
}

const everyone = [account('ab'), account('ab_c'), account('panel', ['odd', 'ab_given'])];

function owners(database: string, isByPrefix = true): string[] {
  return everyone
    .filter((one) => isOfAccount(database, databaseOwnership(one, everyone, isByPrefix)))
    .map(({ name }) => name);
}

it.each([
  ['ab_shop', ['ab']],
  ['ab_c_shop', ['ab_c']],
  ['ab_c', ['ab']],
  ['ab', []],
  ['abc_shop', []],
  ['odd', ['panel']],
  ['panel_shop', []],
  ['ab_given', ['panel']],
  ['mysql', []],
  ['AB_shop', []],
])('%s belongs to %j', (database, expected) => {
  expect(owners(database)).toEqual(expected);
});

it('goes by nothing but lists where names tell nothing', () => {
  expect(owners('ab_shop', false)).toEqual([]);
  expect(owners('odd', false)).toEqual(['panel']);
});

it('never takes what belongs to the server, even if a panel lists it', () => {
  const greedy = account('greedy', ['mysql', 'Information_Schema', 'sys']);
  const ownership = databaseOwnership(greedy, [greedy], true);
  expect(['mysql', 'Information_Schema', 'sys'].filter((name) => isOfAccount(name, ownership))).toEqual([]); // prettier-ignore
});

it('gives users as it gives databases, and the one of its own name', () => {
  const ownership = databaseOwnership(account('ab'), everyone, true, { kind: 'databaseUsers' });
  const users = ['ab', 'ab_app', 'ab_c_app', 'odd'];
  expect(users.filter((name) => isOfAccount(name, ownership))).toEqual(['ab', 'ab_app']);
});

it('says when there may be databases that nobody told', () => {
  const parts = accountParts.parse({ problems: ['The list is broken.'] });
  const ownership = databaseOwnership(sampleAccount({ name: 'ab', parts }), [], true);
  expect(ownership).toEqual({
    names: [],
    problem: 'there may be more than were told of: The list is broken',
  });
});

it('tells the databases of one kind of server from those of the other', () => {
  const databases = ['geo', 'shop'].map((name) => ({ name, engine: name === 'geo' ? 'postgresql' : 'mariadb' })); // prettier-ignore
  const one = sampleAccount({ name: 'ab', parts: accountParts.parse({ databases }) });
  expect(databaseOwnership(one, [], true)).toEqual({ names: ['shop'] });
  expect(databaseOwnership(one, [], true, { engine: 'postgresql' })).toEqual({ names: ['geo'] });
});

it("tells the prefixes and names that are someone else's", () => {
  const { prefix } = databaseOwnership(account('ab'), everyone, true);
  expect(prefix?.others).toEqual(['ab_c_', 'panel_', 'odd', 'ab_given']);
});

it('gives nobody what a customer left who is gone', () => {
  const gone = sampleAccount({ id: 'gone', name: 'ab_c', state: 'gone' });
  const ownership = databaseOwnership(account('ab'), [account('ab'), gone], true);
  expect(isOfAccount('ab_c_shop', ownership)).toBe(false);
});
