/**
 * Prepares a download: one file as it was, or a .tar.gz of everything chosen with MANIFEST.jsonl at
 * its end. Written to a file of ours; nothing of it is shown before it is whole.
 */
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { AppError } from '../../platform/errors.js';
import { gzipMember, isIncompressible } from '../archive/gzip-member.js';
import {
  END_OF_ARCHIVE,
  isInTar,
  paddingFor,
  storedContentBytes,
  tarHeader,
} from '../archive/tar-header.js';
import { displayPath, nameOf, toText } from '../manifest/byte-path.js';
import type { Entry } from '../manifest/entry.js';
import { entryToLine } from '../manifest/entry-json.js';
import { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { DownloadRequest, DownloadResult, EngineContext } from '../types.js';
import { readContents, sourceOf } from './content-reader.js';
import type { Placed } from './restore-messages.js';
import { RestorePlan } from './restore-plan.js';

const MEMBER_BYTES = 1024 * 1024;
const LEVEL = 6;

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
  const plan = await RestorePlan.forDownload(reader, request.selection);
  const handle = await open(request.outputPath, 'wx', 0o600);
  try {
    const single = plan.singleFile;
    const written =
      single === undefined
        ? await new Packer(handle, plan, reader, context).run()
        : await writeSingle(handle, single, reader, context);
    await handle.sync();
    await handle.close();
    return { ...written, fileName: fileNameOf(reader, single) };
  } catch (error) {
    await handle.close();
    await unlink(request.outputPath);
    throw signal.aborted
      ? new AppError('cancelled', 'run.cancelled', 'The download was cancelled.')
      : error;
  }
}

function fileNameOf(reader: SnapshotReader, single: Entry | undefined): string {
  const { account, startedAt } = reader.summary;
  if (single === undefined) return `${account.name}-${startedAt.slice(0, 10)}.tar.gz`;
  const name = nameOf(single.path);
  return toText(name) ?? displayPath(name);
}

async function writeSingle(
  handle: FileHandle,
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
      await writeContent(handle, entry, piece, at);
      at += piece.length;
    }
  }
  if (entry.sparse !== undefined) await handle.truncate(entry.sizeBytes);
  return { format: 'file', sizeBytes: entry.sizeBytes, files: 1 };
}

/** Content bytes from offset `from` on, where the extents of a file with holes say. */
async function writeContent(
  handle: FileHandle,
  entry: Entry,
  piece: Uint8Array,
  from: number,
): Promise<void> {
  let extentStart = 0;
  for (const [offset, length] of entry.sparse ?? [[0, entry.sizeBytes] as [number, number]]) {
    const begin = Math.max(from, extentStart);
    const end = Math.min(from + piece.length, extentStart + length);
    if (begin < end) {
      await handle.write(piece, begin - from, end - begin, offset + begin - extentStart);
    }
    extentStart += length;
  }
}

class Packer {
  private buffer: Buffer[] = [];
  private buffered = 0;
  private written = 0;
  private files = 0;
  private bytes = 0;
  private readonly lines: string[] = [];

  constructor(
    private readonly handle: FileHandle,
    private readonly plan: RestorePlan,
    private readonly reader: SnapshotReader,
    private readonly context: EngineContext,
  ) {}

  /** Files, what links to them; then directories, deepest first, so that what any tar sets on a
   * directory is not undone by what follows. */
  async run(): Promise<Omit<DownloadResult, 'fileName'>> {
    const source = sourceOf(this.reader, this.context);
    for await (const { file, pieces } of readContents(source, this.filesWithData())) {
      await this.addEntry(file.entry);
      for await (const piece of pieces) await this.append(Buffer.from(piece));
      await this.append(Buffer.alloc(paddingFor(storedContentBytes(file.entry))));
    }
    for await (const others of this.plan.others(100)) {
      for (const { entry, linkSource } of others) await this.addEntry(linkTo(entry, linkSource));
    }
    for (const { entry } of this.plan.directoriesToMake.toReversed()) await this.addEntry(entry);
    await this.addManifest();
    await this.append(END_OF_ARCHIVE);
    await this.flush();
    return { format: 'tar.gz', sizeBytes: this.written, files: this.files };
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
    await this.append(tarHeader(entry));
    const { totalFiles, totalBytes } = this.plan;
    this.context.onProgress({
      phase: 'storing',
      files: this.files,
      bytes: this.bytes,
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
    await this.append(tarHeader(entry));
    await this.append(content);
    await this.append(Buffer.alloc(paddingFor(content.length)));
  }

  private async append(bytes: Buffer): Promise<void> {
    this.buffer.push(bytes);
    this.buffered += bytes.length;
    this.bytes += bytes.length;
    if (this.buffered >= MEMBER_BYTES) await this.flush();
  }

  private async flush(): Promise<void> {
    const content = Buffer.concat(this.buffer);
    this.buffer = [];
    this.buffered = 0;
    for (let at = 0; at < content.length; at += MEMBER_BYTES) {
      this.context.signal.throwIfAborted();
      const piece = content.subarray(at, at + MEMBER_BYTES);
      const member = gzipMember(piece, isIncompressible(piece, false) ? 0 : LEVEL);
      await this.handle.writeFile(member);
      this.written += member.length;
    }
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
