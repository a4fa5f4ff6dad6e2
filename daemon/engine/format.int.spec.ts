/**
 * The frozen fixture of format 1: what a released version wrote, every later one reads. The fixture
 * is never made again (daemon/testing/make-format-fixture.mjs says how it was).
 */
import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { LocalDestination } from '../../destinations/local/local.destination.js';
import { findMarker } from '../../destinations/marker.js';
import { compareSnapshots, snapshotOfTree, type TreeEntry } from '../testing/compare-trees.js';
import { runPython } from '../testing/run-python.js';
import { tempDir } from '../testing/temp-dir.js';
import { needsTool } from '../testing/tools.js';
import { pathReference } from './manifest/byte-path.js';
import type { Entry } from './manifest/entry.js';
import { SnapshotReader } from './manifest/snapshot-reader.js';
import { verifySnapshot } from './manifest/verify-snapshot.js';
import { downloadSnapshot } from './download/download-snapshot.js';
import { restoreSnapshot } from './restore/restore-snapshot.js';
import type { EngineContext } from './types.js';

const FIXTURE = fileURLToPath(new URL('fixtures/format-1', import.meta.url));
const PREFIX = '0f1e2d3c4b5a/example_2ecom.a1b2c3d4e5f6/';
const isRoot = process.geteuid?.() === 0;

interface Expected {
  publicKeySha256: string;
  snapshots: { id: string; leftOut: string[] }[];
  sha256: Record<string, string>;
  tree: TreeEntry[];
}

let expected: Expected;
let publicKeyPem: string;

beforeAll(async () => {
  expected = JSON.parse(await readFile(join(FIXTURE, 'expected.json'), 'utf8')) as Expected;
  publicKeyPem = await readFile(join(FIXTURE, 'server.pub.pem'), 'utf8');
});

const SNAPSHOTS = ['20261121T214512Z-3f9c2a', '20261121T214513Z-5b7e10'];
const keyOf = (id: string): string => `${PREFIX}snapshots/${id}.json`;

/** A copy, so that no test can touch the fixture. */
async function copyOfFixture(): Promise<{ root: string; context: EngineContext }> {
  const root = join(await tempDir(), 'destination');
  await cp(join(FIXTURE, 'destination'), root, { recursive: true, mode: 0 });
  const place = { forbiddenBelow: [], requireRootOwner: false };
  const destination = new LocalDestination({ path: root, diskLimitPercent: 100 }, place);
  onTestFinished(() => destination.close());
  const context = {
    destination,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    log: () => undefined,
    now: () => new Date(),
    threads: 1,
  };
  return { root, context };
}

/** What the account held, less what this snapshot left out. */
function keptTree(id: string): TreeEntry[] {
  const leftOut = expected.snapshots.find((snapshot) => snapshot.id === id)?.leftOut ?? [];
  return expected.tree.filter(({ path }) => !leftOut.includes(path));
}

function asTreeEntry(entry: Entry): Partial<TreeEntry> {
  return {
    path: entry.path.slice('homedir/'.length),
    type: entry.type,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    mtime: entry.mtimeNs.toString(),
    xattrs: Object.fromEntries((entry.xattrs ?? []).map((x) => [x.name, x.value.toString('hex')])),
    ...(entry.type === 'file' ? { size: entry.sizeBytes } : {}),
    ...(entry.target === undefined ? {} : { target: entry.target }),
  };
}

