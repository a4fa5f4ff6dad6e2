import { describe, expect, it } from 'vitest';
import { accountParts } from './account-parts.js';
import { planRecreation, type ServerFacts } from './recreation-plan.js';

const NOBODY: ServerFacts = {
  userOfName: undefined,
  userOfUid: undefined,
  groupOfName: undefined,
  groupOfGid: undefined,
  homeUid: undefined,
  folderProblem: undefined,
};
const range = { uidMin: 1000, uidMax: 59_999 };
const shop = {
  name: 'shop',
  user: 'shop',
  uid: 1005,
  gid: 1006,
  home: '/home/shop',
  package: 'Gold plan',
  email: 'me@shop.test',
  parts: accountParts.parse({ domains: [{ name: 'shop.test' }, { name: 'other.test' }] }),
};

function plan(
  source: string,
  facts: Partial<ServerFacts> = {},
  account: Partial<typeof shop> = {},
) {
  return planRecreation(source, { ...shop, ...account }, { facts: { ...NOBODY, ...facts }, range });
}

function commandsOf(...given: Parameters<typeof plan>): string[][] {
  return plan(...given).steps.map(({ program, args }) => [program, ...args]);
}

describe('on plain Linux', () => {
  const user = ['/usr/sbin/useradd', '--uid', '1005', '--gid', '1006', '--home-dir', '/home/shop'];
  const rest = ['--shell', '/usr/sbin/nologin', '--', 'shop'];

  it('makes the group, the user and the home with the ids they had', () => {
    expect(plan('linux').obstacles).toEqual([]);
    expect(commandsOf('linux')).toEqual([
      ['/usr/sbin/groupadd', '--gid', '1006', '--', 'shop'],
      [...user, '--create-home', ...rest],
    ]);
  });

  it('takes the group and the home that are there', () => {
    const facts = { groupOfGid: { name: 'shop' }, groupOfName: { gid: 1006 }, homeUid: 1005 };
    expect(commandsOf('linux', facts)).toEqual([[...user, '--no-create-home', ...rest]]);
    expect(plan('linux', { groupOfGid: { name: 'users' } }, { gid: 100 }).obstacles).toEqual([]);
  });

  it.each<[Partial<ServerFacts>, Partial<typeof shop>, string]>([
    [{ userOfName: { uid: 7 } }, {}, 'There is a user shop already (uid 7).'],
    [{ userOfUid: { name: 'bob' } }, {}, 'Its uid 1005 is that of bob now.'],
    [{ groupOfGid: { name: 'bob' } }, {}, 'Its gid 1006 is that of the group bob now.'],
    [{ groupOfName: { gid: 5 } }, {}, 'There is a group shop already (gid 5)'],
    [{ homeUid: 1009 }, {}, 'Its home /home/shop is there and belongs to uid 1009.'],
    [{ folderProblem: '/home belongs to bob.' }, {}, '/home belongs to bob.'],
    [{}, { uid: 0 }, 'Its uid 0 is none of accounts.uidMin to accounts.uidMax.'],
    [{}, { home: '/home/../root' }, 'must not contain ".."'],
    [{}, { user: '-oProxy' }, 'must be 1 to 64 letters'],
    [{}, { user: 'a;b' }, 'must be 1 to 64 letters'],
  ])('%j and %j are in the way', (facts, account, part) => {
    expect(plan('linux', facts, account).obstacles.join()).toContain(part);
  });
});

describe('with a panel', () => {
  it.each([
    ['cpanel', ['/usr/local/cpanel/bin/whmapi1', 'createacct', 'username=shop', 'domain=shop.test', 'contactemail=me@shop.test', 'plan=Gold plan']], // prettier-ignore
    ['hestiacp', ['/usr/local/hestia/bin/v-add-user', 'shop', 'PASSWORD-FILE', 'me@shop.test', 'Gold plan']], // prettier-ignore
    ['virtualmin', ['/usr/sbin/virtualmin', 'create-domain', '--domain', 'shop.test', '--user', 'shop', '--passfile', 'PASSWORD-FILE', '--email', 'me@shop.test', '--plan', 'Gold plan', '--features-from-plan']], // prettier-ignore
  ])('%s is asked by its own command', (source, words) => {
    expect(plan(source).obstacles).toEqual([]);
    expect(commandsOf(source)).toEqual([words]);
  });

  it.each([
    ['plesk', 'PSA_PASSWORD'],
    ['directadmin', 'da api-url'],
  ])('%s’s command is shown, with what an admin fills in', (source, part) => {
    const { steps, obstacles } = plan(source);
    expect(steps[0]?.args.join(' ')).toMatch(/shop\.test.*shop|shop.*shop\.test/);
    expect(obstacles.join()).toContain(part);
  });

  it('says what is missing', () => {
    const parts = accountParts.parse({});
    expect(plan('cpanel', {}, { parts }).obstacles.join()).toContain('main domain is not known');
    const named = accountParts.parse({ domains: [{ name: '--user=root' }] });
    expect(plan('virtualmin', {}, { parts: named }).obstacles).toHaveLength(1);
    expect(plan('hestiacp', {}, { package: '-x' }).obstacles.join()).toContain('not understand');
    expect(plan('directory').obstacles.join()).toContain('make it there');
  });
});
