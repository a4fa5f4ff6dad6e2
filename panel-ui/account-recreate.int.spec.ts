import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { expect, it } from 'vitest';
import { AccountsService } from '../daemon/accounts/accounts.service.js';
import { onPanel } from '../daemon/testing/on-panel.js';
import { type PanelDaemon, post, signIn, type Visitor } from '../daemon/testing/panel-daemon.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

let panel: PanelDaemon;
let admin: Visitor;
let anna: Visitor;

/** Bob is no longer in the file that lists accounts. */
onPanel(async (started, directory) => {
  panel = started;
  admin = await signIn(panel);
  anna = await signIn(panel, 'anna');
  const file = join(directory, 'accounts.yaml');
  const { accounts } = parse(await readFile(file, 'utf8')) as { accounts: { name: string }[] };
  await writeFile(file, stringify({ accounts: accounts.filter(({ name }) => name !== 'bob') }));
  await panel.daemon.app.get(AccountsService, { strict: false }).refresh();
});

it('is offered for an account that is gone, with what is in the way', async () => {
  const account = await admin.agent.get('/accounts/bob').expect(200);
  expect(await problemsIn(account)).toEqual([]);
  const url = /href="(\/accounts\/[^"]+\/recreate)"/.exec(account.text)?.[1] ?? '';
  const page = await admin.agent.get(url).expect(200);
  expect(await problemsIn(page)).toEqual([]);
  expect(page.text).toContain(panel.bobsSnapshot);
  expect(page.text).toContain('make it there, with its home');
  expect(page.text).not.toContain('Make it and restore');
  const refused = await post(admin, url, { confirm: 'bob' });
  expect([refused.status, await problemsIn(refused)]).toEqual([422, []]);
});

it('is nothing for an account that is here, nor for end users', async () => {
  expect((await admin.agent.get('/accounts/anna')).text).not.toContain('/recreate');
  await admin.agent.get('/accounts/anna/recreate').expect(409);
  await anna.agent.get('/accounts/bob/recreate').expect(403);
  expect((await post(anna, '/accounts/bob/recreate', { confirm: 'bob' })).status).toBe(403);
});
