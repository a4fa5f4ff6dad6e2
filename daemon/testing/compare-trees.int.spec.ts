import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { compareTrees } from './compare-trees.js';
import { makeTortureTree, removeTortureTree, type TortureTree } from './torture-tree.js';

const isRoot = process.getuid?.() === 0;

const ACL = 'system.posix_acl_default';
const CAPABILITY = 'security.capability';
const TRUSTED = 'trusted.holdfast';
const NANOSECOND = 'os.utime(path, ns=(0, 1_500_000_000_000_000_002))';
// Replaced in place, keeping what else is known of it and of its directory.
const DEVICE = `old = os.stat(path); up = os.stat(os.path.dirname(path)); os.remove(path);
os.mknod(path, old.st_mode, os.makedev(1, 5)); os.chmod(path, old.st_mode & 0o7777);
os.utime(path, ns=(0, old.st_mtime_ns)); os.utime(os.path.dirname(path), ns=(0, up.st_mtime_ns))`;

/** A change of the tree at a root, and the difference that must be found. */
type Change = [what: string, change: (root: string) => void, found: RegExp];

const CHANGES: Change[] = [
  ['one byte', (r) => rewrite(join(r, 'sizes/noise-513')), /^sizes\/noise-513: content/],
  ['a lost file', (r) => unlinkSync(join(r, 'sizes/noise-1')), /^sizes\/noise-1: missing/],
  ['an extra file', (r) => writeFileSync(join(r, 'x'), ''), /^x: should not be there/],
  ['a mode', (r) => chmodSync(join(r, 'modes/file-4755'), 0o755), /: mode is 0755, was 4755$/],
  [
    'a directory mode',
    (r) => chmodSync(join(r, 'dirs/empty'), 0o700),
    /^dirs\/empty: mode is 0700/,
  ],
  ['a time', (r) => utimesSync(join(r, 'times/epoch'), 1, 1), /^times\/epoch: mtime/],
  [
    'a nanosecond',
    (r) => python(NANOSECOND, join(r, 'times/one-nanosecond')),
    /: mtime is .*2, was .*1$/,
  ],
  [
    'the time of a symlink',
    (r) => lutimesSync(join(r, 'symlinks/dash'), 1, 1),
    /^symlinks\/dash: mtime/,
  ],
  [
    'a link target',
    (r) => relink(join(r, 'symlinks/dangling')),
    /^symlinks\/dangling: target is other/,
  ],
  ['a broken hard link', (r) => breakLink(join(r, 'links/m2')), /^links\/m2: group is none/],
  ['a new hard link', joinFiles, /^sizes\/same-as-noise\.jpg: group is/],
  [
    'a filled hole',
    (r) => rewriteWhole(join(r, 'sparse/middle-hole')),
    /^sparse\/middle-hole: extents/,
  ],
  [
    'a cut file',
    (r) => truncateSync(join(r, 'sparse/all-hole'), 5),
    /^sparse\/all-hole: size is 5/,
  ],
  ['another type', (r) => replaceWithFile(join(r, 'special/fifo')), /: type is file, was fifo$/],
  [
    'an attribute',
    (r) => setAttribute(join(r, 'xattrs/user-00'), 'user.plain'),
    /^xattrs\/user-00: xattrs/,
  ],
  ['a directory attribute', (r) => setAttribute(join(r, 'dirs'), 'user.new'), /^dirs: xattrs is/],
  ['a lost default ACL', (r) => dropAttribute(join(r, 'acls/both'), ACL), /^acls\/both: xattrs is/],
];

const ROOT_CHANGES: Change[] = [
  [
    'the owner of a symlink',
    (r) => lchownSync(join(r, 'owners/1-2.link'), 7, 2),
    /: uid is 7, was 1$/,
  ],
  [
    'a lost capability',
    (r) => dropAttribute(join(r, 'xattrs/capability'), CAPABILITY),
    /: xattrs is \{\}/,
  ],
  [
    'a trusted attribute of a symlink',
    (r) => setAttribute(join(r, 'xattrs/trusted.link'), TRUSTED),
    /: xattrs is/,
  ],
  ['a device number', (r) => python(DEVICE, join(r, 'special/null')), /: device is 1:5, was 1:3$/],
];

