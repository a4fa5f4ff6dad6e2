/**
 * One snapshot of one account: walk -> archive -> pages -> snapshot file, the last thing written.
 * Content and pages are stored side by side; nothing refers to either before the snapshot file
 * does, and that is put when both are durable.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { AppError } from '../../platform/errors.js';
import { getAttributes } from '../../platform/syscalls.js';
import { accountPrefix, archiveKey, archiveName, snapshotKey } from '../layout.js';
import type { Entry } from '../manifest/entry.js';
import { PageWriter } from '../manifest/page-writer.js';
import { signSnapshot, type SnapshotBody } from '../manifest/snapshot-file.js';
import { ThreadPool, compiledEntry } from '../thread-pool.js';
import type { BackupRequest, EngineContext, LeftOut, SnapshotSummary } from '../types.js';
import { ArchiveStream, type ArchiveStreamOptions, type Found } from './archive-stream.js';
import type { CaptureThreadData, SlabRequest, SlabResponse } from './capture-messages.js';
import { countEntries } from './count-entries.js';
import { excludeMatcher } from './excludes.js';
import { metadataOf } from './file-reading.js';
import { openHome } from './open-home.js';
import { restoreNotes } from './restore-notes.js';
import { CONFIG, HOME, Tally } from './tally.js';
import { Walk } from './walk.js';

export async function backupAccount(
  request: BackupRequest,
  context: EngineContext,
): Promise<SnapshotSummary> {
  const { destination, signal, threads } = context;
  const prefix = accountPrefix(request.server.id, request.account);
  context.onProgress({ phase: 'preparing', files: 0, bytes: 0 });
  const homeFd = openHome(request.account);
  const home: CaptureThreadData = {
    homeFd,
    isStayingOnDevice: !request.crossMounts,
    links: { isForeignLinkAllowed: hasProtectedHardLinks(), accountUid: request.account.uid },
  };
  const pool = new ThreadPool<SlabRequest, SlabResponse>(
    compiledEntry(import.meta.url, './capture-thread.js'),
    threads,
    home,
  );
  const pages = new PageWriter(destination, prefix, signal);
  try {
    await destination.sweep(prefix, { signal });
    return await store(request, context, { home, pool, pages, prefix });
  } catch (error) {
    await discard(request, context, { pages, prefix });
    throw signal.aborted
      ? new AppError('cancelled', 'run.cancelled', 'The backup was cancelled.')
      : error;
  } finally {
    await pool.close();
    closeSync(homeFd);
  }
}

interface Parts {
  home: CaptureThreadData;
  pool: ThreadPool<SlabRequest, SlabResponse>;
  pages: PageWriter;
  prefix: string;
}

async function store(
  request: BackupRequest,
  context: EngineContext,
  parts: Parts,
): Promise<SnapshotSummary> {
  const { destination, signal } = context;
  const { pages, prefix } = parts;
  const { homeFd, links } = parts.home;
  const startedAt = context.now();
  const excludes = excludeMatcher(request.excludes);
  context.onProgress({ phase: 'scanning', files: 0, bytes: 0 });
  const tally = new Tally(context);
  const counting = tally.expect((stop) => countEntries(homeFd, excludes, stop));
  const name = archiveName(request.snapshotId, 1, request.structure);
  const stream = new ArchiveStream({
    ...streamOptions(request, parts),
    archive: name,
    signal,
    ...tellTo(tally, pages),
  });
  const home = homeEntry(homeFd);
  const walk = new Walk({
    homeFd,
    home,
    excludes,
    crossMounts: request.crossMounts,
    ...links,
  });
  const bytes = stream.bytes(everything(request, home, startedAt, walk));
  const put = destination.put(archiveKey(prefix, name), bytes, { signal });
  // The count reads the home: it must have ended before the home is closed.
  const archive = await put.finally(() => counting.stop());
  context.onProgress({ ...tally.progress(), phase: 'publishing' });
  const manifest = await pages.finish();
  const notes = Buffer.from(restoreNotes(request.account));
  await putIfAbsent(context, `${prefix}RESTORE.md`, notes);
  const body: SnapshotBody = {
    format: 'holdfast-snapshot',
    version: 1,
    id: request.snapshotId,
    server: request.server,
    account: withoutUndefined(request.account),
    ...(request.job === undefined ? {} : { job: request.job }),
    trigger: request.trigger,
    structure: request.structure,
    ...tally.totals(),
    startedAt: startedAt.toISOString(),
    finishedAt: context.now().toISOString(),
    archives: [{ name, sizeBytes: archive.sizeBytes }],
    pages: manifest.pages,
  };
  const file = signSnapshot(body, request.signingKeyPem);
  await destination.put(snapshotKey({ prefix, snapshotId: request.snapshotId }), file, {
    ifAbsent: true,
    signal,
  });
  return summarise(body, archive.sizeBytes + manifest.bytesWritten + file.length);
}

function streamOptions(
  request: BackupRequest,
  { home, pool }: Parts,
): Pick<ArchiveStreamOptions, 'pool' | 'home' | 'level'> {
  const isCompressed = request.structure === 'compressed';
  return {
    pool,
    home,
    level: isCompressed ? request.compressionLevel : undefined,
  };
}

/** Every entry is counted and goes to the manifest. */
function tellTo(
  tally: Tally,
  pages: PageWriter,
): Pick<ArchiveStreamOptions, 'onEntry' | 'onPiece' | 'onLost'> {
  return {
    onEntry: (entry) => {
      tally.add(entry);
      return pages.add(entry.line, entry.path);
    },
    onPiece: (path, length) => {
      tally.addPiece(path, length);
    },
    onLost: (path, problem) => {
      tally.addLost(path, problem);
    },
  };
}

