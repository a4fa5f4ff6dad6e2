/** Entries that lie in no file system: descriptions, dumps, what is read elsewhere. They belong to root. */
import { createHash } from 'node:crypto';
import type { BytePath, Entry } from '../manifest/entry.js';
import type { MadeUpFile } from './slab-cutter.js';

function plainEntry(path: BytePath, now: Date) {
  const ns = BigInt(now.getTime()) * 1_000_000n;
  return { path, uid: 0, gid: 0, inode: 0n, mtimeNs: ns, ctimeNs: ns };
}

export function madeUpFolder(path: BytePath, now: Date): Entry {
  return { ...plainEntry(path, now), type: 'directory', mode: 0o700, sizeBytes: 0 };
}

/** No directory of a file system has such a number. */
export function isMadeUpFolder({ type, inode }: Entry): boolean {
  return type === 'directory' && inode === 0n;
}

export function madeUpFile(path: BytePath, content: Buffer, now: Date): MadeUpFile {
  const entry: Entry = {
    ...plainEntry(path, now),
    type: 'file',
    mode: 0o600,
    sizeBytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  };
  return { kind: 'made-up', content, entry };
}