let base: string;
let original: string;
let copy: string;
let tree: TortureTree;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'holdfast-compare-'));
  original = join(base, 'original');
  copy = join(base, 'copy');
  tree = await makeTortureTree(original, { asRoot: isRoot });
});

afterAll(() => removeTortureTree(base));

describe('the torture tree', () => {
  it('holds more than 80 entries beside the directory of a thousand', () => {
    expect(tree.entries).toBeGreaterThan(1080);
    expect(tree.refused).toEqual([]);
  });

  it('can hold a path beyond the longest one a system call takes', async () => {
    const long = join(base, 'long');
    const made = await makeTortureTree(long, { asRoot: isRoot, beyondPathMax: true });
    expect(made.entries).toBe(tree.entries + 21);
    await removeTortureTree(long);
    expect(existsSync(long)).toBe(false);
  });
});

describe('compareTrees', () => {
  afterEach(() => removeTortureTree(copy));

  it('finds nothing between a tree and its faithful copy', async () => {
    execFileSync('cp', ['-a', '--', original, copy]);
    expect(await compareTrees(original, copy)).toEqual([]);
  });

  it('leaves out what it is told to', async () => {
    execFileSync('cp', ['-a', '--', original, copy]);
    unlinkSync(join(copy, 'dirs/thousand/0007'));
    chmodSync(join(copy, 'dirs/empty'), 0o700);
    const skip = (entry: { path: string }): boolean => entry.path === 'dirs/thousand';
    expect(await compareTrees(original, copy, { skip, ignore: ['mode'] })).toEqual([]);
  });

  describe('after deliberate changes', () => {
    let differences: string[];
    const changed = (): string => join(base, 'changed');

    beforeAll(async () => {
      execFileSync('cp', ['-a', '--', original, changed()]);
      for (const [, change] of isRoot ? [...CHANGES, ...ROOT_CHANGES] : CHANGES) change(changed());
      differences = await compareTrees(original, changed());
    });

    it.each(CHANGES)('finds %s', (_what, _change, found) => {
      expect(differences).toContainEqual(expect.stringMatching(found));
    });

    it.runIf(isRoot).each(ROOT_CHANGES)('finds %s', (_what, _change, found) => {
      expect(differences).toContainEqual(expect.stringMatching(found));
    });

    it('names nothing else but the times and groups that follow from them', () => {
      const found = [...CHANGES, ...ROOT_CHANGES].map(([, , pattern]) => pattern);
      const others = differences.filter((line) => !found.some((pattern) => pattern.test(line)));
      expect(others.filter((line) => !/: (mtime|group) is/.test(line))).toEqual([]);
    });
  });
});

function rewrite(path: string): void {
  const content = readFileSync(path);
  content[0] = (content[0] ?? 0) ^ 1;
  writeFileSync(path, content);
}

function rewriteWhole(path: string): void {
  writeFileSync(path, readFileSync(path));
}

function relink(path: string): void {
  unlinkSync(path);
  symlinkSync('other', path);
}

function breakLink(path: string): void {
  execFileSync('cp', ['-p', '--', path, `${path}.new`]);
  renameSync(`${path}.new`, path);
}

function joinFiles(root: string): void {
  unlinkSync(join(root, 'sizes/same-as-noise.jpg'));
  linkSync(join(root, 'sizes/noise.jpg'), join(root, 'sizes/same-as-noise.jpg'));
}

function replaceWithFile(path: string): void {
  unlinkSync(path);
  writeFileSync(path, '');
}

function setAttribute(path: string, name: string): void {
  python('os.setxattr(path, sys.argv[2], b"other", follow_symlinks=False)', path, name);
}

function dropAttribute(path: string, name: string): void {
  python('os.removexattr(path, sys.argv[2], follow_symlinks=False)', path, name);
}

/** What Node has no call for. */
function python(statement: string, ...args: string[]): void {
  execFileSync('python3', ['-c', `import os, sys; path = sys.argv[1]; ${statement}`, ...args]);
}
