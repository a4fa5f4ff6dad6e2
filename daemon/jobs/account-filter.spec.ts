import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accountFilter,
  compileFilter,
  matchesFilter,
  type AccountFilter,
  type FilterCondition,
  type FilteredAccount,
} from './account-filter.js';
import { formatFilter, parseFilter } from './account-filter-text.js';
import { filterInWords } from './account-filter-words.js';

const GIB = 1024 ** 3;

const anna: FilteredAccount = {
  name: 'anna',
  owner: 'bob',
  package: 'gold',
  isSuspended: false,
  tags: ['shop', 'vip'],
  contentBytes: 2 * GIB,
  files: 1_000,
};

describe('matchesFilter', () => {
  it.each<[string[], Partial<FilteredAccount>, boolean]>([
    [['name=anna'], {}, true],
    [['name=Anna'], {}, false],
    [['name=ann'], {}, false],
    [['not name=anna'], {}, false],
    [['owner=bob'], {}, true],
    [['owner=bob'], { owner: null }, false],
    [['not owner=bob'], { owner: null }, true],
    [['package=gold'], {}, true],
    [['package="gold, large"'], { package: 'gold, large' }, true],
    [['tag=vip'], {}, true],
    [['tag=vi'], {}, false],
    [['suspended'], {}, false],
    [['suspended'], { isSuspended: true }, true],
    [['not suspended'], { isSuspended: true }, false],
    [['letter=a'], {}, true],
    [['letter=a-f'], { name: 'Eve' }, true],
    [['letter=a-f'], { name: 'gus' }, false],
    [['letter=0-9'], { name: '7up' }, true],
    [['name~nn'], {}, true],
    [['name~^nn'], {}, false],
    [['name~"^(anna|zoe)$"'], {}, true],
    [['not name~^a'], {}, false],
    [['size>2G'], {}, false],
    [['size>1.5GiB'], {}, true],
    [['size<2G'], {}, false],
    [['size<2049M'], {}, true],
    [['size<1K'], { contentBytes: 0 }, true],
    [['files>999'], {}, true],
    [['files<1000'], {}, false],
    [['owner=zoe | package=gold'], {}, true],
    [['owner=zoe | package=tin'], {}, false],
    [['owner=bob', 'not suspended'], {}, true],
    [['owner=bob | name=x', 'suspended | tag=shop', 'letter=b-z'], {}, false],
  ])('%j for %j: %j', (lines, change, expected) => {
    const filter = accountFilter.parse(parseFilter(lines));
    expect(matchesFilter({ ...anna, ...change }, filter)).toBe(expected);
  });

  it('stays quick with a pattern that would take other engines for ever', () => {
    const filter = accountFilter.parse(parseFilter(['name~^(a+)+$']));
    expect(matchesFilter({ ...anna, name: `${'a'.repeat(254)}!` }, filter)).toBe(false);
  });
});

