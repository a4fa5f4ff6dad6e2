/**
 * Prepares a download: one file as it was, one database as the script that makes it (.sql.gz), or a
 * .tar.gz of everything chosen with MANIFEST.jsonl at its end. Written to a file of ours; nothing of it is shown before it is whole.
 */
import { open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../platform/errors.js';
import {
  END_OF_ARCHIVE,
  isInTar,
  paddingFor,
  storedContentBytes,
  tarHeader,
} from '../archive/tar-header.js';
import { displayPath, nameOf, toText } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import { entryToLine } from '../manifest/entry-json.js';
import { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { DownloadRequest, DownloadResult, EngineContext, Selection } from '../types.js';
import { StoredDatabase, isDatabaseFolder } from '../databases/stored-database.js';
import { StoredPostgresql, isPostgresqlFolder } from '../databases/stored-postgresql.js';
import { readContents, sourceOf } from '../restore/content-reader.js';
import type { Placed } from '../restore/restore-messages.js';
import { RestorePlan } from '../restore/restore-plan.js';
import { selectedRoots } from '../restore/selection.js';
import { DiskRoom } from './disk-room.js';
import { expectedBytes, requireWithin } from './download-size.js';
import { GzipOutput, type Output } from './gzip-output.js';

export async function downloadSnapshot(
  request: DownloadRequest,
  context: EngineContext,
): Promise<DownloadResult> {
  const { destination, signal } = context;
  const reader = await SnapshotReader.open(
    destination,
    request.snapshotKey,
    request.trustedKeysPem,
    signal,
  );
  const { outputPath, selection, maxBytes, minFreeBytes = 0 } = request;
  const plan = await RestorePlan.forDownload(reader, selection);
  requireWithin(plan.totalBytes, maxBytes);
  const room = new DiskRoom(dirname(outputPath), minFreeBytes);
  await room.require(
    plan.singleFile === undefined
      ? expectedBytes(plan.totalBytes, reader.summary)
      : plan.totalBytes,
  );
  const handle = await open(outputPath, 'wx', 0o600);
  try {
    const result = await write({ handle, room, signal }, { plan, reader, selection }, context);
    await room.sync(handle);
    await handle.close();
    return result;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await unlink(outputPath);
    throw signal.aborted
      ? new AppError('cancelled', 'run.cancelled', 'The download was cancelled.')
      : error;
  }
}

/** What is downloaded. */
interface Chosen {
  plan: RestorePlan;
  reader: SnapshotReader;
  selection: Selection;
}

async function write(
  output: Output,
  { plan, reader, selection }: Chosen,
  context: EngineContext,
): Promise<DownloadResult> {
  const [root, ...more] = selectedRoots(reader, selection);
  if (root !== undefined && more.length === 0 && isDatabaseFolder(root)) {
    const fileName = `${fileNameIn(root)}-${dayOf(reader)}.sql.gz`;
    const kind = isPostgresqlFolder(root) ? StoredPostgresql : StoredDatabase;
    const stored = await kind.open(reader, root);
    return { fileName, ...(await writeScript(output, stored, context)) };
  }
  const single = plan.singleFile;
  const written =
    single === undefined
      ? await new Packer(output, plan, reader, context).run()
      : await writeSingle(output, single, reader, context);
  return { ...written, fileName: fileNameOf(reader, single) };
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

function fileNameOf(reader: SnapshotReader, single: Entry | undefined): string {
  if (single !== undefined) return fileNameIn(single.path);
  return `${reader.summary.account.name}-${dayOf(reader)}.tar.gz`;
}

async function writeSingle(
  output: Output,
  entry: Entry,
  reader: SnapshotReader,
  context: EngineContext,
): Promise<Omit<DownloadResult, 'fileName'>> {
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
  return { format: 'file', sizeBytes: entry.sizeBytes, files: 1 };
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

class Packer {
  private files = 0;
  private readonly lines: string[] = [];
  private readonly output: GzipOutput;

  constructor(
    output: Output,
    private readonly plan: RestorePlan,
    private readonly reader: SnapshotReader,
    private readonly context: EngineContext,
  ) {
    this.output = new GzipOutput(output);
  }

  /** Files, what links to them; then directories, deepest first, so that what any tar sets on a
   * directory is not undone by what follows. */
  async run(): Promise<Omit<DownloadResult, 'fileName'>> {
    const source = sourceOf(this.reader, this.context);
    for await (const { file, pieces } of readContents(source, this.filesWithData())) {
      await this.addEntry(file.entry);
      for await (const piece of pieces) await this.output.append(Buffer.from(piece));
      await this.output.append(Buffer.alloc(paddingFor(storedContentBytes(file.entry))));
    }
    for await (const others of this.plan.others(100)) {
      for (const { entry, linkSource } of others) await this.addEntry(linkTo(entry, linkSource));
    }
    for (const { entry } of this.plan.directoriesToMake.toReversed()) await this.addEntry(entry);
    await this.addManifest();
    await this.output.append(END_OF_ARCHIVE);
    await this.output.flush();
    return { format: 'tar.gz', sizeBytes: this.output.written, files: this.files };
  }

  /** Those that have no content are added as they come by. */
  private async *filesWithData(): AsyncGenerator<Placed> {
    for await (const file of this.plan.files()) {
      if (this.reader.hasContent(file.entry)) yield file;
      else await this.addEntry(file.entry);
    }
  }

  private async addEntry(entry: Entry): Promise<void> {
    this.lines.push(entryToLine(entry));
    if (!isInTar(entry)) return;
    if (entry.type !== 'directory') this.files += 1;
    await this.output.append(tarHeader(entry));
    const { totalFiles, totalBytes } = this.plan;
    this.context.onProgress({
      phase: 'storing',
      files: this.files,
      bytes: this.output.bytes,
      totalFiles,
      totalBytes,
    });
  }

  private async addManifest(): Promise<void> {
    const content = Buffer.from(this.lines.join(''));
    const ns = BigInt(this.context.now().getTime()) * 1_000_000n;
    const entry: Entry = {
      path: 'MANIFEST.jsonl', type: 'file', mode: 0o600, uid: 0, gid: 0, sizeBytes: content.length,
      mtimeNs: ns, ctimeNs: ns, inode: 0n,
    }; // prettier-ignore
    await this.output.append(tarHeader(entry));
    await this.output.append(content);
    await this.output.append(Buffer.alloc(paddingFor(content.length)));
  }
}

/** A hard link whose first name is not in the download points to the name that stands in for it. */
function linkTo(entry: Entry, linkSource: Entry['hardLink']): Entry {
  if (linkSource === undefined) {
    const { hardLink: _hardLink, ...alone } = entry;
    return alone;
  }
  return { ...entry, hardLink: linkSource };
}
