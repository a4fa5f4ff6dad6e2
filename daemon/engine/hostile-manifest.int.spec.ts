/** Manifests that Holdfast would not write, signed with its own key: a fault of ours, a stolen key. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compareSnapshots, snapshotOfTree } from '../testing/compare-trees.js';
import { forge, type Line } from '../testing/forged-snapshot.js';
import {
  alice,
  expectSame,
  give,
  makeCanary,
  makeStage,
  writeFiles,
  type Stage,
} from '../testing/hostile-stage.js';
import { needsRoot } from '../testing/tools.js';
import type { RestoreReport, RestoreTarget } from './types.js';

const OVERLAY: RestoreTarget = { place: 'original', mode: 'overlay' };
const MIRROR: RestoreTarget = { place: 'original', mode: 'mirror' };

async function makeFilledStage(): Promise<{ stage: Stage; id: string }> {
  const stage = await makeStage();
  await writeFiles(stage.home, {
    'a/file.txt': 'file of a',
    'a/deep/leaf.txt': 'leaf of a',
    'b.txt': 'b',
    'empty/.keep': '',
  });
  await give(stage.home, alice);
  const { id } = await stage.harness.backup({ structure: 'archived' });
  return { stage, id };
}

const lineOf = (lines: Line[], path: string): Line => {
  const line = lines.find((candidate) => candidate['path'] === path);
  if (line === undefined) throw new Error(`There is no ${path}.`);
  return line;
};

/** A copy of the line of b.txt under another path. */
const moved = (lines: Line[], path: unknown, more: Line = {}): Line => ({
  ...lineOf(lines, 'homedir/b.txt'),
  path,
  ...more,
});

function symlinkLine(lines: Line[], path: string, target: string): Line {
  const { data: _data, sha256: _sha256, size: _size, ...rest } = lineOf(lines, 'homedir/b.txt');
  return { ...rest, type: 'symlink', path, target };
}

/** Each is refused as a whole, before anything is written. */
const REFUSED: [string, (lines: Line[]) => (Line | string)[]][] = [
  ['a path with ..', (lines) => [...lines, moved(lines, 'homedir/../../outside/x')]],
  ['a path that is only ..', (lines) => [...lines, moved(lines, '..')]],
  ['an absolute path', (lines) => [...lines, moved(lines, '/etc/x')]],
  ['a path with an empty component', (lines) => [...lines, moved(lines, 'homedir//x')]],
  ['a path with a dot component', (lines) => [...lines, moved(lines, 'homedir/./x')]],
  ['a path with NUL', (lines) => [...lines, moved(lines, 'homedir/x\0y')]],
  ['no path', (lines) => [...lines, moved(lines, undefined)]],
  ['.. in base64', (lines) => [...lines, moved(lines, undefined, { pathBase64: Buffer.from('homedir/../x').toString('base64') })]], // prettier-ignore
  ['a hard link to ..', (lines) => [...lines, moved(lines, 'homedir/x', { hardLink: '../outside/x' })]], // prettier-ignore
  ['a size beyond numbers', (lines) => [...lines, moved(lines, 'homedir/x', { size: 2 ** 60 })]],
  ['a negative size', (lines) => [...lines, moved(lines, 'homedir/x', { size: -1 })]],
  ['a mode beyond modes', (lines) => [...lines, moved(lines, 'homedir/x', { mode: 0o100644 })]],
  ['a negative offset', (lines) => [...lines, moved(lines, 'homedir/x', { data: { archive: 'x-1.tar', offset: -512, length: 1, skip: 0 } })]], // prettier-ignore
  ['an archive elsewhere', (lines) => [...lines, moved(lines, 'homedir/x', { data: { archive: '../../../etc/x.tar', offset: 0, length: 1, skip: 0 } })]], // prettier-ignore
  ['extents that overlap', (lines) => [...lines, moved(lines, 'homedir/x', { size: 100, sparse: [[0, 50], [10, 50]] })]], // prettier-ignore
  ['an extent beyond the end', (lines) => [...lines, moved(lines, 'homedir/x', { size: 100, sparse: [[90, 50]] })]], // prettier-ignore
  ['an attribute with NUL', (lines) => [...lines, moved(lines, 'homedir/x', { xattrs: [{ name: 'user.\0', value: '' }] })]], // prettier-ignore
  ['a symlink to nowhere at all', (lines) => [...lines, symlinkLine(lines, 'homedir/x', '')]],
  ['an unknown type', (lines) => [...lines, moved(lines, 'homedir/x', { type: 'door' })]],
  ['a directory that is a symlink as well', (lines) => [...lines, symlinkLine(lines, 'homedir/a', '/etc')]], // prettier-ignore
  ['a file twice', (lines) => [...lines, moved(lines, 'homedir/b.txt')]],
  ['a file as a directory', (lines) => [...lines, { ...lineOf(lines, 'homedir/a'), path: 'homedir/b.txt' }]], // prettier-ignore
  ['a line that is no JSON', (lines) => [...lines, '{"path":']],
  ['a line that is a list', (lines) => [...lines, '[]']],
  ['a line that is null', (lines) => [...lines, 'null']],
];

