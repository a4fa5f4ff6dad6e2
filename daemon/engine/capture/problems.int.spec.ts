/** What becomes of files that are not what they were when they were listed. */
import { createHash } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import { appendFile, chmod, mkdir, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryDestination } from '../../../destinations/memory/memory.destination.js';
import { statusAt } from '../../platform/file-status.js';
import { EngineHarness } from '../../testing/engine-harness.js';
import { tempDir } from '../../testing/temp-dir.js';
import { isReachableByOthers } from '../../testing/tools.js';
import { MAX_MEMBER_CONTENT_BYTES, inflateMembers } from '../archive/gzip-member.js';
import { END_OF_ARCHIVE, tarHeader } from '../archive/tar-header.js';
import { closeLine, parseLine } from '../manifest/entry-json.js';
import type { Entry } from '../manifest/entry.js';
import { ThreadPool, compiledEntry } from '../thread-pool.js';
import { ArchiveStream } from './archive-stream.js';
import type { Found } from './slab-cutter.js';
import type {
  CaptureThreadData,
  SlabRequest,
  SlabResponse,
  StoredEntry,
  Piece,
} from './capture-messages.js';

const MIB = 1024 * 1024;
const nobody = 65534;

interface Stored {
  archive: Buffer;
  entries: Entry[];
}

interface Opened {
  pool: ThreadPool<SlabRequest, SlabResponse>;
  data: CaptureThreadData;
}

function openPool(home: string): Opened {
  const homeFd = openSync(home, constants.O_RDONLY | constants.O_DIRECTORY);
  const links = { isForeignLinkAllowed: true, accountUid: 0 };
  const data: CaptureThreadData = { homeFd, isStayingOnDevice: true, links };
  const entry = compiledEntry(import.meta.url, './capture-thread.js');
  const pool = new ThreadPool<SlabRequest, SlabResponse>(entry, 1, data);
  onTestFinished(async () => {
    await pool.close();
    closeSync(homeFd);
  });
  return { pool, data };
}

/** Archives what was listed; `meanwhile` runs when the first bytes come out. */
async function store(
  home: string,
  found: Found[],
  options: { level?: number; meanwhile?: () => Promise<void> } = {},
): Promise<Stored> {
  const { pool, data } = openPool(home);
  const told: StoredEntry[] = [];
  const stream = new ArchiveStream({
    pool,
    home: data,
    level: options.level,
    signal: new AbortController().signal,
    isGivenBack: false,
    onEntry: (entry) => {
      told.push(entry);
      return undefined;
    },
    onPiece: () => undefined,
    onLost: () => undefined,
  });
  const chunks: Buffer[] = [];
  for await (const { bytes } of stream.archives(found)) {
    for await (const chunk of bytes) {
      if (chunks.length === 0) await options.meanwhile?.();
      chunks.push(Buffer.from(chunk));
    }
  }
  const name = options.level === undefined ? 'x-1.tar' : 'x-1.tar.gz';
  const lines = told.map(({ line, content }) => closeLine(line, content, name));
  const entries = lines.map((line) => parseLine(line.trimEnd()));
  return { archive: Buffer.concat(chunks), entries };
}

function listed(name: string, sizeBytes: number): Found {
  // Only a parent is compared with it.
  const status = statusAt(0, '/');
  return { kind: 'file', directory: '', name, path: `homedir/${name}`, sizeBytes, status };
}

/** The bytes an entry's `data` leads to, checked against its SHA-256. */
function contentOf({ archive }: Stored, entry: Entry): Buffer {
  const { offset, length, skip } = entry.data ?? { offset: 0, length: 0, skip: 0 };
  const bytes = archive.subarray(offset, offset + length);
  const content = entry.data?.archive.endsWith('.gz') === true ? inflateMembers(bytes) : bytes;
  const own = content.subarray(skip, skip + entry.sizeBytes);
  expect(createHash('sha256').update(own).digest('hex')).toBe(entry.sha256);
  return own;
}

