import { expect, it } from 'vitest';
import { movableOnly, requireConfirmed } from './into-account.js';

const items = ['config', 'files', 'database:shop', 'cron'].map((name) => ({
  name,
  entries: 1,
  bytes: 1,
}));

it('takes files and databases of everything, and says what it leaves out', () => {
  expect(movableOnly({ paths: [], items: [] }, items)).toEqual({
    selection: { paths: [], items: ['files', 'database:shop'] },
    notes: ['Left out, since only files and databases go into another account: config, cron.'],
  });
  const chosen = { paths: ['homedir/a'], items: ['files', 'database:shop'] };
  expect(movableOnly(chosen, items)).toEqual({ selection: chosen, notes: [] });
});

it.each([
  [['cron/crontab'], [], 'paths'],
  [[], ['mailbox:a@b'], 'items'],
])('refuses %j with items %j', (paths, names, field) => {
  const refusal = expect.objectContaining({ code: 'restore.account-items' }) as Error;
  expect(() => movableOnly({ paths, items: names }, items)).toThrow(refusal);
  expect(() => movableOnly({ paths, items: names }, items)).toThrow(
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