describe.skipIf(!needsRoot())('a manifest of impossible entries', () => {
  it('is refused before anything is written, and called damaged', async () => {
    const { stage, id } = await makeFilledStage();
    const genuine = await readFile(join(stage.harness.store, stage.harness.keyOf(id)));
    const before = await snapshotOfTree(stage.directory);
    for (const [what, lines] of REFUSED) {
      await forge(stage.harness, id, { lines });
      const restoring = stage.harness.restore(id, { target: MIRROR });
      await expect(restoring, what).rejects.toMatchObject({ kind: 'integrity' });
      expect(await stage.harness.verify(id), what).toMatchObject({ state: 'damaged' });
      await writeFile(join(stage.harness.store, stage.harness.keyOf(id)), genuine);
    }
    const after = await snapshotOfTree(stage.directory);
    const isOfStore = ({ path }: { path: string }): boolean => path === 'store';
    expect(compareSnapshots(before, after, { skip: isOfStore })).toEqual([]);
  });
});

interface Trick {
  name: string;
  lines: (lines: Line[], outside: string) => Line[];
  /** Snapshot paths that are told as failed, in an overlay. */
  failed: string[];
}

/** Possible paths that do not fit together. */
const TRICKS: Trick[] = [
  {
    name: 'a symlink that is the parent of another entry',
    lines: (lines, outside) => [...lines, symlinkLine(lines, 'homedir/link', outside), moved(lines, 'homedir/link/page.txt')], // prettier-ignore
    failed: ['homedir/link/page.txt'],
  },
  {
    name: 'a hard link to what has no place in the home',
    lines: (lines) => [...lines, moved(lines, 'homedir/link', { hardLink: 'config/account.json', data: undefined })], // prettier-ignore
    failed: ['homedir/link'],
  },
  {
    name: 'a hard link to a directory, and to itself',
    lines: (lines) => [...lines, moved(lines, 'homedir/x', { hardLink: 'homedir/a' }), moved(lines, 'homedir/y', { hardLink: 'homedir/y' })], // prettier-ignore
    failed: ['homedir/x', 'homedir/y'],
  },
  {
    name: 'content that is not where it says',
    lines: (lines) => [
      ...lines,
      moved(lines, 'homedir/wrong-hash', { sha256: 'a'.repeat(64) }),
      moved(lines, 'homedir/no-hash', { sha256: undefined }),
      moved(lines, 'homedir/no-content', { data: undefined }),
      moved(lines, 'homedir/too-long', { size: 5000 }),
      moved(lines, 'homedir/vast', { size: 2 ** 50 }),
    ],
    failed: ['no-hash', 'no-content', 'too-long', 'vast', 'wrong-hash'].map((n) => `homedir/${n}`),
  },
  {
    name: 'holes beyond what a file system holds',
    lines: (lines) => [
      ...lines,
      moved(lines, 'homedir/holes', { size: 2 ** 52, sparse: [[0, 1]] }),
    ],
    failed: ['homedir/holes'],
  },
  {
    name: 'a folder that leads over a file',
    lines: (lines) => [...lines, moved(lines, 'homedir/b.txt/x')],
    failed: ['homedir/b.txt/x'],
  },
];

