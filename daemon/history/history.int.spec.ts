import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePaths, fromBytes, fromText } from '../engine/manifest/byte-path.js';
import type { Entry } from '../engine/manifest/entry.js';
import type { ManifestPart } from '../engine/manifest/snapshot-reader.js';
import { createHash } from 'node:crypto';
import { anEntry } from '../testing/entry-arbitrary.js';
import { tempDir } from '../testing/temp-dir.js';
import { stateOf } from './entry-state.js';
import { openForReading, openForWriting, type HistoryDatabase } from './history-file.js';
import { HistoryReader } from './history-reader.js';
import { HistoryWriter } from './history-writer.js';
import { namePattern } from './name-pattern.js';
import { versionRanges } from './path-versions.js';
import { addSnapshot } from './update-history.js';

let files = 0;
const newFile = async (): Promise<string> =>
  join(await tempDir(), `${String((files += 1))}.sqlite`);
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Pages that end where a path says so, as content-defined ones do. */
function partsOf(entries: readonly Entry[]): ManifestPart[] {
  const sorted = entries.toSorted((a, b) => comparePaths(a.path, b.path));
  const pages: Entry[][] = [];
  for (const entry of sorted) {
    const page = pages.at(-1);
    if (page === undefined || /[05]$/.test(page.at(-1)?.path ?? '')) pages.push([entry]);
    else page.push(entry);
  }
  return pages.map((page, index) => ({
    sha256: sha(JSON.stringify(page.map(({ path, sha256, sizeBytes, type }) => [path, sha256, sizeBytes, type]))), // prettier-ignore
    first: page[0]?.path ?? '',
    next: pages[index + 1]?.[0]?.path,
    read: () => Promise.resolve(page),
  }));
}

type Tree = ReadonlyMap<string, string>;

function entriesOf(tree: Tree): Entry[] {
  return [...tree].map(([path, content]) =>
    content === 'folder'
      ? anEntry({ path, type: 'directory', sizeBytes: 0 })
      : anEntry({ path, sizeBytes: content.length, sha256: sha(content) }),
  );
}

const startedAt = (hour: number): string => new Date(hour * 3_600_000).toISOString();
const add = (database: HistoryDatabase, id: string, hour: number, tree: Tree): Promise<number> =>
  addSnapshot(database, { id, startedAt: startedAt(hour) }, partsOf(entriesOf(tree)));

/** What each snapshot holds, read back from the index. */
function contentOf(database: HistoryDatabase, paths: readonly string[]) {
  const reader = new HistoryReader(database);
  const ids = new HistoryWriter(database).snapshots().map(({ id }) => id);
  const visible = reader.ordsOf(new Set(ids));
  return paths.map((path) => {
    const at = ids.map((): string | undefined => undefined);
    for (const { first, last, rows } of versionRanges([reader.rowsAt(path)], visible)) {
      const [row] = rows;
      const text = `${String(row?.kind)} ${String(row?.size)} ${row?.hash?.toString('hex') ?? ''}`;
      at.fill(text, first, last + 1);
    }
    return at;
  });
}

/** The same, from the trees alone. */
function expectedOf(snapshots: readonly { tree: Tree }[], paths: readonly string[]) {
  return paths.map((path) =>
    snapshots.map(({ tree }) => {
      const [entry] = entriesOf(new Map([...tree].filter(([one]) => one === path)));
      if (entry === undefined) return undefined;
      const { kind, size, hash } = stateOf(entry);
      return `${String(kind)} ${String(size)} ${hash?.toString('hex') ?? ''}`;
    }),
  );
}

/** The fewest rows that can tell it: one for each time that a path becomes something. */
function fewestRows(expected: readonly (readonly (string | undefined)[])[]): number {
  const begins = (at: readonly (string | undefined)[]): number =>
    at.filter((text, index) => text !== undefined && text !== at[index - 1]).length;
  return expected.reduce((sum, at) => sum + begins(at), 0);
}

const name = fc.constantFrom('a', 'b0', 'b', 'c5', 'd', 'e', 'f0', '\xff', 'Z');
const path = fc
  .tuple(fc.constantFrom('', 'x/', 'x/y/', 'x.y/', 'z/'), name)
  .map(([folder, last]) => folder + last);
const tree = fc
  .array(fc.tuple(path, fc.constantFrom('1', '2', '33', 'folder')), { maxLength: 30 })
  .map((pairs): Tree => new Map(pairs));
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ hour: fc.nat({ max: 30 }), tree, like: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.nat() }) },
);

