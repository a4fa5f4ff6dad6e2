import { describe, expect, it } from 'vitest';
import { MemoryDestination } from '../../../destinations/memory/memory.destination.js';
import { anEntry } from '../../testing/entry-arbitrary.js';
import { TEST_KEYS, aSnapshotBody, memorySnapshot } from '../../testing/memory-snapshot.js';
import { accountPrefix, pageKey, snapshotKey } from '../layout.js';
import { comparePaths } from './byte-path.js';
import type { Entry } from './entry.js';
import { signSnapshot } from './snapshot-file.js';
import { SnapshotReader } from './snapshot-reader.js';

const directory = (path: string): Entry => anEntry({ path, type: 'directory', sizeBytes: 0 });
const integrity = expect.objectContaining({ kind: 'integrity' }) as Error;

/** Folders `homedir/00` … with files in and below each: several pages. */
function manyEntries(): Entry[] {
  const entries = [directory('homedir')];
  for (let folder = 0; folder < 60; folder += 1) {
    const path = `homedir/${String(folder).padStart(2, '0')}`;
    entries.push(directory(path), directory(`${path}/sub`), directory(`${path}/sub/empty`));
    for (let file = 0; file < 50; file += 1) {
      entries.push(anEntry({ path: `${path}/file${file}` }));
      entries.push(anEntry({ path: `${path}/sub/\xff${file}` }));
    }
  }
  return entries.sort((a, b) => comparePaths(a.path, b.path));
}

describe('a manifest of several pages', () => {
  const all = manyEntries();

  it('gives every entry, in order', async () => {
    const reader = await memorySnapshot(all);
    expect(reader.summary.pages.length).toBeGreaterThan(2);
    const read: Entry[] = [];
    for await (const entry of reader.entries()) read.push(entry);
    expect(read).toEqual(all);
  });

  it('finds every entry, and nothing else', async () => {
    const reader = await memorySnapshot(all);
    for (const entry of all) expect(await reader.find(entry.path)).toEqual(entry);
    for (const path of ['', 'a', 'homedir/', 'homedir/00/file', 'homedir/00/file9/x', 'z']) {
      expect(await reader.find(path)).toBeUndefined();
    }
  });

  it('lists every directory, and what is below it', async () => {
    const reader = await memorySnapshot(all);
    for (const { path, type } of all) {
      if (type !== 'directory') continue;
      const inside = all.filter((entry) => entry.path.replace(/\/[^/]*$/, '') === path);
      expect(await reader.list(path)).toEqual(inside.filter((entry) => entry.path !== path));
      const below: Entry[] = [];
      for await (const entry of reader.below(path)) below.push(entry);
      expect(below).toEqual(all.filter((entry) => entry.path.startsWith(`${path}/`)));
    }
    expect(await reader.list('')).toEqual([directory('homedir')]);
    expect(await reader.list('homedir/nothing')).toEqual([]);
  });

  it('searches names, not folders, and stops at the limit', async () => {
    const reader = await memorySnapshot(all);
    expect(await reader.search('FILE49', 1000)).toHaveLength(60);
    expect(await reader.search('file4', 7)).toHaveLength(7);
    expect(await reader.search('homedir', 9)).toEqual([directory('homedir')]);
  });
});

describe('what stands at the destination', () => {
  const entries = [directory('homedir'), anEntry()];

  async function spoilPage(spoil: (bytes: Buffer) => Buffer | undefined): Promise<SnapshotReader> {
    const destination = new MemoryDestination();
    const reader = await memorySnapshot(entries, destination);
    const key = pageKey(reader.place.prefix, reader.summary.pages[0]?.sha256 ?? '');
    const chunks: Uint8Array[] = [];
    for await (const chunk of destination.get(key)) chunks.push(chunk);
    const spoilt = spoil(Buffer.concat(chunks));
    if (spoilt === undefined) await destination.remove(key);
    else await destination.put(key, spoilt);
    return reader;
  }

  it.each<[string, (bytes: Buffer) => Buffer | undefined]>([
    ['changed', (bytes) => bytes.fill(0, 20, 21)],
    ['cut', (bytes) => bytes.subarray(1)],
    ['longer', (bytes) => Buffer.concat([bytes, bytes])],
    ['gone', () => undefined],
  ])('a page that is %s is not believed', async (_name, spoil) => {
    const reader = await spoilPage(spoil);
    await expect(reader.list('homedir')).rejects.toThrow(integrity);
  });

  it('a genuine file of another account, or under another id, is not believed', async () => {
    const destination = new MemoryDestination();
    const bytes = signSnapshot(aSnapshotBody(), TEST_KEYS.signingKeyPem);
    const { server, account, id } = aSnapshotBody();
    const places = [
      { prefix: accountPrefix(server.id, { ...account, name: 'bob' }), snapshotId: id },
      { prefix: accountPrefix(server.id, { ...account, id: 'ddddeeeeffff' }), snapshotId: id },
      { prefix: accountPrefix('elsewhere', account), snapshotId: id },
      { prefix: accountPrefix(server.id, account), snapshotId: '20270101T000000Z-abcdef' },
    ];
    for (const place of places) {
      await destination.put(snapshotKey(place), bytes);
      const open = SnapshotReader.open(destination, snapshotKey(place), [TEST_KEYS.publicKeyPem]);
      await expect(open).rejects.toThrow(integrity);
    }
  });

  it('a missing snapshot is told', async () => {
    const key = snapshotKey({ prefix: 'srv/alice.a1b2/', snapshotId: 'x' });
    const open = SnapshotReader.open(new MemoryDestination(), key, [TEST_KEYS.publicKeyPem]);
    await expect(open).rejects.toMatchObject({ code: 'snapshot.missing' });
  });
});