describe('a file that is not there as it was listed', () => {
  it('is told and leaves nothing in the archive', async () => {
    const home = await tempDir();
    await mkdir(join(home, 'now-a-directory'));
    await symlink('/etc/passwd', join(home, 'now-a-link'));
    const names = ['gone', 'now-a-directory', 'now-a-link'];
    const found = names.flatMap((name) => [listed(name, 10), listed(name, 3 * MIB)]);
    const stored = await store(home, found);
    const codes = stored.entries.map(({ problem }) => problem?.code);
    expect(codes).toEqual(['vanished', 'vanished', 'replaced', 'replaced', 'replaced', 'replaced']);
    expect(stored.entries.every(({ data, sha256 }) => data === undefined && !sha256)).toBe(true);
    expect(stored.archive).toHaveLength(0);
  });

  it('takes the hard links to it along', async () => {
    const home = await tempDir();
    const link: Entry = {
      path: 'homedir/second', type: 'file', mode: 0o644, uid: 0, gid: 0, sizeBytes: 10,
      mtimeNs: 0n, ctimeNs: 0n, inode: 7n, hardLink: 'homedir/gone',
    }; // prettier-ignore
    const { entries } = await store(home, [listed('gone', 10), { kind: 'entry', entry: link }]);
    expect(entries[1]).toMatchObject({ hardLink: 'homedir/gone', problem: { code: 'unreadable' } });
  });
});

describe.each([undefined, 6])('a file that grows (level %s)', (level) => {
  const options = level === undefined ? {} : { level };

  it('a little after it was listed is stored as it is', async () => {
    const home = await tempDir();
    await writeFile(join(home, 'grown'), 'x'.repeat(1000));
    const stored = await store(home, [listed('grown', 10)], options);
    expect(stored.entries).toMatchObject([{ sizeBytes: 1000 }]);
    expect(stored.entries[0]?.problem).toBeUndefined();
    expect(contentOf(stored, stored.entries[0] as Entry).toString()).toBe('x'.repeat(1000));
  });

  it('beyond measure after it was listed is stored at the length it had', async () => {
    const home = await tempDir();
    await writeFile(join(home, 'a'), 'y'.repeat(50));
    await writeFile(join(home, 'grown'), Buffer.alloc(12 * MIB, 'x'));
    const stored = await store(home, [listed('a', 50), listed('grown', 10), listed('a', 50)], options);
    const [before, grown, after] = stored.entries as [Entry, Entry, Entry];
    expect(grown).toMatchObject({ sizeBytes: 10, problem: { code: 'grew' } });
    expect(contentOf(stored, grown).toString()).toBe('x'.repeat(10));
    for (const other of [before, after]) expect(contentOf(stored, other).toString()).toBe('y'.repeat(50)); // prettier-ignore
  }); // prettier-ignore

  it('while it is read is stored at the length it had when it was opened', async () => {
    const home = await tempDir();
    const path = join(home, 'large');
    await writeFile(path, Buffer.alloc(9 * MIB, 'z'));
    const meanwhile = (): Promise<void> => appendFile(path, 'more');
    const stored = await store(home, [listed('large', 9 * MIB)], { ...options, meanwhile });
    expect(stored.entries).toMatchObject([{ sizeBytes: 9 * MIB, problem: { code: 'grew' } }]);
    expect(contentOf(stored, stored.entries[0] as Entry).equals(Buffer.alloc(9 * MIB, 'z'))).toBe(true); // prettier-ignore
  });
});

