import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
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
  PausedBody,
  readAll,
} from '../conformance/check-tools.js';
import { initialise } from '../marker.js';

const ID = 'abcdef012345';
const BYTES = patternBytes(2_500_000, 1);

const stage = new SshStage();

const FLAVOURS: SshdFlavour[] = ['shell', 'chroot', 'plain'];

describe.skipIf(!canRunSshd()).each(FLAVOURS)('an ssh destination (%s) on disk', (flavour) => {
  stage.serve(flavour);

  it('keeps an object as a plain file that only its owner can read', async () => {
    await stage.open().put('server/account.1/archives/x.tar', BYTES);
    const file = join(stage.server.directory, 'server/account.1/archives/x.tar');
    expect(Buffer.compare(await readFile(file), BYTES)).toBe(0);
    expect((await stat(file)).mode & 0o7777).toBe(0o600);
    expect((await stat(join(stage.server.directory, 'server'))).mode & 0o7777).toBe(0o700);
  });

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

  it('leaves no temporary and no empty folder when a put is aborted or fails', async () => {
    const destination = stage.open();
    const abort = new AbortController();
    const body = new PausedBody(BYTES);
    const putting = destination.put('a/b/c', body.chunks(), { signal: abort.signal });
    await body.paused;
    const [temporary] = await readdir(join(stage.server.directory, 'a/b'));
    expect(temporary).toMatch(/^\.c\.tmp-[0-9a-f]{16}$/);
    abort.abort();
    await expect(putting).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await readdir(stage.server.directory)).toEqual([]);
  });

  it('removes folders that became empty, but never the root', async () => {
    const destination = stage.open();
    await destination.put('a/b/c', BYTES);
    await destination.put('a/d', BYTES);
    await destination.remove('a/b/c');
    expect(await readdir(join(stage.server.directory, 'a'))).toEqual(['d']);
    await destination.remove('a/d');
    expect(await readdir(stage.server.directory)).toEqual([]);
  });

  it('sweeps what interrupted puts left, below the prefix only', async () => {
    const path = stage.server.directory;
    const destination = stage.open();
    await destination.put('a/object', BYTES);
    for (const folder of ['a/deep', 'b']) {
      await mkdir(join(path, folder));
      await stage.give(join(path, folder));
    }
    for (const file of ['a/.object.tmp-0011', 'a/deep/.x.tmp-22', 'b/.y.tmp-33']) {
      await writeFile(join(path, file), 'half');
    }
    expect((await listAll(destination, '')).map(({ key }) => key)).toEqual(['a/object']);
    await destination.sweep('a/');
    expect(await readdir(join(path, 'a'))).toEqual(['object']);
    expect(await readdir(join(path, 'b'))).toEqual(['.y.tmp-33']);
    await destination.sweep('');
    expect(await readdir(path)).toEqual(['a']);
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

  it('passes over files that are not its own', async () => {
    const path = stage.server.directory;
    await mkdir(join(path, 'lost+found'));
    await writeFile(join(path, 'a file'), 'x');
    await symlink('/etc/passwd', join(path, 'link'));
    execFileSync('mkfifo', [join(path, 'fifo')]);
    const destination = stage.open();
    expect(await listAll(destination, '')).toEqual([]);
    for (const key of ['fifo', 'link']) {
      expect(await destination.stat(key)).toBeUndefined();
      await expect(readAll(destination, key)).rejects.toEqual(
        stage.refusal('destination.not-found', key),
      );
    }
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

  it('tells an object that became shorter while it was read', async () => {
    const destination = stage.open();
    await destination.put('object', patternBytes(8_000_000, 1));
    const reading = (async () => {
      for await (const chunk of destination.get('object')) {
        if (chunk.length > 0) await truncate(join(stage.server.directory, 'object'), 100);
      }
    })();
    await expect(reading).rejects.toEqual(
      stage.refusal('destination.corrupt', 'object', 'shorter'),
    );
  });

  it('says what lies in the way, and leaves it there', async () => {
    const destination = stage.open();
    await destination.put('a', BYTES);
    await destination.put('b/c', BYTES);
    const blocked = (at: string): unknown =>
      stage.refusal('destination.misconfigured', `at ${at}; move`);
    await expect(destination.put('a/b', BYTES)).rejects.toEqual(blocked('a'));
    await expect(destination.put('b', BYTES)).rejects.toEqual(blocked('b'));
    await expect(destination.put('b', BYTES, { ifAbsent: true })).rejects.toEqual(
      stage.refusal('destination.exists', 'Storing b', 'taken'),
    );
    await ensureHolds(destination, 'a', BYTES);
    await ensureHolds(destination, 'b/c', BYTES);
    expect((await readdir(stage.server.directory)).sort()).toEqual(['a', 'b']);
  });

  it('lets puts into a folder survive that others keep emptying it', async () => {
    const destination = stage.open();
    const churn = async (name: string): Promise<void> => {
      for (let round = 0; round < 25; round++) {
        await destination.put(`a/b/${name}`, BYTES.subarray(0, 10));
        await destination.remove(`a/b/${name}`);
      }
    };
    await Promise.all(['u', 'v', 'w', 'x'].map(churn));
    expect(await listAll(destination, '')).toEqual([]);
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

  it('tells a source that is not read to its end to finish', async () => {
    const abort = new AbortController();
    let isFinished = false;
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          yield BYTES;
          await new Promise((resolve) => setImmediate(resolve));
          abort.abort();
        }
      } finally {
        isFinished = true;
      }
    }
    const putting = stage.open().put('object', body(), { signal: abort.signal });
    await expect(putting).rejects.toMatchObject({ kind: 'cancelled' });
    await expect.poll(() => isFinished).toBe(true);
  });
});

describe.skipIf(!canRunSshd())('the marker of an ssh destination', () => {
  stage.serve('chroot');
  const marked: Opening = { context: { expectedId: ID } };

  it('lets through where it is, also for destinations opened anew', async () => {
    expect(await initialise(stage.open(), ID)).toEqual({ format: 1, id: ID });
    const destination = stage.open(marked);
    await destination.probe();
    await destination.put('object', BYTES);
    await ensureHolds(destination, 'object', BYTES);
  });

  it('refuses every call where it is missing, and writes nothing', async () => {
    const destination = stage.open(marked);
    const missing = stage.refusal('destination.unreachable', 'holdfast.json', 'mount');
    await expect(destination.probe()).rejects.toEqual(missing);
    await expect(destination.put('object', BYTES)).rejects.toEqual(missing);
    await expect(destination.stat('object')).rejects.toEqual(missing);
    await expect(listAll(destination, '')).rejects.toEqual(missing);
    expect(await readdir(stage.server.directory)).toEqual([]);
    await initialise(stage.open(), ID);
    await destination.put('object', BYTES); // Mounted again: works at once.
  });

  it('refuses another destination and a marker it cannot read', async () => {
    await initialise(stage.open(), 'fedcba543210');
    const other = stage.refusal('destination.misconfigured', 'another destination');
    await expect(stage.open(marked).put('object', BYTES)).rejects.toEqual(other);
    await writeFile(join(stage.server.directory, 'holdfast.json'), '{"format": 99, "id": "x"}');
    const unreadable = stage.refusal('destination.misconfigured', 'not written by this version');
    await expect(stage.open(marked).put('object', BYTES)).rejects.toEqual(unreadable);
    expect(await readdir(stage.server.directory)).toEqual(['holdfast.json']);
  });

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