function failedOf(report: RestoreReport): string[] {
  return report.problems.filter(({ kind }) => kind === 'failed').map(({ path }) => path);
}

describe.skipIf(!needsRoot())('a manifest of entries that do not fit together', () => {
  it.each(TRICKS)('$name', async ({ lines, failed }) => {
    const { stage, id } = await makeFilledStage();
    const open = await makeCanary(stage, 'open', { isOpen: true, paths: ['page.txt'] });
    const before = await snapshotOfTree(stage.home);
    await forge(stage.harness, id, { lines: (all) => lines(all, open.path) });
    const overlay = await stage.harness.restore(id, { target: OVERLAY });
    expect(failedOf(overlay).sort()).toEqual([...failed].sort());
    await open.expectUntouched();
    const after = await snapshotOfTree(stage.home);
    for (const [path, entry] of before) {
      if (failed.includes(`homedir/${path}`)) continue;
      expect(compareSnapshots(new Map([[path, entry]]), new Map([[path, after.get(path) ?? entry]]), { ignore: ['mtime', 'group'] })).toEqual([]); // prettier-ignore
      expect(after.has(path), path).toBe(true);
    }
    for (const path of failed) expect(before.has(path.slice(8)) || !after.has(path.slice(8)), path).toBe(true); // prettier-ignore
    await stage.harness.restore(id, { target: MIRROR });
    await open.expectUntouched();
    expect(await stage.harness.verify(id)).toMatchObject({ state: 'damaged' });
  });

  it('asks for no more memory than the archive has bytes', async () => {
    const { stage, id } = await makeFilledStage();
    const before = await snapshotOfTree(stage.home);
    for (const length of [2 ** 30, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      await forge(stage.harness, id, {
        lines: (lines) => {
          const { data } = lineOf(lines, 'homedir/b.txt') as { data: Line };
          return [...lines, moved(lines, 'homedir/x', { size: 1, data: { ...data, length } })];
        },
      });
      await expect(stage.harness.restore(id)).rejects.toMatchObject({ kind: 'integrity' });
    }
    await expectSame(stage.home, before);
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(500 * 1024 * 1024);
  });
});

describe.skipIf(!needsRoot())('a page of nonsense', () => {
  it.each([
    ['that inflates without end', gzipSync(Buffer.alloc(300 * 1024 * 1024))],
    ['that does not inflate', Buffer.from('no gzip at all')],
    ['that ends early', gzipSync(Buffer.alloc(10_000, 'x')).subarray(0, 40)],
    ['that is not text', gzipSync(Buffer.from([0xff, 0xfe, 0x00, 0x0a]))],
  ])('%s is damage', async (_what, page) => {
    const { stage, id } = await makeFilledStage();
    const before = await snapshotOfTree(stage.home);
    await forge(stage.harness, id, { page });
    await expect(stage.harness.restore(id)).rejects.toMatchObject({ kind: 'integrity' });
    expect(await stage.harness.verify(id)).toMatchObject({ state: 'damaged' });
    await expectSame(stage.home, before);
  });
});

describe.skipIf(!needsRoot())('a snapshot file that is not ours', () => {
  it('is refused: unsigned, of another key, of another account, under another id', async () => {
    const { stage, id } = await makeFilledStage();
    const { harness } = stage;
    const file = join(harness.store, harness.keyOf(id));
    const genuine = await readFile(file);
    const before = await snapshotOfTree(stage.home);
    const stranger = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(); // prettier-ignore
    const bob = { ...harness.account, id: 'bbbbbbbbbbbb', name: 'bob' };
    const plants: (() => Promise<void>)[] = [
      () => writeFile(file, genuine.toString('utf8').replace(/,"signature":.*$/s, '}\n')),
      () => forge(harness, id, { signingKeyPem: stranger }),
      () => forge(harness, id, { body: (body) => Object.assign(body, { account: { ...body.account, id: bob.id, name: bob.name } }) }), // prettier-ignore
      () => forge(harness, id, { body: (body) => Object.assign(body, { id: '20200101T000000Z-aaaaaa' }) }), // prettier-ignore
      () => writeFile(file, ''),
      () => writeFile(file, genuine.subarray(0, genuine.length / 2)),
      () => writeFile(file, Buffer.concat([genuine, genuine])),
    ];
    for (const plant of plants) {
      await plant();
      await expect(harness.restore(id)).rejects.toMatchObject({ kind: 'integrity' });
      await expect(harness.reader(id)).rejects.toMatchObject({ kind: 'integrity' });
      expect(await harness.verify(id)).toMatchObject({ state: 'damaged' });
      await writeFile(file, genuine);
    }
    await expectSame(stage.home, before);
  });

  it('is not restored to another account, wherever it was moved', async () => {
    const { stage, id } = await makeFilledStage();
    const bob = { ...stage.harness.account, id: 'bbbbbbbbbbbb', name: 'bob' };
    const before = await snapshotOfTree(stage.home);
    const ofBob = await stage.harness.backup({ account: bob, structure: 'archived' });
    const prefixOfBob = 'testserver/bob.bbbbbbbbbbbb/';
    const from = join(stage.harness.store, prefixOfBob, 'snapshots', `${ofBob.id}.json`);
    await copyFile(from, join(stage.harness.store, stage.harness.keyOf(ofBob.id)));
    await expect(stage.harness.restore(ofBob.id)).rejects.toMatchObject({ kind: 'integrity' });
    const snapshotKey = `${prefixOfBob}snapshots/${ofBob.id}.json`;
    await expect(stage.harness.restore(ofBob.id, { snapshotKey })).rejects.toMatchObject({ code: 'restore.account' }); // prettier-ignore
    await expectSame(stage.home, before);
    expect(await stage.harness.restore(id)).toMatchObject({ state: 'complete' });
  });

  it('a mirror empties no folder that the backup could not read', async () => {
    const { stage, id } = await makeFilledStage();
    const before = await snapshotOfTree(stage.home);
    await forge(stage.harness, id, {
      lines: (lines) => lines.filter(({ path }) => !String(path).startsWith('homedir/a/')),
      body: (body) => Object.assign(body, { problems: 1, state: 'incomplete' }),
    });
    await stage.harness.restore(id, { target: MIRROR });
    await expectSame(stage.home, before);
  });

  it('a damaged one keeps what it needs from being removed as unreferenced', async () => {
    const { stage, id } = await makeFilledStage();
    const file = join(stage.harness.store, stage.harness.keyOf(id));
    const genuine = await readFile(file);
    const other = await stage.harness.backup({ structure: 'archived' });
    const page = /"sha256":"([0-9a-f]{64})"/.exec(genuine.toString('utf8'))?.[1] ?? '';
    const flipped = page.startsWith('a') ? `b${page.slice(1)}` : `a${page.slice(1)}`;
    for (const damaged of [
      genuine.toString('utf8').replace(page, flipped),
      genuine.toString('utf8').replace(`"${id}-1.tar"`, '"elsewhere-1.tar"'),
    ]) {
      await writeFile(file, damaged);
      await stage.harness.scrub();
      await writeFile(file, genuine);
      expect(await stage.harness.verify(id)).toMatchObject({ state: 'complete' });
    }
    expect(await stage.harness.verify(other.id)).toMatchObject({ state: 'complete' });
    const hash = createHash('sha256').update(genuine).digest('hex');
    const stray = join(stage.harness.store, stage.harness.prefix, 'pages', `${hash}.jsonl.gz`);
    await mkdir(dirname(stray), { recursive: true });
    await writeFile(stray, 'stray');
    await stage.harness.scrub();
    await expect(readFile(stray)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
