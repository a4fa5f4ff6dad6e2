/** Manifest entries made up by fast-check: everything the format can say. Test support. */
import fc from 'fast-check';
import { fromText } from '../engine/manifest/byte-path.js';
import type { BytePath, Entry } from '../engine/manifest/entry.js';

const TYPES = ['file', 'directory', 'symlink', 'fifo', 'socket', 'character-device', 'block-device'] as const; // prettier-ignore
const PROBLEMS = ['unreadable', 'vanished', 'shrank', 'grew', 'changed', 'replaced'] as const;

const byte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));

/** Any bytes but NUL, or text. */
export const byteStrings: fc.Arbitrary<BytePath> = fc.oneof(
  fc.array(byte, { minLength: 1, maxLength: 12 }).map((bytes) => bytes.join('')),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
    .map((text) => fromText(text.replaceAll('\0', ' '))),
);

export const names: fc.Arbitrary<BytePath> = byteStrings
  .map((bytes) => bytes.replaceAll('/', '-'))
  .filter((name) => name !== '.' && name !== '..');

/** Names that sort differently as text, as bytes, and beside `/`. */
export const closeNames: fc.Arbitrary<BytePath> = fc.constantFrom(
  'a', 'b', 'a-', 'a.b', 'a!', 'aa', 'ab', 'A', '\x01', '\xff', '\xc3\xa9', ' ',
); // prettier-ignore

export const paths = fc
  .array(names, { minLength: 1, maxLength: 5 })
  .map((components) => components.join('/'));

const id = fc.integer({ min: 0, max: 0xffffffff });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((b) => Buffer.from(b).toString('hex')); // prettier-ignore
const size = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const ns = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n });
const xattrs = fc.array(
  fc.record({ name: byteStrings, value: fc.uint8Array().map((bytes) => Buffer.from(bytes)) }),
  { minLength: 1, maxLength: 3 },
);

/** Extents that ascend within `sizeBytes`. */
export function extents(sizeBytes: number): fc.Arbitrary<[number, number][]> {
  return fc.uniqueArray(fc.nat({ max: sizeBytes }), { maxLength: 8 }).map((cuts) => {
    const sorted = cuts.sort((a, b) => a - b);
    const pairs: [number, number][] = [];
    for (let i = 0; i + 1 < sorted.length; i += 2) {
      const [start, end] = [sorted[i] as number, sorted[i + 1] as number];
      pairs.push([start, end - start]);
    }
    return pairs;
  });
}

const data = fc.record({
  archive: fc.constantFrom('20261121T214512Z-3f9c2a-1.tar', 'x-1.tar.gz'),
  offset: size,
  length: size,
  skip: size,
});

function withoutUndefined(entry: Record<string, unknown>): Entry {
  return Object.fromEntries(
    Object.entries(entry).filter(([, value]) => value !== undefined),
  ) as unknown as Entry;
}

const common = fc.record({
  path: paths,
  type: fc.constantFrom(...TYPES),
  mode: fc.nat({ max: 0o7777 }),
  uid: id,
  gid: id,
  mtimeNs: ns,
  ctimeNs: ns,
  inode: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  hardLink: fc.option(paths, { nil: undefined }),
  xattrs: fc.option(xattrs, { nil: undefined }),
  excludedBy: fc.option(fc.string(), { nil: undefined }),
  problem: fc.option(fc.record({ code: fc.constantFrom(...PROBLEMS), message: fc.string() }), {
    nil: undefined,
  }),
});

export const entries: fc.Arbitrary<Entry> = common
  .chain((entry) =>
    fc.record({
      entry: fc.constant(entry),
      sizeBytes: entry.type === 'file' ? size : fc.constant(0),
      target: byteStrings,
      device: fc.record({ major: id, minor: id }),
      sha256: fc.option(hash, { nil: undefined }),
      data: fc.option(data, { nil: undefined }),
      hasHoles: fc.boolean(),
    }),
  )
  .chain(({ entry, hasHoles, target, device, ...content }) => {
    const isFile = entry.type === 'file';
    const isDevice = entry.type === 'character-device' || entry.type === 'block-device';
    const sparse = isFile && hasHoles ? extents(content.sizeBytes) : fc.constant(undefined);
    return sparse.map((map) =>
      withoutUndefined({
        ...entry,
        sizeBytes: content.sizeBytes,
        target: entry.type === 'symlink' ? target : undefined,
        device: isDevice ? device : undefined,
        sparse: map,
        sha256: isFile ? content.sha256 : undefined,
        data: isFile ? content.data : undefined,
      }),
    );
  });

/** A plain entry to change in a table of cases. */
export function anEntry(changes: Partial<Entry> = {}): Entry {
  return {
    path: 'homedir/file',
    type: 'file',
    mode: 0o644,
    uid: 1001,
    gid: 1002,
    sizeBytes: 5,
    mtimeNs: 1_700_000_000_000_000_000n,
    ctimeNs: 1_700_000_000_000_000_001n,
    inode: 42n,
    ...changes,
  };
}
