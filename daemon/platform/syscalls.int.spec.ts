import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { getAttributes, setAttribute } from './extended-attributes.js';
import {
  O_TMPFILE,
  dataExtents,
  linkOpenFile,
  openAt,
  renameAt,
  setTimes,
  syncFileSystem,
  tryLock,
} from './syscalls.js';

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;

it('an unnamed file takes a name once, and a rename may refuse to replace', async () => {
  const place = await tempDir();
  const directory = openSync(place, DIRECTORY);
  const fd = openAt(directory, '.', O_TMPFILE | constants.O_RDWR, 0o600);
  writeSync(fd, 'content');
  linkOpenFile(fd, directory, 'named');
  expect(readFileSync(join(place, 'named'), 'utf8')).toBe('content');
  expect(() => linkOpenFile(fd, directory, 'named')).toThrow(/EEXIST/);
  writeFileSync(join(place, 'other'), '');
  const [from, to] = [{ dirFd: directory, name: 'other' }, { dirFd: directory, name: 'named' }]; // prettier-ignore
  expect(() => renameAt(from, to, { isNoReplace: true })).toThrow(/EEXIST/);
  closeSync(fd);
  closeSync(directory);
});

it('times before 1970 and nanoseconds, attributes and holes come back', async () => {
  const place = await tempDir();
  const path = join(place, 'file');
  const fd = openSync(path, 'w+');
  writeSync(fd, 'x', 1024 * 1024);
  setTimes(fd, -1_500_000_001n);
  expect(statSync(path, { bigint: true }).mtimeNs).toBe(-1_500_000_001n);
  setAttribute(fd, 'user.a', Buffer.from([0, 255]));
  expect(getAttributes(fd)).toEqual([{ name: 'user.a', value: Buffer.from([0, 255]) }]);
  const [[start] = [0]] = dataExtents(fd, 1024 * 1024 + 1);
  expect(start).toBeGreaterThan(0);
  await syncFileSystem(fd);
  closeSync(fd);
});

it('a lock is held by one descriptor and given back when it closes', async () => {
  const place = await tempDir();
  mkdirSync(join(place, 'locks'));
  const open = (): number => openSync(join(place, 'locks', 'one'), 'a');
  const [first, second] = [open(), open()];
  expect([tryLock(first), tryLock(second)]).toEqual([true, false]);
  closeSync(first);
  expect(tryLock(second)).toBe(true);
  closeSync(second);
});
