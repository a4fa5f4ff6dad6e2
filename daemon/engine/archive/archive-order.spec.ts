import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anEntry, closeNames } from '../../testing/entry-arbitrary.js';
import { comparePaths } from '../manifest/byte-path.js';
import { isEntered, type Entry } from '../manifest/entry.js';
import { inArchiveOrder } from './archive-order.js';
import { isInTar } from './tar-header.js';

interface Tree {
  kind: 'file' | 'socket' | 'left-out' | 'unreadable' | 'directory';
  below: Record<string, Tree>;
}

function entryOf(path: string, tree: Tree): Entry {
  switch (tree.kind) {
    case 'file':
      return anEntry({ path });
    case 'socket':
      return anEntry({ path, type: 'socket' });
    case 'left-out':
      return anEntry({ path, type: 'directory', excludedBy: 'x' });
    case 'unreadable':
      return anEntry({ path, type: 'directory', problem: { code: 'unreadable', message: '' } });
    default:
      return anEntry({ path, type: 'directory' });
  }
}

/** What a walk tells: the entries of each directory at once; `enter` where a header is written. */
function* walk(below: Tree['below'], path: string): Generator<{ entry?: Entry; enter?: Entry }> {
  const names = Object.keys(below).sort();
  const entered: [Entry, Tree][] = [];
  for (const name of names) {
    const tree = below[name] as Tree;
    const entry = entryOf(path === '' ? name : `${path}/${name}`, tree);
    yield { entry };
    if (isEntered(entry)) entered.push([entry, tree]);
  }
  for (const [entry, tree] of entered) {
    yield { enter: entry };
    yield* walk(tree.below, entry.path);
  }
}

async function order(entries: Entry[]): Promise<string[]> {
  const stream = (async function* () {
    await Promise.resolve();
    yield* entries;
  })();
  const paths: string[] = [];
  for await (const entry of inArchiveOrder(stream)) paths.push(entry.path);
  return paths;
}

const trees = fc.letrec<{ tree: Tree; below: Tree['below'] }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.record({
      kind: fc.constantFrom('file', 'socket', 'left-out', 'unreadable'),
      below: fc.constant({}),
    }),
    fc.record({ kind: fc.constant('directory' as const), below: tie('below') }),
  ),
  below: fc
    .array(fc.tuple(closeNames, tie('tree')), { maxLength: 5 })
    .map((pairs) => Object.fromEntries(pairs)),
}));

describe('the order of an archive', () => {
  it('is, from the manifest alone, the order in which the walk writes headers', async () => {
    await fc.assert(
      fc.asyncProperty(trees.below, async (below) => {
        const walked = [...walk(below, '')];
        const manifest = walked.flatMap(({ entry }) => (entry === undefined ? [] : [entry]));
        const headers = walked.flatMap(({ entry, enter }) => {
          if (enter !== undefined) return [enter.path];
          return entry === undefined || isEntered(entry) || !isInTar(entry) ? [] : [entry.path];
        });
        const sorted = manifest.toSorted((a, b) => comparePaths(a.path, b.path));
        expect(sorted).toEqual(manifest);
        expect(await order(manifest)).toEqual(headers);
      }),
    );
  });

  it('puts a directory right before what it holds', async () => {
    const directory = (path: string): Entry => anEntry({ path, type: 'directory' });
    const manifest = [
      directory('a'),
      directory('a-b'),
      anEntry({ path: 'c' }),
      directory('a/b'),
      anEntry({ path: 'a/x' }),
      anEntry({ path: 'a/b/y' }),
      anEntry({ path: 'a-b/z' }),
    ];
    expect(await order(manifest)).toEqual(['c', 'a', 'a/x', 'a/b', 'a/b/y', 'a-b', 'a-b/z']);
  });
});