describe.each(SNAPSHOTS)('the fixture of format 1, %s', (id) => {
  it('has the entries that the account had', async () => {
    const { context } = await copyOfFixture();
    const reader = await SnapshotReader.open(context.destination, keyOf(id), [publicKeyPem]);
    const entries: Entry[] = [];
    for await (const entry of reader.entries()) entries.push(entry);
    expect(entries.slice(0, 3).map(({ path }) => path)).toEqual([
      'config',
      'homedir',
      'config/account.json',
    ]);
    const home = entries.slice(3);
    const kept = home.filter(({ excludedBy, hardLink }) => !excludedBy && !hardLink);
    const byPath = new Map(keptTree(id).map((entry) => [entry.path, entry]));
    for (const entry of kept) expect(byPath.get(asTreeEntry(entry).path ?? '')).toMatchObject(asTreeEntry(entry)); // prettier-ignore
    const hardLinks = home.filter(({ hardLink }) => hardLink !== undefined);
    expect(hardLinks).toMatchObject([
      { path: 'homedir/long/second-name', hardLink: 'homedir/first-name' },
    ]);
    expect(kept.length + hardLinks.length).toBe(byPath.size - 1);
    expect(home.length - kept.length - 1).toBe(reader.summary.excluded);
  });

  it('lists, finds and searches', async () => {
    const { context } = await copyOfFixture();
    expect(await findMarker(context.destination)).toEqual({ format: 1, id: 'd1e2f3a4b5c6' });
    const reader = await SnapshotReader.open(context.destination, keyOf(id), [publicKeyPem]);
    const names = (await reader.list('homedir/a')).map(({ path }) => path);
    expect(names).toEqual(['homedir/a/b', 'homedir/a/inside.txt']);
    expect(await reader.find('homedir/bytes-\xff\xfe.txt')).toMatchObject({ sizeBytes: 25 });
    expect(await reader.search('INDEX', 5)).toMatchObject([{ path: 'homedir/index.html' }]);
  });

  it('verifies', async () => {
    const { context } = await copyOfFixture();
    const request = { snapshotKey: keyOf(id), trustedKeysPem: [publicKeyPem] };
    const report = await verifySnapshot(request, context);
    expect(report).toMatchObject({ state: 'complete', damage: [] });
    expect(report.files).toBe(Object.keys(expected.sha256).length - (id === SNAPSHOTS[0] ? 3 : 2));
  });

  it('restores to what it was', async () => {
    const { root, context } = await copyOfFixture();
    const target = join(root, '../restored');
    const reader = await SnapshotReader.open(context.destination, keyOf(id), [publicKeyPem]);
    const report = await restoreSnapshot(
      {
        snapshotKey: keyOf(id),
        account: { ...reader.summary.account, uid: 1001, gid: 1001 },
        selection: { paths: [], items: ['files'] },
        target: { place: 'directory', path: target, mode: 'overlay' },
        isTenantRequest: false,
        trustedKeysPem: [publicKeyPem],
      },
      context,
    );
    if (isRoot) expect(report.problems).toEqual([]);
    const before = new Map(keptTree(id).map((entry) => [entry.path, entry]));
    const after = await snapshotOfTree(join(target, 'homedir'));
    const ignore = isRoot ? [] : (['uid', 'gid', 'xattrs', 'mode'] as const);
    const skip = ({ type }: TreeEntry): boolean => !isRoot && type === 'character-device';
    expect(compareSnapshots(before, after, { ignore: [...ignore], skip })).toEqual([]);
  });

  it('gives every file as it was', async () => {
    const { root, context } = await copyOfFixture();
    const wanted = ['sparse', 'hole', 'long/second-name', 'bytes-\xff\xfe.txt', 'empty'];
    for (const [index, path] of wanted.entries()) {
      const outputPath = join(root, `../download-${index}`);
      const selection = { paths: [pathReference(`homedir/${path}`)], items: [] };
      const request = { snapshotKey: keyOf(id), selection, trustedKeysPem: [publicKeyPem], outputPath }; // prettier-ignore
      expect(await downloadSnapshot(request, context)).toMatchObject({ format: 'file' });
      const { stdout } = await promisify(execFile)('sha256sum', [outputPath]);
      expect(stdout.slice(0, 64)).toBe(expected.sha256[path]);
    }
  });
});

interface ForeignReading {
  entries: Record<string, unknown>[];
  found: Record<string, { sha256: string; reads: number; bytes: number }>;
}

describe.skipIf(!needsTool('python3'))('a reader made from FORMAT.md alone', () => {
  const read = async (root: string, id: string, paths: string[]): Promise<ForeignReading> => {
    const args = [root, join(FIXTURE, 'server.pub.pem'), keyOf(id), ...paths];
    return JSON.parse(await runPython('read_format.py', args)) as ForeignReading;
  };
  const wanted = ['sparse', 'hole', 'a/b/deep.txt', 'bytes-\xff\xfe.txt', 'first-name', 'shared'];

  it.each(SNAPSHOTS)('%s: reads it all, and a file by one ranged read', async (id) => {
    const paths = id === SNAPSHOTS[1] ? [...wanted, 'large'] : wanted;
    const reading = await read(
      join(FIXTURE, 'destination'),
      id,
      paths.map((path) => `homedir/${path}`),
    );
    for (const path of paths) {
      const found = reading.found[`homedir/${path}`];
      expect(found?.sha256).toBe(expected.sha256[path]);
      expect(found?.reads).toBe(path === 'hole' ? 2 : 3);
      expect(found?.bytes).toBeLessThan(path === 'sparse' || path === 'large' ? 12_000 : 5000);
    }
    const tree = new Map(expected.tree.map((entry) => [`homedir/${entry.path}`, entry]));
    const home = reading.entries.filter(({ path }) => String(path).startsWith('homedir/'));
    expect(home).toHaveLength(expected.tree.length - 1);
    for (const entry of home) {
      const { type, mode, uid, gid } = tree.get(String(entry['path'])) ?? {};
      expect(entry).toMatchObject({ type, mode, uid, gid });
    }
  });

  it.each(['snapshots', 'pages', 'archives'])('refuses %s of one changed byte', async (folder) => {
    const { root } = await copyOfFixture();
    const id = SNAPSHOTS[1] as string;
    const directory = join(root, PREFIX, folder);
    const reader = await SnapshotReader.open(
      (await copyOfFixture()).context.destination,
      keyOf(id),
      [publicKeyPem],
    );
    const names = {
      snapshots: `${id}.json`,
      pages: `${reader.summary.pages[0]?.sha256 ?? ''}.jsonl.gz`,
      archives: reader.summary.archives[0]?.name ?? '',
    };
    const file = join(directory, names[folder as keyof typeof names]);
    const bytes = await readFile(file);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(file, bytes);
    await expect(read(root, id, ['homedir/first-name'])).rejects.toThrow();
  });
});