describe('a file that changes while it is read', () => {
  it('and shrinks is filled up with zeros', async () => {
    const home = await tempDir();
    const path = join(home, 'large');
    await writeFile(path, Buffer.alloc(20 * MIB, 'z'));
    const meanwhile = (): Promise<void> => truncate(path, 15 * MIB + 100);
    const stored = await store(home, [listed('large', 20 * MIB)], { meanwhile });
    const [entry] = stored.entries as [Entry];
    expect(entry).toMatchObject({ sizeBytes: 20 * MIB, problem: { code: 'shrank' } });
    const content = contentOf(stored, entry);
    expect(content.indexOf(0)).toBe(15 * MIB + 100);
    expect(content.subarray(15 * MIB + 100).every((byte) => byte === 0)).toBe(true);
    const { length } = tarHeader(entry);
    expect(stored.archive).toHaveLength(length + 20 * MIB + END_OF_ARCHIVE.length);
  });

  it('and a disk that gives nothing back make zeros, not an error', async () => {
    const home = await tempDir();
    const { pool, data } = openPool(home);
    // Reading a directory fails as a bad sector does.
    const piece: Piece = { fd: data.homeFd, segments: [[0, 1000]], isHashedByThread: true, isLast: true }; // prettier-ignore
    const answer = await pool.submit({ items: [], piece, level: undefined, isLikelyIncompressible: false, buffers: [] }); // prettier-ignore
    expect(answer.pieceBytesRead).toBe(0);
    expect(Buffer.from(answer.stored).equals(Buffer.alloc(1000))).toBe(true);
  });

  it('is told', async () => {
    const home = await tempDir();
    const path = join(home, 'large');
    await writeFile(path, Buffer.alloc(9 * MIB));
    const meanwhile = (): Promise<void> => utimes(path, 1, 1);
    const stored = await store(home, [listed('large', 9 * MIB)], { meanwhile });
    expect(stored.entries).toMatchObject([{ problem: { code: 'changed' } }]);
  });
});

describe('a slab larger than a member may be', () => {
  it('becomes several members that read as one', async () => {
    const { pool } = openPool(await tempDir());
    const bytes = Buffer.alloc(2 * MAX_MEMBER_CONTENT_BYTES + 5, 'attributes of many files ');
    const item = { kind: 'ready' as const, bytes, contentAt: undefined, contentBytes: 0, line: undefined }; // prettier-ignore
    const answer = await pool.submit({ items: [item], piece: undefined, level: 6, isLikelyIncompressible: false, buffers: [] }); // prettier-ignore
    expect(inflateMembers(Buffer.from(answer.stored)).equals(bytes)).toBe(true);
  });
});

/** Runs as a user who may not read everything. */
async function unprivileged<T>(act: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return act();
  process.setegid?.(nobody);
  process.seteuid?.(nobody);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

const canBecomeNobody = process.geteuid?.() !== 0 || isReachableByOthers();
describe.runIf(canBecomeNobody)('an account with files that cannot be read', () => {
  it('is stored without them, as an incomplete snapshot that names them', async () => {
    const place = await tempDir();
    await chmod(place, 0o777);
    const uid = process.geteuid?.() === 0 ? nobody : (process.getuid?.() ?? 0);
    const home = join(place, 'home');
    await unprivileged(async () => {
      await mkdir(home);
      await writeFile(join(home, 'closed'), 'secret', { mode: 0o000 });
      await writeFile(join(home, 'open'), 'public');
      await mkdir(join(home, 'closed-folder'));
      await writeFile(join(home, 'closed-folder/file'), 'below');
      await chmod(join(home, 'closed-folder'), 0o000);
    });
    const harness = await EngineHarness.make(place, { home, uid, gid: uid });
    harness.destination = new MemoryDestination();
    const summary = await unprivileged(() => harness.backup());
    expect(summary).toMatchObject({ state: 'incomplete', problems: 2 });
    expect(summary.leftOut.map(({ path, code }) => [path, code])).toEqual([
      ['homedir/closed', 'unreadable'],
      ['homedir/closed-folder', 'unreadable'],
    ]);
    expect(harness.logged.join()).toContain('homedir/closed could not be opened (EACCES)');
    const reader = await harness.reader(summary.id);
    const names = (await reader.list('homedir')).map(({ path }) => path);
    expect(names).toEqual(['homedir/closed', 'homedir/closed-folder', 'homedir/open']);
    expect(await harness.verify(summary.id)).toMatchObject({ state: 'complete', damage: [] });
    const target = { place: 'directory', path: join(place, 'restored'), mode: 'overlay' } as const;
    await chmod(place, 0o700);
    const report = await harness.restore(summary.id, { target });
    expect(report.counts.skipped).toBe(1);
    await chmod(join(home, 'closed-folder'), 0o700);
  });
});
