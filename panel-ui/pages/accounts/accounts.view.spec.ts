import { describe, expect, it } from 'vitest';
import {
  HOSTILE,
  now,
  sampleAccount,
  sampleSnapshot,
  secondsAgo,
} from '../../../daemon/testing/sample-rows.js';
import { toAccountsView, type AccountsFilter, type AccountsInput } from './accounts.view.js';

function view(
  given: Omit<Partial<AccountsInput>, 'filter'> & { filter?: Partial<AccountsFilter> },
) {
  const all = { q: '', show: 'all', owner: '', package: '', suspended: '', page: 1 } as const;
  return toAccountsView({
    ...{ accounts: [], latest: [], lastFailures: [], isAdmin: true, now },
    origin: { name: 'cpanel', isDetected: true },
    ...given,
    filter: { ...all, ...given.filter },
  });
}

const accounts = [
  sampleAccount({ id: 'ok', name: 'a-ok' }),
  sampleAccount({ id: 'new', name: 'b-new' }),
  sampleAccount({ id: 'part', name: 'c-part' }),
  sampleAccount({ id: 'bad', name: 'd-bad' }),
  sampleAccount({ id: 'hurt', name: 'e-hurt' }),
  sampleAccount({ id: 'gone', name: 'f-gone', state: 'gone' }),
];
const latest = [
  sampleSnapshot({ accountId: 'ok' }),
  sampleSnapshot({ accountId: 'part', state: 'incomplete', problems: 3 }),
  sampleSnapshot({ accountId: 'bad' }),
  sampleSnapshot({ accountId: 'hurt', isDamaged: true }),
];
const lastFailures = [{ accountId: 'bad', startedAt: secondsAgo(600) }];
const namesOf = ({ rows }: ReturnType<typeof view>) => rows.map((row) => row.name);

describe('toAccountsView', () => {
  it('lists the worst first', () => {
    const { rows } = view({ accounts, latest, lastFailures });
    expect(rows.map((row) => [row.name, row.state.word])).toEqual([
      ['d-bad', 'Failed'],
      ['e-hurt', 'Damaged'],
      ['b-new', 'Never backed up'],
      ['c-part', 'Incomplete'],
      ['a-ok', 'Complete'],
      ['f-gone', 'Gone'],
    ]);
    expect(rows[0]?.remark).toBe('last attempt failed 10 min ago');
    expect(rows[3]?.remark).toBe('3 problems');
  });

  it('forgets a failure that a good snapshot came after', () => {
    const earlier = [{ accountId: 'bad', startedAt: secondsAgo(90_000) }];
    const { rows } = view({ accounts, latest, lastFailures: earlier });
    expect(rows.find((row) => row.name === 'd-bad')?.state.word).toBe('Complete');
  });

  it.each([
    ['attention', ['d-bad', 'e-hurt', 'b-new', 'c-part']],
    ['failed', ['d-bad']],
    ['damaged', ['e-hurt']],
    ['incomplete', ['c-part']],
    ['complete', ['a-ok']],
    ['never', ['b-new']],
    ['gone', ['f-gone']],
  ] as const)('shows only what %s asks for', (show, expected) => {
    expect(namesOf(view({ accounts, latest, lastFailures, filter: { show } }))).toEqual(expected);
  });

  const owned = [
    sampleAccount({ id: '1', name: 'one', owner: 'Reseller', package: 'small' }),
    sampleAccount({ id: '2', name: 'two', email: 'x@reseller.example', package: 'large' }),
    sampleAccount({ id: '3', name: 'three', owner: HOSTILE, isSuspended: true }),
  ];

  it('finds by name, owner and email', () => {
    expect(namesOf(view({ accounts: owned, filter: { q: 'RESELLER' } }))).toEqual(['one', 'two']);
  });

  it('narrows by owner, package and whether it is suspended, all together', () => {
    const found = (filter: Partial<AccountsFilter>) => namesOf(view({ accounts: owned, filter }));
    expect(found({ owner: 'Reseller' })).toEqual(['one']);
    expect(found({ owner: HOSTILE })).toEqual(['three']);
    expect(found({ package: 'large' })).toEqual(['two']);
    expect(found({ suspended: 'yes' })).toEqual(['three']);
    expect(found({ suspended: 'no' })).toEqual(['one', 'two']);
    expect(found({ owner: 'Reseller', suspended: 'yes' })).toEqual([]);
  });

  it('offers what there is to choose from, and resellers no owners', () => {
    const { owners, packages, services } = view({ accounts: owned, filter: { owner: 'left' } });
    const all = ['', HOSTILE, 'Reseller', 'left'];
    expect(owners.map(({ value }) => value)).toEqual(all);
    expect(owners.find(({ isChosen }) => isChosen)?.value).toBe('left');
    expect(packages.map(({ value }) => value)).toEqual(['', 'large', 'small']);
    expect(services).toHaveLength(3);
    expect(view({ accounts: owned, isAdmin: false }).owners).toEqual([]);
    expect(view({ accounts }).services).toEqual([]);
  });

  it('shows a page of a thousand and keeps the filter between pages', () => {
    const many = Array.from({ length: 1000 }, (_, i) =>
      sampleAccount({ id: `${i}`, name: `n${String(i).padStart(4, '0')}`, owner: 'r&d' }),
    );
    const filter = { q: 'n', show: 'never', owner: 'r&d', page: 2 } as const;
    const { rows, pager } = view({ accounts: many, filter });
    expect(rows).toHaveLength(50);
    expect(rows[0]?.name).toBe('n0050');
    expect(pager).toMatchObject({
      text: '51–100 of 1,000',
      previousUrl: '/accounts?q=n&show=never&owner=r%26d&page=1',
      nextUrl: '/accounts?q=n&show=never&owner=r%26d&page=3',
    });
    const last = view({ accounts: many, filter: { page: 999 } }).pager;
    expect(last).toMatchObject({ text: '951–1,000 of 1,000', nextUrl: undefined });
  });
});
