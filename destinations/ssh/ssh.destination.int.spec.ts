import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { canMount } from '../../daemon/testing/kill-disks.js';
import { SshStage, type Opening } from '../../daemon/testing/servers/ssh-stage.js';
import { canRunSshd, type SshdFlavour } from '../../daemon/testing/servers/sshd-server.js';
import {
  ensureHolds,
  inChunks,
  listAll,
  patternBytes,
  readAll,
} from '../conformance/check-tools.js';
import { testDirectory, testMarker } from '../conformance/directory-suite.js';
import { initialise } from '../marker.js';

const ID = 'abcdef012345';
const BYTES = patternBytes(2_500_000, 1);

const stage = new SshStage();

const FLAVOURS: SshdFlavour[] = ['shell', 'chroot', 'plain'];

describe.skipIf(!canRunSshd()).each(FLAVOURS)('an ssh destination (%s) on disk', (flavour) => {
  stage.serve(flavour);
  testDirectory(() => stage.setUp());

  it('stores and returns 64 MiB byte by byte, in parts and as a whole', async () => {
    const destination = stage.open();
    const bytes = patternBytes(64 * 1024 * 1024 + 1, 3);
    const hash = createHash('sha256').update(bytes).digest('hex');
    await destination.put('big', inChunks(bytes, 777_777));
    const file = await readFile(join(stage.server.directory, 'big'));
    expect(createHash('sha256').update(file).digest('hex')).toBe(hash);
    const whole = createHash('sha256');
    for await (const chunk of destination.get('big')) whole.update(chunk);
    expect(whole.digest('hex')).toBe(hash);
    for (const offset of [0, 1, 262_143, 31_000_000, bytes.length - 500_001]) {
      const part = await readAll(destination, 'big', { range: { offset, length: 500_001 } });
      expect(Buffer.compare(part, bytes.subarray(offset, offset + 500_001)), `at ${offset}`).toBe(
        0,
      );
    }
  });

  it('gives an object its name back that was being replaced when everything stopped', async () => {
    const path = stage.server.directory;
    await writeFile(join(path, '.one.tmp-0123456789abcdef-replaced'), 'old');
    await writeFile(join(path, '.two.tmp-0123456789abcdef-replaced'), 'old');
    await writeFile(join(path, 'two'), 'new');
    await stage.open().sweep('');
    expect(await readdir(path)).toEqual(['one', 'two']);
    expect(await readFile(join(path, 'one'), 'utf8')).toBe('old');
    expect(await readFile(join(path, 'two'), 'utf8')).toBe('new');
  });

  it('follows no symbolic link, neither in the place of an object nor of a folder', async () => {
    const path = stage.server.directory;
    const outside = join(path, '../outside');
    await mkdir(outside);
    await stage.give(outside);
    onTestFinished(() => rm(outside, { recursive: true }));
    await writeFile(join(outside, 'secret'), 'secret');
    await stage.give(join(outside, 'secret'));
    await mkdir(join(path, 'real'));
    await stage.give(join(path, 'real'));
    await symlink('../outside/secret', join(path, 'object'));
    await symlink('../outside', join(path, 'folder'));
    await symlink('../../outside', join(path, 'real/inner'));
    const destination = stage.open();
    for (const key of ['object', 'folder/secret', 'real/inner/secret']) {
      await expect(readAll(destination, key), key).rejects.toMatchObject({ kind: 'destination' });
    }
    for (const key of ['folder/new', 'real/inner/new', 'real/inner/deep/new']) {
      const mend = stage.refusal('destination.corrupt', 'symbolic link');
      await expect(destination.put(key, BYTES), key).rejects.toEqual(mend);
      await expect(destination.remove(key), key).rejects.toEqual(mend);
    }
    await destination.sweep('');
    await destination.put('object', BYTES); // Replaces the link itself.
    expect(await readdir(outside)).toEqual(['secret']);
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
    await ensureHolds(destination, 'object', BYTES);
  });

  it('lists from any key on', async () => {
    const destination = stage.open();
    const keys = ['A', 'a-', 'a/b', 'a/c/d', 'a0', 'b/a', 'b/b', 'c'].sort();
    for (const key of keys) await destination.put(key, BYTES.subarray(0, 3));
    for (const after of [...keys, '', 'a/', 'a/a', 'a/c', 'a/c/e', 'b', 'b/', 'zzz']) {
      const found: string[] = [];
      for await (const { key } of destination.list('', { after })) found.push(key);
      expect(found, `after ${after}`).toEqual(keys.filter((key) => key > after));
    }
  });

  it('knows the room only where the server tells it', async () => {
    const destination = stage.open();
    const { totalBytes, freeBytes } = await destination.usage();
    const isTold = flavour !== 'plain';
    expect([totalBytes !== undefined, freeBytes !== undefined]).toEqual([isTold, isTold]);
    expect(destination.capabilities.freeSpace).toBe(isTold);
  });
});

describe.skipIf(!canRunSshd())('the marker of an ssh destination', () => {
  stage.serve('chroot');
  const marked: Opening = { context: { expectedId: ID } };
  testMarker(() => stage.setUp());

  it('is missed at once when the disk of the server goes away under a connection', async () => {
    await initialise(stage.open(), ID);
    const destination = stage.open(marked);
    await destination.put('one', BYTES);
    await rm(join(stage.server.directory, 'holdfast.json'));
    const missing = stage.refusal('destination.unreachable', 'holdfast.json', 'mount');
    await expect(destination.put('two', BYTES)).rejects.toEqual(missing);
    await expect(readAll(destination, 'one')).rejects.toEqual(missing);
    expect(await readdir(stage.server.directory)).toEqual(['one']);
  });
});

