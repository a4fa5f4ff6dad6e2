import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { refusalBy } from '../../daemon/testing/refusals.js';
import { tempDir } from '../../daemon/testing/temp-dir.js';
import { needsRoot } from '../../daemon/testing/tools.js';
import {
  ensureHolds,
  inChunks,
  listAll,
  patternBytes,
  PausedBody,
  readAll,
} from '../conformance/check-tools.js';
import { testDirectory, testMarker, type DirectoryStage } from '../conformance/directory-suite.js';
import { initialise } from '../marker.js';
import { LocalDestination, type LocalContext } from './local.destination.js';

const ID = 'abcdef012345';
const BYTES = patternBytes(2_500_000, 1);

function open(path: string, context: Partial<LocalContext> = {}): LocalDestination {
  const destination = new LocalDestination(
    { path, diskLimitPercent: 100 },
    { forbiddenBelow: [], requireRootOwner: false, ...context },
  );
  onTestFinished(() => destination.close());
  return destination;
}

function openDescriptors(): Promise<string[]> {
  return readdir('/proc/self/fd');
}

async function setUp(): Promise<DirectoryStage> {
  const path = await tempDir();
  return {
    path,
    open: (context) => open(path, context),
    give: () => Promise.resolve(),
    blockedText: () => 'lies in the way',
    refusal: (code, ...parts) => refusalBy(path, code, ...parts),
  };
}

describe('a local destination on disk', () => {
  testDirectory(setUp);

  it('follows no symbolic link, neither in the place of an object nor of a folder', async () => {
    const [path, outside] = [await tempDir(), await tempDir()];
    await writeFile(join(outside, 'secret'), 'secret');
    await symlink(join(outside, 'secret'), join(path, 'object'));
    await symlink(outside, join(path, 'folder'));
    await mkdir(join(path, 'real'));
    await symlink(outside, join(path, 'real/inner'));
    const destination = open(path);
    for (const key of ['object', 'folder/secret', 'real/inner/secret']) {
      await expect(readAll(destination, key), key).rejects.toMatchObject({ kind: 'destination' });
    }
    for (const key of ['folder/new', 'real/inner/new', 'real/inner/deep/new']) {
      await expect(destination.put(key, BYTES), key).rejects.toMatchObject({ kind: 'destination' });
    }
    await destination.remove('folder/secret');
    await destination.remove('real/inner/secret').catch(() => undefined);
    await destination.put('object', BYTES); // Replaces the link itself.
    expect(await readdir(outside)).toEqual(['secret']);
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
    await ensureHolds(destination, 'object', BYTES);
  });

  it('finishes what is under way when it is closed, and then lets go of the root', async () => {
    const path = await tempDir();
    const destination = open(path);
    await destination.put('before', BYTES);
    await destination.close();
    const descriptors = (await openDescriptors()).length;
    const body = new PausedBody(BYTES, BYTES);
    const putting = destination.put('folder/object', body.chunks());
    await body.paused;
    await destination.close();
    body.goOn();
    await putting;
    expect((await openDescriptors()).length).toBe(descriptors);
    await ensureHolds(destination, 'folder/object', Buffer.concat([BYTES, BYTES]));
  });

  it('gives every descriptor back', async () => {
    const destination = open(await tempDir());
    const work = async (): Promise<void> => {
      await destination.put('a/object', inChunks(BYTES, 100_000));
      await destination.put('a/object', BYTES, { ifAbsent: true }).catch(() => undefined);
      for await (const chunk of destination.get('a/object')) if (chunk.length > 0) break;
      await readAll(destination, 'a/object', { range: { offset: 0, length: 9e9 } }).catch(
        () => undefined,
      );
      await listAll(destination, '');
      await destination.stat('a/nothing');
      await destination.remove('a/object');
      await destination.close();
    };
    await work();
    const before = await openDescriptors();
    for (let round = 0; round < 5; round++) await work();
    expect((await openDescriptors()).length).toBe(before.length);
  });
});

describe('the marker of a local destination', () => {
  testMarker(setUp);

  it('is looked for again when another directory takes the place of the root', async () => {
    const parent = await tempDir();
    const path = join(parent, 'backup');
    await mkdir(path);
    await initialise(open(path), ID);
    const destination = open(path, { expectedId: ID });
    await destination.put('one', BYTES);
    await rename(path, join(parent, 'elsewhere'));
    await expect(destination.put('two', BYTES)).rejects.toMatchObject({
      code: 'destination.unreachable',
      message: expect.stringContaining('does not exist') as unknown,
    });
    await mkdir(path);
    await expect(destination.put('two', BYTES)).rejects.toMatchObject({
      code: 'destination.unreachable',
    });
    expect(await readdir(path)).toEqual([]);
    await rm(path, { recursive: true });
    await rename(join(parent, 'elsewhere'), path);
    await ensureHolds(destination, 'one', BYTES);
  });
});