const value = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => !/\p{Cc}/u.test(text));
const isNot = fc.boolean();
const than = fc.constantFrom('more' as const, 'less' as const);
const amount = fc.nat({ max: 2 ** 31 });
const condition: fc.Arbitrary<FilterCondition> = fc.oneof(
  fc.record({ by: fc.constantFrom('name', 'owner', 'package'), value, isNot }),
  fc.record({ by: fc.constant('tag'), value: fc.constantFrom('vip', 'big-shop'), isNot }),
  fc.record({ by: fc.constant('suspended'), isNot }),
  fc.record({ by: fc.constant('pattern'), value: fc.constantFrom('^a', 'a|b', '"', '\\d\\\\'), isNot }), // prettier-ignore
  fc.record({ by: fc.constant('letter'), from: fc.constantFrom('a', 'c'), to: fc.constantFrom('c', 'z'), isNot }), // prettier-ignore
  fc.record({ by: fc.constantFrom('size', 'files'), than, value: amount, isNot }),
);
const filters: fc.Arbitrary<AccountFilter> = fc.record({
  groups: fc.array(fc.array(condition, { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 4,
  }),
});
const accounts: fc.Arbitrary<FilteredAccount> = fc.record({
  name: value,
  owner: fc.option(fc.constantFrom('bob', 'eve')),
  package: fc.option(fc.constantFrom('gold', 'tin')),
  isSuspended: fc.boolean(),
  tags: fc.subarray(['vip', 'big-shop']),
  contentBytes: amount,
  files: amount,
});

describe('any filter', () => {
  it('is read again from what is written of it', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        expect(parseFilter(formatFilter(filter))).toEqual(filter);
        expect(accountFilter.parse(filter)).toEqual(filter);
      }),
    );
  });

  it('takes fewer with another group, more with another condition, the others when turned round', () => {
    fc.assert(
      fc.property(filters, condition, accounts, (filter, extra, account) => {
        const does = matchesFilter(account, filter);
        const narrowed = { groups: [...filter.groups, [extra]] };
        const widened = { groups: filter.groups.map((group) => [...group, extra]) };
        const alone = compileFilter({ groups: [[extra]] });
        expect(matchesFilter(account, narrowed)).toBe(does && alone(account));
        expect(matchesFilter(account, widened)).toBe(does || alone(account));
        const turned = { groups: [[{ ...extra, isNot: !extra.isNot }]] };
        expect(matchesFilter(account, turned)).toBe(!alone(account));
      }),
    );
  });
});

describe('parseFilter', () => {
  it.each<[string[], string]>([
    [[], 'A filter needs a condition'],
    [['  '], 'A filter needs a condition'],
    [['bob'], 'bob is not a condition. There are name='],
    [['owner>bob'], 'owner>bob is not a condition'],
    [['suspended=yes'], 'suspended=yes is not a condition'],
    [['owner='], 'In owner= the value is missing.'],
    [['owner=bob |'], 'A condition is missing beside a "|".'],
    [['owner="bob'], 'a quotation mark is not closed'],
    [['owner="bob"s'], 'must go around the whole value'],
    [['letter=abc'], 'give one letter or a range'],
    [['size>much'], 'give a size such as 500M'],
    [['size>1.5P'], 'give a size such as 500M'],
    [['files>1.5'], 'give a whole number'],
    [['name~^(a|b)'], 'a value that holds "|" goes in double quotes'],
  ])('%j is refused: %s', (lines, message) => {
    expect(() => parseFilter(lines)).toThrow(message);
  });
});

describe('accountFilter', () => {
  it.each<[string, string]>([
    ['name~(', 'This is not a regular expression (missing closing )'],
    ['name~(?=a)', 'look-around'],
    [`name~${'a'.repeat(201)}`, 'at most 200 characters'],
    ['letter=f-a', 'the other way round'],
    ['letter=?', 'A letter is one lower-case letter or digit'],
    ['tag=Big Shop', 'A tag is a word of at most 32'],
  ])('%s is refused: %s', (line, message) => {
    const result = accountFilter.safeParse(parseFilter([line]));
    expect(result.error?.issues[0]?.message).toContain(message);
  });

  it.each([
    {},
    { groups: [] },
    { groups: [[]] },
    { groups: [[{ by: 'moon' }]] },
    { groups: [[{ by: 'suspended', value: 'x' }]] },
    // Written down, it would be another line: a filter of its own.
    { groups: [[{ by: 'pattern', value: 'a\nowner=eve' }]] },
  ])('%j is refused', (filter) => {
    expect(accountFilter.safeParse(filter).success).toBe(false);
  });
});

describe('filterInWords', () => {
  it('tells every kind of condition', () => {
    const lines = ['owner=bob | not package=gold', 'not suspended | tag=vip | letter=a-f', 'name~^a | size>2G | not files<10']; // prettier-ignore
    expect(filterInWords(parseFilter(lines))).toBe(
      'owner is bob or package is not gold; and ' +
        'is not suspended or has the tag vip or first letter is a to f; and ' +
        'name matches ^a or size is more than 2G or does not have less than 10 files',
    );
  });
});
