import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Config } from '../platform/config-schema.js';
import { makeTempDir, removeTempDir } from '../testing/temp-dir.js';
import { needsRoot } from '../testing/tools.js';
import { findPostgresql } from './postgresql-settings.js';

const CONFIG: Config['databases'] = {
  mariadb: 'off',
  postgresql: 'on',
  postgresqlSocket: '/run/own',
  postgresqlUser: 'backup',
  byPrefix: true,
};

async function withPassFile(text: string, mode = 0o600): Promise<Config['databases']> {
  const directory = await makeTempDir();
  onTestFinished(() => removeTempDir(directory));
  const postgresqlPassFile = join(directory, 'pgpass');
  await writeFile(postgresqlPassFile, text);
  await chmod(postgresqlPassFile, mode);
  return { ...CONFIG, postgresqlPassFile };
}

it('takes the password of the first line that fits', async () => {
  const config = await withPassFile(
    '# all\nlocalhost:5432:*:other:no\nlocalhost:5433:*:backup:no\nlocalhost:*:shop:backup:no\n*:5432:*:backup:se\\:cr\\\\et\n',
  );
  expect(await findPostgresql(config)).toEqual({
    socketDirectory: '/run/own',
    port: 5432,
    user: 'backup',
    password: 'se:cr\\et',
    passFile: config.postgresqlPassFile,
  });
});

it('says what is wrong with the file', async () => {
  await expect(findPostgresql(await withPassFile('', 0o644))).rejects.toThrow(/chmod 600/);
  await expect(findPostgresql(await withPassFile('*:*:*:me:x\n'))).rejects.toThrow(
    /has no line for the user "backup"/,
  );
  const missing = { ...CONFIG, postgresqlPassFile: '/nowhere/pgpass' };
  await expect(findPostgresql(missing)).rejects.toThrow(/postgresqlPassFile/);
});

it('has no server when it is switched off', async () => {
  expect(await findPostgresql({ ...CONFIG, postgresql: 'off' })).toBeUndefined();
});

it.skipIf(!needsRoot())('becomes the Unix user whom the server knows', async () => {
  const named = await findPostgresql({ ...CONFIG, postgresqlSystemUser: 'nobody' });
  expect(named?.systemUser?.uid).toBe(65534);
  const wrong = findPostgresql({ ...CONFIG, postgresqlSystemUser: 'no-such-user' });
  await expect(wrong).rejects.toThrow(/no Unix user "no-such-user"/);
});
