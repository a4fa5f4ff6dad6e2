import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decide, LEVELS, VALUES, type LevelSetting, type Viewer } from './decide.js';

const oneLevel = fc.option(
  fc.record({ value: fc.constantFrom(...VALUES), isByReseller: fc.boolean() }),
  { nil: undefined },
);
const tree = fc.tuple(oneLevel, oneLevel, oneLevel, oneLevel).map((levels) =>
  levels.flatMap((said, index): LevelSetting[] => {
    const level = LEVELS[index];
    if (said === undefined || level === undefined) return [];
    return [{ level, value: said.value, isByReseller: level === 'account' && said.isByReseller }];
  }),
);
const viewers = fc.constantFrom<Viewer>('account', 'reseller');

/** The rules once more, each as a sentence about the whole tree. */
function model(settings: readonly LevelSetting[], fallback: boolean, viewer: Viewer): boolean {
  if (settings.some(({ value }) => value === 'never')) return false;
  const said = (level: string) => settings.find((one) => one.level === level)?.value;
  const ofReseller = (said('reseller') ?? said('global') ?? (fallback ? 'yes' : 'no')) === 'yes';
  if (viewer === 'reseller') return ofReseller;
  const account = settings.find(({ level }) => level === 'account');
  const isWorthless = account?.value === 'yes' && account.isByReseller === true && !ofReseller;
  if (account !== undefined && !isWorthless) return account.value === 'yes';
  const ofPackage = said('package');
  return ofPackage === undefined ? ofReseller : ofPackage === 'yes';
}

it('agrees with the rules as sentences', () => {
  fc.assert(
    fc.property(tree, fc.boolean(), viewers, (settings, fallback, viewer) => {
      expect(decide(settings, fallback, viewer).isAllowed).toBe(model(settings, fallback, viewer));
    }),
    { numRuns: 2_000 },
  );
});

it('names a level that says what was decided', () => {
  fc.assert(
    fc.property(tree, fc.boolean(), viewers, (settings, fallback, viewer) => {
      const { by, isAllowed, isFinal } = decide(settings, fallback, viewer);
      const said = settings.find(({ level }) => level === by)?.value;
      if (by === 'built-in') expect([isAllowed, said]).toEqual([fallback, undefined]);
      else expect(said).toBe(isFinal ? 'never' : isAllowed ? 'yes' : 'no');
    }),
  );
});

it('a reseller gives its accounts nothing that it has not itself', () => {
  fc.assert(
    fc.property(tree, fc.boolean(), (settings, fallback) => {
      const others = settings.filter(({ level }) => level !== 'account');
      const given = { level: 'account', value: 'yes', isByReseller: true } as const;
      const before = decide(others, fallback, 'account').isAllowed;
      const after = decide([...others, given], fallback, 'account').isAllowed;
      const own = decide(others, fallback, 'reseller').isAllowed;
      expect(after).toBe(before || own);
    }),
  );
});

it.each([
  ['nothing is said', [], true, 'built-in'],
  ['an upper yes', [{ level: 'global', value: 'yes' }], true, 'global'],
  [
    'a lower no over an upper yes',
    [
      { level: 'global', value: 'yes' },
      { level: 'package', value: 'no' },
    ],
    false,
    'package',
  ],
  [
    'a lower yes over an upper no',
    [
      { level: 'reseller', value: 'no' },
      { level: 'account', value: 'yes' },
    ],
    true,
    'account',
  ],
  [
    'an upper never over a lower yes',
    [
      { level: 'global', value: 'never' },
      { level: 'account', value: 'yes' },
    ],
    false,
    'global',
  ],
] as const)('%s', (_, settings, isAllowed, by) => {
  expect(decide(settings, true, 'account')).toMatchObject({ isAllowed, by });
});
