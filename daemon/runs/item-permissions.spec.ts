import { describe, expect, it } from 'vitest';
import { kindOfPath, leftOutNote, permittedSelection } from './item-permissions.js';

const items = ['config', 'files', 'database:shop', 'zone:shop.test'].map((name) => ({
  name,
  entries: 1,
  bytes: 1,
}));
const kinds = new Set(['files', 'database'] as const);
const base64 = (path: string): string => `base64:${Buffer.from(path, 'latin1').toString('base64')}`;

function ask(paths: string[], names: string[] = []) {
  return permittedSelection({ paths, items: names }, { kinds, items, use: 'restore' });
}

describe('permittedSelection', () => {
  it('leaves what is not permitted out of everything', () => {
    expect(ask([])).toEqual({
      selection: { paths: [], items: ['files', 'database:shop'] },
      leftOut: ['config', 'zone:shop.test'],
    });
    const all = permittedSelection({ paths: [], items: [] }, { kinds, items: items.slice(1, 3), use: 'restore' }); // prettier-ignore
    expect(all).toEqual({ selection: { paths: [], items: [] }, leftOut: [] });
  });

  it('does not ask for items of which there is nothing', () => {
    const empty = [{ name: 'files', entries: 0, bytes: 0 }, ...items.slice(2)];
    const { selection } = permittedSelection({ paths: [], items: [] }, { kinds, items: empty, use: 'restore' }); // prettier-ignore
    expect(selection.items).toEqual(['database:shop']);
  });

  it('takes what is permitted as it was asked for', () => {
    const paths = ['homedir/a', 'databases/mariadb/shop/tables/a.sql', base64('homedir/caf\xe9')];
    expect(ask(paths, ['files']).selection).toEqual({ paths, items: ['files'] });
  });

  it.each([
    [['zones'], [], 'zones'],
    [['homedir/a', 'zones/shop.test.zone'], [], 'zones/shop.test.zone'],
    [[base64('config/\xe9')], [], 'config/\\xe9'],
    [['database-users/mariadb/shop'], [], 'database-users/mariadb/shop'],
    [['nowhere'], [], 'nowhere'],
    [[], ['files', 'config'], 'config'],
    [[], ['database-user:shop'], 'database-user:shop'],
    [[], ['unheard:of'], 'unheard:of'],
  ])('refuses %j with items %j', (paths, names, named) => {
    expect(() => ask(paths, names)).toThrow(
      `restore files, database themselves, and not ${named}. Leave that out`,
    );
  });

  it('refuses everything where nothing is permitted', () => {
    const asked = { kinds: new Set<never>(), items, use: 'download' } as const;
    expect(() => permittedSelection({ paths: [], items: [] }, asked)).toThrow(
      'Accounts of this server download nothing themselves',
    );
  });
});

it('names a few of many', () => {
  const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  expect(leftOutNote('download', many)).toMatch(/themselves: a, b, c, d, e and 2 more\.$/);
  expect(kindOfPath('mail/a')).toBe('mailbox');
});
