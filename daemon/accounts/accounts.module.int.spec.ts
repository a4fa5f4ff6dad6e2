import 'reflect-metadata';
import { mkdir, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { expect, it, onTestFinished } from 'vitest';
import { startDaemon } from '../lifecycle.js';
import { makeTestInstance } from '../testing/test-daemon.js';
import { tempDir } from '../testing/temp-dir.js';
import { AccountsService } from './accounts.service.js';

/** The accounts of a daemon whose configuration names this source; this machine has no panel. */
async function accountsFrom(source: string | undefined): Promise<AccountsService> {
  const { paths } = await makeTestInstance(await tempDir());
  const accounts = source === undefined ? {} : { accounts: { source } };
  const isSandbox = process.geteuid?.() !== 0;
  const settings = {
    sandbox: isSandbox,
    panel: { port: 0 },
    log: { level: 'silent' },
    ...accounts,
  };
  await mkdir(paths.home, { recursive: true });
  await writeFile(paths.config, stringify(settings));
  const daemon = await startDaemon(paths, {});
  onTestFinished(() => daemon.stop());
  return daemon.app.get(AccountsService);
}

it.each([
  ['cpanel', "The panel's list of accounts /var/cpanel/users is missing or names nobody"],
  ['directadmin', "The panel's list of accounts /usr/local/directadmin/data/users is missing"],
  ['plesk', '/usr/sbin/plesk is not there'],
])('starts without the accounts of %s and says why', async (source, problem) => {
  const accounts = await accountsFrom(source);
  await expect(accounts.refresh()).rejects.toMatchObject({ kind: 'source' });
  expect(accounts.origin).toEqual({ name: source, isDetected: false });
  expect(accounts.sourceProblem).toContain(problem);
});

it('detects by itself that there is no panel', async () => {
  const accounts = await accountsFrom(undefined);
  await accounts.refresh().catch(() => undefined);
  expect(accounts.origin).toEqual({ name: 'linux', isDetected: true });
});
