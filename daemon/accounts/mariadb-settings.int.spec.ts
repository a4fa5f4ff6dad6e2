import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeTempDir, removeTempDir } from '../testing/temp-dir.js';
import { findMariadb, type MariadbConfig } from './mariadb-settings.js';

async function withOptionFile(text: string, mode = 0o600): Promise<MariadbConfig> {
  const directory = await makeTempDir();
  onTestFinished(() => removeTempDir(directory));
  const mariadbOptionFile = join(directory, 'my.cnf');
  await writeFile(mariadbOptionFile, text);
  await chmod(mariadbOptionFile, mode);
  return { mariadb: 'on', mariadbOptionFile };
}

it('takes the server and who we are from an option file', async () => {
  const config = await withOptionFile(
    '[mysqld]\nuser=mysql\n[client]\nuser=backup\npassword="se;cret#"\nsocket=/run/db.sock\n',
  );
  expect(await findMariadb(config)).toEqual({
    socketPath: '/run/db.sock',
    user: 'backup',
    password: 'se;cret#',
    defaultsFile: config.mariadbOptionFile,
  });
});

it('lets the configuration win', async () => {
  const config = await withOptionFile('[client]\nuser=backup\nsocket=/run/db.sock\n');
  const own = { ...config, mariadbSocket: '/own.sock', mariadbUser: 'me' };
  expect(await findMariadb(own)).toMatchObject({ socketPath: '/own.sock', user: 'me' });
});

it('refuses a file that others can read, and one that is not there', async () => {
  await expect(findMariadb(await withOptionFile('[client]\n', 0o644))).rejects.toThrow(/chmod 600/);
  const missing = { mariadb: 'on', mariadbOptionFile: '/nowhere/my.cnf' } as const;
  await expect(findMariadb(missing)).rejects.toThrow(/mariadbOptionFile/);
});

it('has no server when it is switched off', async () => {
  expect(await findMariadb({ mariadb: 'off', mariadbSocket: '/x' })).toBeUndefined();
});