describe('the history index', () => {
  it('says what every snapshot holds, whatever is added and removed in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const database = openForWriting(':memory:');
        let snapshots: { id: string; hour: number; tree: Tree }[] = [];
        const paths = new Set<string>();
        for (const [index, one] of steps.entries()) {
          if ('remove' in one) {
            const gone = snapshots[one.remove % Math.max(snapshots.length, 1)];
            if (gone === undefined) continue;
            snapshots = snapshots.filter((kept) => kept !== gone);
            const writer = new HistoryWriter(database);
            writer.remove(gone.id);
            writer.sweep();
          } else {
            // Mostly like another one: snapshots of an account differ by little.
            const like = snapshots[one.like % (snapshots.length + 1)]?.tree ?? one.tree;
            const content = new Map([...like, ...[...one.tree].slice(0, 3)]);
            for (const [gone] of [...one.tree].slice(3, 5)) content.delete(gone);
            const made = {
              id: `s${String(index).padStart(2, '0')}`,
              hour: one.hour,
              tree: content,
            };
            snapshots.push(made);
            snapshots.sort((a, b) => a.hour - b.hour || (a.id < b.id ? -1 : 1));
            for (const known of content.keys()) paths.add(known);
            await add(database, made.id, made.hour, content);
          }
          const expected = expectedOf(snapshots, [...paths]);
          expect(contentOf(database, [...paths])).toEqual(expected);
          const { n } = database.prepare('SELECT COUNT(*) AS n FROM version').get() as {
            n: number;
          };
          expect(n).toBe(fewestRows(expected));
        }
        database.close();
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  it('costs what changed: equal pages are not read, and rows are not written', async () => {
    const file = await newFile();
    const database = openForWriting(file);
    const many = new Map<string, string>();
    for (let i = 0; i < 5_000; i += 1) {
      many.set(
        `homedir/public_html/folder${String(i % 50)}/a-file-named-${String(i)}`,
        `c${String(i)}`,
      );
    }
    const pages = await add(database, 'd00', 0, many);
    const rowsAfter = (): number => (database.prepare('SELECT COUNT(*) AS n FROM version').get() as { n: number }).n; // prettier-ignore
    for (let day = 1; day < 30; day += 1) {
      many.set(`homedir/public_html/folder7/a-file-named-${String(day * 50 + 7)}`, `changed${String(day)}`); // prettier-ignore
      const read = await add(database, `d${String(day).padStart(2, '0')}`, day * 24, many);
      expect(read).toBe(1);
      expect(rowsAfter()).toBe(5_000 + day);
    }
    expect(pages).toBeGreaterThan(100);
    database.pragma('wal_checkpoint(TRUNCATE)');
    database.close();
    expect(statSync(file).size / (5_000 * 30)).toBeLessThan(7);
  });

  it('is thrown away when it is torn, and of nothing that is there before', async () => {
    const file = await newFile();
    const database = openForWriting(file);
    await add(database, 'a', 1, new Map([['x', '1']]));
    database.close();
    truncateSync(file, 5_000);
    const again = openForWriting(file);
    again.close();
    writeFileSync(file, 'This is no index at all, but some text that is long enough to be read as one.'.repeat(20)); // prettier-ignore
    expect(openForReading(file)).toBeUndefined();
    const made = openForWriting(file);
    await add(made, 'b', 1, new Map([['x', '1']]));
    expect(contentOf(made, ['x'])[0]).toHaveLength(1);
    made.close();
  });

  it('holds nothing of a snapshot whose manifest cannot be read to its end', async () => {
    const database = openForWriting(await newFile());
    await add(database, 'a', 1, new Map([['a0', '1'], ['b', '1']])); // prettier-ignore
    const parts = partsOf(entriesOf(new Map([['a0', '2'], ['b', '2']]))); // prettier-ignore
    const cut = [...parts.slice(0, 1), { ...parts[1], read: () => Promise.reject(new Error('cut')) } as ManifestPart]; // prettier-ignore
    await expect(addSnapshot(database, { id: 'b', startedAt: startedAt(2) }, cut)).rejects.toThrow('cut'); // prettier-ignore
    expect(contentOf(database, ['a0', 'b'])).toEqual(
      expectedOf([{ tree: new Map([['a0', '1'], ['b', '1']]) }], ['a0', 'b']), // prettier-ignore
    );
    database.close();
  });

  it('finds names of any bytes, whatever letters are asked for', async () => {
    const database = openForWriting(await newFile());
    const names = ['Wp-Config.PHP', fromText('Größe.txt'), fromBytes(Buffer.from([0x66, 0xfc, 0x72])), '50%_[x].css', 'a\nb.txt']; // prettier-ignore
    await add(database, 'a', 1, new Map(names.map((one) => [`homedir/${one}`, '1'])));
    const find = async (text: string): Promise<string[]> =>
      (await new HistoryReader(database).find(namePattern(text), 100)).map((one) => one.path.slice(8)); // prettier-ignore
    expect(await find('wp-config')).toEqual([names[0]]);
    expect(await find('*.php')).toEqual([names[0]]);
    expect(await find('GRÖSSE')).toEqual([]);
    expect(await find('GRÖßE')).toEqual([names[1]]);
    expect(await find('f\\xfcr')).toEqual([names[2]]);
    expect(await find('%_[')).toEqual([names[3]]);
    expect(await find('a\\x0ab')).toEqual([names[4]]);
    expect(await find('homedir/*.css')).toEqual([names[3]]);
    expect(await find('?????????.txt')).toEqual([]);
    expect(await find('gr???.txt')).toEqual([names[1]]);
    database.close();
  });

  it('tells what differs between two snapshots', async () => {
    const database = openForWriting(await newFile());
    await add(database, 'a', 1, new Map([['same', '1'], ['gone', '1'], ['other', '1']])); // prettier-ignore
    await add(database, 'b', 2, new Map([['same', '1'], ['between', '1'], ['other', '2']])); // prettier-ignore
    await add(database, 'c', 3, new Map([['same', '1'], ['new', '1'], ['other', '33']])); // prettier-ignore
    const reader = new HistoryReader(database);
    const [a, , c] = reader.ordsOf(new Set(['a', 'b', 'c']));
    const changes = await reader.changes(a?.ord ?? 0, c?.ord ?? 0, 100);
    const said = changes.map(({ path: at, before, after }) => `${at} ${String(before?.size)} ${String(after?.size)}`); // prettier-ignore
    expect(said.toSorted()).toEqual(['gone 1 undefined', 'new undefined 1', 'other 1 2']);
    database.close();
  });
});
