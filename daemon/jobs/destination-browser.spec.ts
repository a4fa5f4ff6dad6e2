import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListOptions, ObjectInfo } from '../../destinations/destination.js';
import { browseFolder, objectsQuery, type ObjectsPage } from './destination-browser.js';

/** A store of names only, which counts what is read of it. */
class NamesOnly {
  read = 0;
  private readonly keys: string[];

  constructor(keys: readonly string[]) {
    this.keys = keys.toSorted();
  }

  async *list(prefix: string, { after = '' }: ListOptions = {}): AsyncGenerator<ObjectInfo> {
    await Promise.resolve();
    for (const key of this.keys) {
      if (!key.startsWith(prefix) || key <= after) continue;
      this.read += 1;
      yield { key, sizeBytes: key.length, modifiedAt: new Date(0) };
    }
  }
}

function browse(store: NamesOnly, prefix = '', after = '', limit = 100): Promise<ObjectsPage> {
  const { signal } = new AbortController();
  return browseFolder(store, { prefix, after, limit, signal });
}

describe('browsing a store', () => {
  it('shows folders and objects of one folder, each once', async () => {
    const store = new NamesOnly(['a-b', 'a/x/1', 'a/x/2', 'a/y', 'a0', 'holdfast.json']);
    const top = await browse(store);
    expect(top.objects.map(({ key, type }) => [type, key])).toEqual([
      ['object', 'a-b'],
      ['folder', 'a/'],
      ['object', 'a0'],
      ['object', 'holdfast.json'],
    ]);
    const inner = await browse(store, 'a/');
    expect(inner.objects).toMatchObject([
      { key: 'a/x/', name: 'x', type: 'folder', sizeBytes: undefined },
      { key: 'a/y', name: 'y', type: 'object', sizeBytes: 3 },
    ]);
    expect((await browse(store, 'nowhere/')).objects).toEqual([]);
  });

  it('jumps over what lies in folders', async () => {
    const folders = Array.from({ length: 20 }, (_, folder) =>
      Array.from({ length: 500 }, (_, at) => `f${folder}/deep/${at}`),
    );
    const store = new NamesOnly(folders.flat());
    expect((await browse(store)).objects).toHaveLength(20);
    expect(store.read).toBeLessThanOrEqual(20);
  });

  it('tells the snapshots that objects were written for', async () => {
    const id = '20261121T214512Z-3f9c2a';
    const at = 'server/anna.a1';
    const keys = [
      `snapshots/${id}.json`,
      `archives/${id}-1.tar.gz`,
      'pages/abc.jsonl.gz',
      'x.json',
    ];
    const store = new NamesOnly(keys.map((key) => `${at}/${key}`));
    const of = async (folder: string) =>
      (await browse(store, `${at}/${folder}`)).objects.map(({ snapshotId }) => snapshotId);
    expect(await of('snapshots/')).toEqual([id]);
    expect(await of('archives/')).toEqual([id]);
    expect(await of('pages/')).toEqual([undefined]);
    expect(await of('')).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('page by page shows what one page would', async () => {
    const segment = fc.stringMatching(/^[a0z.-]{1,2}$/).filter((name) => !/^\.{1,2}$/.test(name));
    const key = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(key, { maxLength: 30 }),
        fc.integer({ min: 1, max: 4 }),
        async (keys, limit) => {
          const store = new NamesOnly([...new Set(keys)]);
          const whole = await browse(store, '', '', 1000);
          const expected = new Set(keys.map((one) => one.replace(/\/.*/s, '/')));
          expect(new Set(whole.objects.map((one) => one.key))).toEqual(expected);
          const paged: string[] = [];
          let after: string | undefined = '';
          while (after !== undefined) {
            const page: ObjectsPage = await browse(store, '', after, limit);
            expect(page.objects.length).toBeLessThanOrEqual(limit);
            paged.push(...page.objects.map((one) => one.key));
            after = page.next;
          }
          expect(paged).toEqual(whole.objects.map((one) => one.key));
        },
      ),
    );
  });
});

describe('objectsQuery', () => {
  it.each([
    { prefix: 'a' },
    { prefix: '../' },
    { prefix: '/a/' },
    { limit: '0' },
    { limit: 1001 },
    { zzz: 1 },
  ])('refuses %j', (query) => {
    expect(objectsQuery.safeParse(query).success).toBe(false);
  });

  it('takes numbers as text, too', () => {
    expect(objectsQuery.parse({ prefix: 'a/b/', limit: '7' })).toEqual({
      prefix: 'a/b/',
      after: '',
      limit: 7,
    });
  });
});
