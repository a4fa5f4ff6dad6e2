import { expect, it } from 'vitest';
import { filesOnly, requireConfirmed } from './into-account.js';

const items = ['config', 'files', 'database:shop'].map((name) => ({ name, entries: 1, bytes: 1 }));

it('takes the files of everything, and says what it leaves out', () => {
  expect(filesOnly({ paths: [], items: [] }, items)).toEqual({
    selection: { paths: [], items: ['files'] },
    notes: ['Left out, since only files go into another account: config, database:shop.'],
  });
  const chosen = { paths: ['homedir/a'], items: ['files'] };
  expect(filesOnly(chosen, items)).toEqual({ selection: chosen, notes: [] });
});

it.each([
  [['databases/mariadb/shop'], [], 'paths'],
  [[], ['database:shop'], 'items'],
])('refuses %j with items %j', (paths, names, field) => {
  const refusal = expect.objectContaining({ code: 'restore.account-files-only' }) as Error;
  expect(() => filesOnly({ paths, items: names }, items)).toThrow(refusal);
  expect(() => filesOnly({ paths, items: names }, items)).toThrow(
    expect.objectContaining({
      details: { problems: [expect.objectContaining({ field })] },
    }) as Error,
  );
});

it('asks for the name of the account that is written', () => {
  expect(() => {
    requireConfirmed({ name: 'bob' }, 'anna');
  }).toThrow('confirm with its name, "bob"');
  requireConfirmed({ name: 'bob' }, 'bob');
});
