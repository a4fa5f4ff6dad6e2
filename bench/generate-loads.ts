/** What is moved to and from destinations: one large object, and many small ones. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, openSync, closeSync, renameSync, writeSync } from 'node:fs';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { noise } from './seeded.js';

export interface Load {
  id: string;
  label: string;
  /** Few and large, so that bytes a second count; with many small ones it is requests a second. */
  isThroughput: boolean;
  directory: string;
  /** SHA-256 of every file. */
  digests: ReadonlyMap<string, string>;
}

const MIB = 1024 * 1024;
const PIECE_BYTES = 16 * MIB;

const SHAPES = [
  { id: 'large', label: '1 GiB', isThroughput: true, files: 1, sizeBytes: 1024 * MIB },
  { id: 'small', label: '1,000 × 16 KiB', isThroughput: false, files: 1000, sizeBytes: 16 * 1024 },
];

/** Made once, and the same on every machine. No byte of them can be compressed. */
export function ensureLoads(directory: string): Load[] {
  return SHAPES.map(({ files, sizeBytes, ...load }) => {
    const path = join(directory, `load-${load.id}`);
    if (!existsSync(path)) makeFiles(path, files, sizeBytes);
    return { ...load, directory: path, digests: digestsOf(path) };
  });
}

function makeFiles(path: string, files: number, sizeBytes: number): void {
  const making = `${path}-making`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true, mode: 0o700 });
  for (let number = 1; number <= files; number++) {
    const name = `${String(number).padStart(4, '0')}.bin`;
    const file = openSync(join(making, name), 'wx');
    for (let at = 0; at < sizeBytes; at += PIECE_BYTES) {
      writeSync(file, noise(`${name} ${at}`, Math.min(PIECE_BYTES, sizeBytes - at)));
    }
    closeSync(file);
  }
  renameSync(making, path);
}

function digestsOf(directory: string): Map<string, string> {
  const digestOf = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(join(directory, name)))
      .digest('hex');
  return new Map(readdirSync(directory).map((name) => [name, digestOf(name)]));
}