describe.skipIf(!canRunSshd())('the directory of an ssh destination', () => {
  stage.serve('chroot');

  it('is missing: every call says so and nothing is made', async () => {
    const destination = stage.open({ settings: { path: '/no/such/place' } });
    const missing = stage.refusal(
      'destination.unreachable',
      '/no/such/place',
      'does not exist',
      'create',
    );
    await expect(destination.probe()).rejects.toEqual(missing);
    await expect(destination.put('a', BYTES)).rejects.toEqual(missing);
    await expect(readAll(destination, 'a')).rejects.toEqual(missing);
    await expect(destination.usage()).rejects.toEqual(missing);
    expect(await readdir(join(stage.server.directory, '..'))).toEqual(['backup']);
  });

  it('goes away under a connection', async () => {
    const path = join(stage.server.directory, 'base');
    await mkdir(path);
    await stage.give(path);
    const destination = stage.open({ settings: { path: `${stage.server.path}/base` } });
    await destination.put('a', BYTES);
    await rm(path, { recursive: true });
    const missing = stage.refusal(
      'destination.unreachable',
      `${stage.server.path}/base`,
      'does not exist',
    );
    await expect(destination.put('b/c', BYTES)).rejects.toEqual(missing);
    await expect(listAll(destination, '')).rejects.toEqual(missing);
    expect(await readdir(stage.server.directory)).toEqual([]);
  });

  it('is a file', async () => {
    await writeFile(join(stage.server.directory, 'file'), '');
    const destination = stage.open({ settings: { path: `${stage.server.path}/file` } });
    for (const call of [destination.probe(), destination.put('a', BYTES)]) {
      await expect(call).rejects.toEqual(
        stage.refusal('destination.misconfigured', '/file', 'not a directory'),
      );
    }
  });

  it('belongs to someone else', async () => {
    await mkdir(join(stage.server.directory, 'other'), { mode: 0o755 });
    const destination = stage.open({ settings: { path: `${stage.server.path}/other` } });
    await expect(destination.put('a/b', BYTES)).rejects.toEqual(
      stage.refusal('destination.denied', `Storing a/b`, '/other', 'owner'),
    );
    await expect(destination.probe()).rejects.toEqual(
      stage.refusal('destination.denied', '/other', 'cannot write'),
    );
    expect(await readdir(join(stage.server.directory, 'other'))).toEqual([]);
  });

  it('cannot even be looked into', async () => {
    await mkdir(join(stage.server.directory, 'other'));
    await chmod(join(stage.server.directory, 'other'), 0o700);
    const destination = stage.open({ settings: { path: `${stage.server.path}/other/deep` } });
    await expect(destination.stat('a')).rejects.toEqual(
      stage.refusal('destination.denied', '/other/deep', 'mode'),
    );
  });

  it('is the root of what the account sees', async () => {
    const destination = stage.open({ settings: { path: '/' } });
    expect(await destination.stat('backup')).toBeUndefined();
    await writeFile(join(stage.server.directory, 'object'), BYTES);
    await stage.give(join(stage.server.directory, 'object'));
    await ensureHolds(destination, 'backup/object', BYTES);
    expect((await listAll(destination, '')).map(({ key }) => key)).toEqual(['backup/object']);
    await expect(destination.put('object', BYTES)).rejects.toEqual(
      stage.refusal('destination.denied', 'owner'),
    );
  });
});

describe.skipIf(!canRunSshd() || !canMount())('an ssh destination on a small disk', () => {
  stage.serve('chroot');

  it('says that the disk is full, leaves nothing, and keeps the old object', async () => {
    const { path, disk } = await stage.mountSmallDisk(8);
    const destination = stage.open({ settings: { path } });
    await destination.put('folder/object', BYTES);
    const big = patternBytes(20_000_000, 2);
    const full = stage.refusal('destination.full', '/small', 'disk of the server is full');
    for (const body of [() => big, () => inChunks(big, 65_536), () => inChunks(big, 1_048_576)]) {
      await expect(destination.put('folder/object', body())).rejects.toEqual(full);
      await expect(destination.put('other/object', body())).rejects.toEqual(full);
    }
    await ensureHolds(destination, 'folder/object', BYTES);
    expect(await readdir(disk.path)).toEqual(['folder']);
    expect(await readdir(join(disk.path, 'folder'))).toEqual(['object']);
  });

  it('is refused by the probe above the disk limit', async () => {
    const { path, disk } = await stage.mountSmallDisk(8);
    await writeFile(join(disk.path, 'filler'), Buffer.alloc(6 * 1024 * 1024));
    await stage.open({ settings: { path, diskLimitPercent: 80 } }).probe();
    const limited = stage.open({ settings: { path, diskLimitPercent: 70 } });
    await expect(limited.probe()).rejects.toEqual(
      stage.refusal('destination.full', '/small', '75.0 %', '70 %'),
    );
    expect(await limited.usage()).toEqual({
      totalBytes: 8 * 1024 * 1024,
      freeBytes: 2 * 1024 * 1024,
    });
  });

  it('says that it is denied when the disk is read-only', async () => {
    const { path, disk } = await stage.mountSmallDisk(8);
    const destination = stage.open({ settings: { path } });
    await destination.put('object', BYTES);
    disk.remount('ro');
    const denied = stage.refusal('destination.denied', '/small', 'read-only');
    await expect(destination.put('object', BYTES)).rejects.toEqual(denied);
    await expect(destination.put('folder/object', BYTES)).rejects.toEqual(denied);
    await expect(destination.probe()).rejects.toEqual(denied);
    await ensureHolds(destination, 'object', BYTES);
  });
});
