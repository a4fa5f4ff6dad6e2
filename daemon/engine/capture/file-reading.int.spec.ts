/** What a file of a hostile home may cost, judged when it is opened. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { storedContentBytes } from '../archive/tar-header.js';
import { tempDir } from '../../testing/temp-dir.js';
import { openRegularFile } from './file-reading.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** Opens a file of so many blocks of 4 KiB, one in each stretch of so many bytes. */
async function openScattered(blocks: number, stretchBytes: number) {
  const directory = await tempDir();
  const fd = openSync(join(directory, 'file'), 'w');
  const block = Buffer.alloc(4 * KIB, 'x');
  for (let at = 0; at < blocks; at += 1) writeSync(fd, block, 0, block.length, at * stretchBytes);
  ftruncateSync(fd, blocks * stretchBytes);
  closeSync(fd);
  const directoryFd = openSync(directory, 'r');
  const rule = { isForeignLinkAllowed: true, accountUid: 0 };
  const opened = openRegularFile(directoryFd, 'file', 'homedir/file', rule);
  onTestFinished(() => {
    closeSync(directoryFd);
    if ('fd' in opened) closeSync(opened.fd);
  });
  return opened;
}

describe('a file with holes', () => {
  it('is stored without them', async () => {
    const opened = await openScattered(100, GIB);
    if ('code' in opened) throw new Error(opened.message);
    expect(opened.entry).toMatchObject({ sizeBytes: 100 * GIB });
    expect(storedContentBytes(opened.entry)).toBe(400 * KIB);
  });

  it('has its smallest holes stored as zeros when there are many', async () => {
    const opened = await openScattered(5_000, 64 * KIB);
    if ('code' in opened) throw new Error(opened.message);
    expect(opened.entry.sparse?.length).toBeLessThanOrEqual(4_096);
    expect(storedContentBytes(opened.entry)).toBeGreaterThan(300 * MIB);
  });

  it('is not stored when those would be terabytes', async () => {
    expect(await openScattered(5_000, GIB)).toEqual({
      code: 'unreadable',
      message: 'is not stored: it is almost nothing but holes, and of those there are too many',
    });
  });
});
