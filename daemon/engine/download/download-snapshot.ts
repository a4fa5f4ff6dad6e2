/**
 * Prepares a download: one file as it was, one database as the script that makes it (.sql.gz), or a
 * .tar.gz of everything chosen with a manifest, sums and a README at its end. Written to a file of ours; nothing of it is shown before it is whole.
 */
import { open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../platform/errors.js';
import { displayPath, nameOf, toText } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { DownloadRequest, DownloadResult, EngineContext } from '../types.js';
import { StoredDatabase, isDatabaseFolder } from '../databases/stored-database.js';
import { StoredPostgresql, isPostgresqlFolder } from '../databases/stored-postgresql.js';
import { readContents, sourceOf } from '../restore/content-reader.js';
import type { Placed } from '../restore/restore-messages.js';
import { RestorePlan } from '../restore/restore-plan.js';
import { selectedRoots } from '../restore/selection.js';
import { requireCpanel, writeCpmove } from './cpmove-package.js';
import { DiskRoom } from './disk-room.js';
import { expectedBytes, requireWithin } from './download-size.js';
import { GzipOutput, type Output } from './gzip-output.js';
import { packPlan, writePackage } from './pack-plan.js';
import { usualUse } from './package-readme.js';

export async function downloadSnapshot(
  request: DownloadRequest,
  context: EngineContext,
): Promise<DownloadResult> {
  try {
    return await prepare(request, context);
  } catch (error) {
    throw context.signal.aborted
      ? new AppError('cancelled', 'run.cancelled', 'The download was cancelled.')
      : error;
  }
}

/** Looks at everything that can refuse it before anything is written. */
async function prepare(request: DownloadRequest, context: EngineContext): Promise<DownloadResult> {
  const { destination, signal } = context;
  const { snapshotKey, trustedKeysPem, outputPath: path, selection, minFreeBytes = 0 } = request;
  const reader = await SnapshotReader.open(destination, snapshotKey, trustedKeysPem, signal);
  if (request.format === 'cpmove') requireCpanel(reader);
  const plan = await RestorePlan.forDownload(reader, selection);
  requireWithin(plan.totalBytes, request.maxBytes);
  const room = new DiskRoom(dirname(path), minFreeBytes);
  const isOneFile = plan.singleFile !== undefined;
  await room.require(isOneFile ? plan.totalBytes : expectedBytes(plan.totalBytes, reader.summary));
  const handle = await open(path, 'wx', 0o600);
  try {
    const result = await write({ path, handle, room, signal }, { plan, reader, request }, context);
    await room.sync(handle);
    await handle.close();
    return result;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await unlink(path);
    throw error;
  }
}

/** What is downloaded. */
interface Chosen {
  plan: RestorePlan;
  reader: SnapshotReader;
  request: DownloadRequest;
}

async function write(
  output: Output,
  { plan, reader, request }: Chosen,
  context: EngineContext,
): Promise<DownloadResult> {
  const roots = selectedRoots(reader, request.selection);
  if (request.format === 'cpmove') return writeCpmove(output, { reader, request, roots }, context);
  const [root, ...more] = roots;
  if (root !== undefined && more.length === 0 && isDatabaseFolder(root)) {
    const fileName = `${fileNameIn(root)}-${dayOf(reader)}.sql.gz`;
    const kind = isPostgresqlFolder(root) ? StoredPostgresql : StoredDatabase;
    const stored = await kind.open(reader, root);
    return { fileName, ...(await writeScript(output, stored, context)) };
  }
  const { singleFile } = plan;
  if (singleFile !== undefined) return writeSingle(output, singleFile, reader, context);
  const fileName = `${reader.summary.account.name}-${dayOf(reader)}.tar.gz`;
  const packing = { plan, reader, context };
  const about = {
    roots,
    notes: request.notes ?? [],
    fileName,
    use: usualUse(fileName),
    folder: '',
  };
  return writePackage(output, packing, about, async (tar) => {
    await packPlan(tar, packing, ({ path }) => path);
    return { notes: [] };
  });
}

/** One database as one gzip'd script. */
async function writeScript(
  output: Output,
  database: Pick<StoredDatabase, 'script'>,
  context: EngineContext,
): Promise<Omit<DownloadResult, 'fileName'>> {
  const zipped = new GzipOutput(output);
  for await (const piece of database.script(context)) {
    await zipped.append(Buffer.from(piece));
    context.onProgress({ phase: 'storing', files: 0, bytes: zipped.bytes });
  }
  await zipped.flush();
  return { format: 'sql.gz', sizeBytes: zipped.written, files: 1 };
}

function dayOf({ summary }: SnapshotReader): string {
  return summary.startedAt.slice(0, 10);
}

function fileNameIn(path: BytePath): string {
  const name = nameOf(path);
  return toText(name) ?? displayPath(name);
}

async function writeSingle(
  output: Output,
  entry: Entry,
  reader: SnapshotReader,
  context: EngineContext,
): Promise<DownloadResult> {
  const files = (async function* (): AsyncGenerator<Placed> {
    await Promise.resolve();
    if (reader.hasContent(entry)) yield { entry, path: entry.path };
  })();
  for await (const { pieces } of readContents(sourceOf(reader, context), files)) {
    let at = 0;
    for await (const piece of pieces) {
      await writeContent(output, entry, piece, at);
      at += piece.length;
    }
  }
  if (entry.sparse !== undefined) await output.handle.truncate(entry.sizeBytes);
  const fileName = fileNameIn(entry.path);
  return { fileName, format: 'file', sizeBytes: entry.sizeBytes, files: 1 };
}

/** Content bytes from offset `from` on, where the extents of a file with holes say. */
async function writeContent(
  { handle, room }: Output,
  entry: Entry,
  piece: Uint8Array,
  from: number,
): Promise<void> {
  let extentStart = 0;
  for (const [offset, length] of entry.sparse ?? [[0, entry.sizeBytes] as [number, number]]) {
    const begin = Math.max(from, extentStart);
    const end = Math.min(from + piece.length, extentStart + length);
    if (begin < end) {
      const part = piece.subarray(begin - from, end - from);
      await room.write(handle, part, offset + begin - extentStart);
    }
    extentStart += length;
  }
}
