/** Writing past the page cache, on a real file system. */
import { execFileSync } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { setDirect } from '../../daemon/platform/syscalls.js';
import { tempDir } from '../../daemon/testing/temp-dir.js';
import { needsRoot, needsTool } from '../../daemon/testing/tools.js';
import { inChunks, patternBytes } from '../conformance/check-tools.js';
import { writeBody } from './write-body.js';

const BYTES = patternBytes(9_000_001, 3);

async function written(path: string, bytes: Uint8Array): Promise<Buffer> {
  const file = await open(path, 'wx', 0o600);
  try {
    expect(await writeBody(file, inChunks(bytes, 70_001), undefined, 'Writing')).toBe(bytes.length);
  } finally {
    await file.close();
  }
  return readFile(path);
}

/** Bytes of a file that the page cache holds. */
function cachedBytes(path: string): number {
  return Number(execFileSync('fincore', ['-b', '-n', '-o', 'RES', path], { encoding: 'utf8' }));
}

describe('a body on a file system that writes directly', () => {
  it.each([1, 4095, 2 * 1024 * 1024, 2 * 1024 * 1024 + 1, 4 * 1024 * 1024 - 512, BYTES.length])(
    'arrives whole: %i bytes',
    async (length) => {
      const path = join(await tempDir(), 'file');
      expect(Buffer.compare(await written(path, BYTES.subarray(0, length)), BYTES.subarray(0, length))).toBe(0); // prettier-ignore
    },
  );

  it.skipIf(!needsTool('fincore'))('does not fill the page cache', async () => {
    const path = join(await tempDir(), 'file');
    const file = await open(path, 'wx', 0o600);
    const isDirect = setDirect(file.fd, true);
    setDirect(file.fd, false);
    if (!isDirect) return file.close();
    await writeBody(file, BYTES, undefined, 'Writing');
    await file.close();
    // Only the end, which no alignment holds.
    expect(cachedBytes(path)).toBeLessThan(2 * 1024 * 1024);
  });

  it.skipIf(!needsRoot())('arrives whole on one that cannot', async () => {
    const directory = await tempDir();
    execFileSync('mount', ['-t', 'ramfs', 'ramfs', directory]);
    try {
      expect(Buffer.compare(await written(join(directory, 'file'), BYTES), BYTES)).toBe(0);
    } finally {
      execFileSync('umount', [directory]);
    }
  });
});