describe.skipIf(!needsRoot())('a local destination on a disk of its own', () => {
  async function mountSmallDisk(sizeMiB: number): Promise<string> {
    const path = await tempDir();
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=700`, 'none', path]);
    onTestFinished(() => {
      execFileSync('umount', ['-l', path]);
    });
    return path;
  }

  it('says that the disk is full, leaves nothing, and keeps the old object', async () => {
    const path = await mountSmallDisk(8);
    const destination = open(path);
    await destination.put('folder/object', BYTES);
    const big = patternBytes(20_000_000, 2);
    const full = { code: 'destination.full', isRetryable: false };
    for (const body of [() => big, () => inChunks(big, 65_536), () => inChunks(big, 1_048_576)]) {
      await expect(destination.put('folder/object', body())).rejects.toMatchObject(full);
      await expect(destination.put('other/object', body())).rejects.toMatchObject(full);
    }
    await ensureHolds(destination, 'folder/object', BYTES);
    expect(await readdir(path)).toEqual(['folder']);
    expect(await readdir(join(path, 'folder'))).toEqual(['object']);
  });

  it('is refused by the probe above the disk limit', async () => {
    const path = await mountSmallDisk(8);
    await writeFile(join(path, 'filler'), Buffer.alloc(6 * 1024 * 1024));
    const limited = (diskLimitPercent: number): LocalDestination => {
      const rules = { forbiddenBelow: [], requireRootOwner: true };
      const destination = new LocalDestination({ path, diskLimitPercent }, rules);
      onTestFinished(() => destination.close());
      return destination;
    };
    await limited(80).probe();
    await expect(limited(70).probe()).rejects.toMatchObject({
      code: 'destination.full',
      message: expect.stringContaining('75.0 %') as unknown,
    });
    const { totalBytes, freeBytes } = await limited(70).usage();
    expect(totalBytes).toBe(8 * 1024 * 1024);
    expect(freeBytes).toBe(2 * 1024 * 1024);
  });

  it('writes nothing below the mount point when the disk goes away in mid-put', async () => {
    const path = await mountSmallDisk(30);
    await initialise(open(path), ID);
    const destination = open(path, { expectedId: ID });
    const body = new PausedBody(BYTES, BYTES);
    const putting = destination.put('folder/object', body.chunks());
    await body.paused;
    execFileSync('umount', ['-l', path]);
    await expect(destination.put('next', BYTES)).rejects.toMatchObject({
      code: 'destination.unreachable',
    });
    body.goOn();
    await putting.catch(() => undefined);
    expect(await readdir(path)).toEqual([]);
    execFileSync('mount', ['-t', 'tmpfs', 'none', path]); // For the clean-up to unmount.
  });

  it('says that it is denied when the disk is read-only', async () => {
    const path = await mountSmallDisk(8);
    const destination = open(path);
    await destination.put('object', BYTES);
    execFileSync('mount', ['-o', 'remount,ro', path]);
    await expect(destination.put('object', BYTES)).rejects.toMatchObject({
      code: 'destination.denied',
    });
    await expect(destination.remove('object')).rejects.toMatchObject({
      code: 'destination.denied',
    });
    await ensureHolds(destination, 'object', BYTES);
  });
});

describe('a local destination that root must not use', () => {
  it('does not exist: every call says so and nothing is made', async () => {
    const path = join(await tempDir(), 'missing');
    const destination = open(path);
    const missing = { code: 'destination.unreachable', isRetryable: false };
    await expect(destination.probe()).rejects.toMatchObject(missing);
    await expect(destination.put('a', BYTES)).rejects.toMatchObject(missing);
    await expect(readAll(destination, 'a')).rejects.toMatchObject(missing);
    await expect(destination.usage()).rejects.toMatchObject(missing);
    expect(existsSync(path)).toBe(false);
  });

  it('is a file', async () => {
    const path = join(await tempDir(), 'file');
    await writeFile(path, '');
    await chmod(path, 0o600);
    for (const call of [open(path).probe(), open(path).put('a', BYTES)]) {
      await expect(call).rejects.toMatchObject({ code: 'destination.misconfigured' });
    }
  });
});