function summarise(body: SnapshotBody, storedBytes: number): SnapshotSummary {
  const { id, state, startedAt, finishedAt, structure, entries, files } = body;
  const { contentBytes, excluded, problems } = body;
  return {
    id, state, startedAt, finishedAt, structure, entries, files, contentBytes, storedBytes, excluded, problems,
    items: body.items.map(({ name, entries: count, bytes }) => ({ name, entries: count, bytes })),
    leftOut: body.leftOut as LeftOut[],
  }; // prettier-ignore
}

/** Takes back what was stored for a snapshot that will not be; what is left, the next scrub finds. */
async function discard(
  request: BackupRequest,
  context: EngineContext,
  { pages, prefix }: { pages: PageWriter; prefix: string },
): Promise<void> {
  const { destination } = context;
  try {
    const key = snapshotKey({ prefix, snapshotId: request.snapshotId });
    if ((await destination.stat(key)) !== undefined) return;
    await destination.remove(
      archiveKey(prefix, archiveName(request.snapshotId, 1, request.structure)),
    );
    await pages.discard();
    await destination.sweep(prefix);
  } catch (error) {
    context.log(
      'warn',
      `What the failed backup left at the destination could not be removed: ${String(error)}`,
    );
  }
}

async function putIfAbsent(context: EngineContext, key: string, bytes: Buffer): Promise<void> {
  const { destination, signal } = context;
  if ((await destination.stat(key, { signal })) === undefined) {
    await destination.put(key, bytes, { signal });
  }
}

/** Whether the kernel keeps users from naming files that are not theirs (fs.protected_hardlinks). */
function hasProtectedHardLinks(): boolean {
  try {
    return readFileSync('/proc/sys/fs/protected_hardlinks', 'utf8').trim() === '1';
  } catch {
    return false;
  }
}

function withoutUndefined(account: BackupRequest['account']): SnapshotBody['account'] {
  return Object.fromEntries(
    Object.entries(account).filter(([, value]) => value !== undefined),
  ) as SnapshotBody['account'];
}

/** The home's own entry. */
function homeEntry(homeFd: number): Entry {
  const entry: Entry = {
    ...metadataOf(fstatSync(homeFd, { bigint: true }), HOME),
    type: 'directory',
  };
  const xattrs = getAttributes(homeFd);
  if (xattrs.length > 0) entry.xattrs = xattrs;
  return entry;
}

/** Everything a snapshot holds: the account's description, then its home. */
function* everything(request: BackupRequest, home: Entry, now: Date, walk: Walk): Generator<Found> {
  const ns = BigInt(now.getTime()) * 1_000_000n;
  const plain = { uid: 0, gid: 0, inode: 0n, mtimeNs: ns, ctimeNs: ns };
  const config: Entry = { ...plain, path: CONFIG, type: 'directory', mode: 0o700, sizeBytes: 0 };
  const content = Buffer.from(`${JSON.stringify(withoutUndefined(request.account), null, 2)}\n`);
  yield { kind: 'entry', entry: config };
  yield { kind: 'entry', entry: home };
  yield { kind: 'enter', entry: config };
  yield {
    kind: 'made-up',
    content,
    entry: {
      ...plain,
      path: `${CONFIG}/account.json`,
      type: 'file',
      mode: 0o600,
      sizeBytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    },
  };
  yield* walk.run();
}
