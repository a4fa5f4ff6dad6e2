import { chown, mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { needsRoot, needsTool } from '../testing/tools.js';
import { DirectorySource } from './directory.source.js';
import { LinuxSource } from './linux.source.js';
import { findPasswd } from './passwd.js';

const me = userInfo();

async function directory(text: (home: string) => string) {
  const base = await tempDir();
  const home = join(base, 'home');
  await mkdir(home);
  const file = join(base, 'accounts.yaml');
  await writeFile(file, text(home));
  return { base, home, source: new DirectorySource(file) };
}

describe.skipIf(!needsTool('getent'))('the linux source', () => {
  it('finds the users of the range whose home is a directory', async () => {
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    const source = new LinuxSource({ uidMin: me.uid, uidMax: me.uid, warn });
    const found = await source.discover();
    expect(found).toContainEqual({
      name: me.username,
      uid: me.uid,
      gid: me.gid,
      home: me.homedir,
      user: me.username,
    });
    expect(warnings).toEqual([]);
  });

  it('leaves out who has no home', async () => {
    const nobody = await findPasswd('nobody');
    expect(nobody).toMatchObject({ home: '/nonexistent' });
    const range = { uidMin: nobody?.uid ?? 0, uidMax: nobody?.uid ?? 0 };
    expect(await new LinuxSource({ ...range, warn: () => undefined }).discover()).toEqual([]);
  });
});

describe.skipIf(!needsTool('getent'))('findPasswd', () => {
  it('finds by name and by uid, and never one for the other', async () => {
    expect(await findPasswd('root')).toMatchObject({ uid: 0 });
    expect(await findPasswd(0)).toMatchObject({ name: 'root' });
    expect(await findPasswd('0')).toBeUndefined();
    expect(await findPasswd('no-such-user')).toBeUndefined();
  });
});

describe.skipIf(!needsTool('getent'))('the directory source', () => {
  it('takes the user named, else the owner of the home', async () => {
    const { home, source } = await directory(
      (path) => `accounts:
  - { name: named, home: ${path}, user: nobody, package: Gold }
  - { name: owned, home: ${path} }`,
    );
    const nobody = await findPasswd('nobody');
    expect(await source.discover()).toEqual([
      { name: 'named', home, user: 'nobody', uid: nobody?.uid, gid: nobody?.gid, package: 'Gold' },
      { name: 'owned', home, user: me.username, uid: me.uid, gid: me.gid },
    ]);
  });

  it.skipIf(!needsRoot())('names an owner without a passwd entry by its uid', async () => {
    const { home, source } = await directory((path) => `accounts: [{ name: a, home: ${path} }]`);
    await chown(home, 123_456_789, 987_654);
    expect(await source.discover()).toMatchObject([
      { uid: 123_456_789, gid: 987_654, user: '123456789' },
    ]);
  });

  it('tells everything that is wrong with the list, and takes nothing from it', async () => {
    const { base, source } = await directory((path) =>
      `accounts:
  - { name: fine, home: ${path} }
  - { name: homeless, home: ${path}/missing }
  - { name: file, home: ${path}/../accounts.yaml }
  - { name: stranger, home: ${path}, user: no-such-user }`.replace('/../', '/'),
    );
    await writeFile(join(base, 'home', 'accounts.yaml'), '');
    await expect(source.discover()).rejects.toMatchObject({
      kind: 'source',
      code: 'accounts.file-invalid',
      details: {
        problems: [
          { field: 'accounts.1.home' },
          { field: 'accounts.2.home' },
          { field: 'accounts.3.user', message: 'no-such-user is no user of this server' },
        ],
      },
    });
  });

  it('says that the file is not there', async () => {
    const source = new DirectorySource('/nonexistent/accounts.yaml');
    await expect(source.discover()).rejects.toMatchObject({
      kind: 'source',
      message: 'The list of accounts /nonexistent/accounts.yaml could not be read (ENOENT).',
    });
  });
});
