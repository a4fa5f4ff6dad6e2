/** Homes of accounts for tests that kill: made from a seed, changed, and looked at afterwards. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { pick, randomOf } from './kill-plan.js';

/** Path below the top to what is there. `look` tells all of it, `content` only the bytes. */
export type Inventory = Map<string, { content: string; look: string }>;

/** Names the restore gives to files that are not whole yet. */
const TEMPORARY = /(^|\/)\.holdfast-[^/]*\.tmp$/;
const OLDEST_SECONDS = 1_700_000_000;

export interface HomeSize {
  folders: number;
  filesEach: number;
  largeBytes: number;
}

/** Folders of files of all sizes, a large one, links of both kinds. */
export function makeHome(home: string, uid: number, size: HomeSize): void {
  const random = randomOf(size.folders, size.filesEach);
  for (let folder = 0; folder < size.folders; folder += 1) {
    const path = join(home, 'public_html', `folder-${folder}`);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < size.filesEach; file += 1) {
      writeFile(join(path, `file-${file}.dat`), random, Math.floor(random() ** 3 * 60_000));
    }
    symlinkSync(`file-0.dat`, join(path, 'newest'));
    linkSync(join(path, 'file-0.dat'), join(path, 'same-as-0.dat'));
  }
  writeFile(join(home, 'large.bin'), random, size.largeBytes);
  giveTo(home, uid);
}

/**
 * Changes a home by chance: some files get other bytes, some go, some come. The rest of the file
 * is `seed`'s choice too, so that two changes never make the same bytes.
 */
export function changeHome(home: string, uid: number, seed: number, share: number): void {
  const random = randomOf(seed, 77);
  for (const path of filesBelow(home)) {
    const chance = random();
    if (chance > share) continue;
    const full = join(home, path);
    if (chance < share / 4) rmSync(full);
    else writeFile(full, random, Math.floor(random() ** 3 * 60_000));
  }
  const folders = readdirSync(join(home, 'public_html')).filter(isFolder);
  for (let extra = 0; extra < 3; extra += 1) {
    const folder = join(home, 'public_html', pick(folders, random));
    writeFile(join(folder, `extra-${seed.toString(16)}-${extra}.dat`), random, 5_000);
  }
  giveTo(home, uid);
}

/** Everything below a directory; an empty one when it is not there. */
export function inventoryOf(top: string): Inventory {
  const inventory: Inventory = new Map();
  const visit = (path: string): void => {
    for (const name of readdirSync(join(top, path)).sort()) {
      const at = path === '' ? name : `${path}/${name}`;
      const stats = lstatSync(join(top, at));
      const content = contentOf(join(top, at), stats);
      const attributes = [stats.mode.toString(8), stats.uid, stats.gid, stats.nlink];
      const time = stats.isSymbolicLink() ? '' : stats.mtimeMs.toFixed(3);
      inventory.set(at, { content, look: [content, ...attributes, time].join(' ') });
      if (stats.isDirectory()) visit(at);
    }
  };
  if (lstatSync(top, { throwIfNoEntry: false }) !== undefined) visit('');
  return inventory;
}

export function temporariesIn(inventory: Inventory): string[] {
  return [...inventory.keys()].filter((path) => TEMPORARY.test(path));
}

/** What a killed restore may not leave: bytes that are neither the old nor the new ones. */
export function mixedIn(found: Inventory, before: Inventory, wanted: Inventory): string[] {
  return [...found].flatMap(([path, { content }]) => {
    const allowed = [before.get(path)?.content, wanted.get(path)?.content];
    if (TEMPORARY.test(path) || allowed.includes(content)) return [];
    return [`${path} is ${content}; it was ${allowed.join(' and should be ')}`];
  });
}

/** What was there before and what was wanted, and yet is gone. */
export function lostIn(found: Inventory, before: Inventory, wanted: Inventory): string[] {
  return [...before.keys()].filter((path) => wanted.has(path) && !found.has(path));
}

/** Where the second is not like the first; paths that only the second has are passed over. */
export function differencesOf(wanted: Inventory, found: Inventory): string[] {
  return [...wanted].flatMap(([path, { look }]) => {
    const there = found.get(path)?.look ?? 'missing';
    return there === look ? [] : [`${path}: wanted ${look}, found ${there}`];
  });
}

function contentOf(path: string, stats: Stats): string {
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return `-> ${readlinkSync(path)}`;
  return createHash('sha256').update(readFileSync(path)).digest('base64url').slice(0, 12);
}

function isFolder(name: string): boolean {
  return name.startsWith('folder-');
}

function filesBelow(top: string): string[] {
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(top.length + 1))
    .sort();
}

/** Half text, half noise; never rewritten in place, as a hard link would carry it on. */
function writeFile(path: string, random: () => number, bytes: number): void {
  const content = Buffer.alloc(bytes, `line ${Math.floor(random() * 2 ** 32)} of a file\n`);
  const noise = Math.floor(bytes / 2);
  for (let at = 0; at + 4 <= noise; at += 4) content.writeUInt32LE(random() * 2 ** 32, at);
  rmSync(path, { force: true });
  writeFileSync(path, content);
  const seconds = OLDEST_SECONDS + Math.floor(random() * 50_000_000);
  utimesSync(path, seconds, seconds);
  if (random() < 0.1) chmodSync(path, 0o600);
}

function giveTo(home: string, uid: number): void {
  if (process.geteuid?.() !== 0) return;
  for (const name of ['', ...(readdirSync(home, { recursive: true }) as string[])]) {
    lchownSync(join(home, name), uid, uid);
  }
}
