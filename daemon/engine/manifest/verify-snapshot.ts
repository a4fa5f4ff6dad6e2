/**
 * Re-reads everything a snapshot consists of. Headers are computed from the manifest and compared,
 * content is hashed, padding and end must be what they should: no byte of an archive is unchecked.
 */
import { createHash } from 'node:crypto';
import type { Destination } from '../../../destinations/destination.js';
import { AppError, toAppError } from '../../platform/errors.js';
import { gunzipMember } from '../archive/gzip-member.js';
import { inArchiveOrder } from '../archive/archive-order.js';
import {
  END_OF_ARCHIVE,
  paddingFor,
  storedContentBytes,
  tarHeader,
} from '../archive/tar-header.js';
import { archiveKey } from '../layout.js';
import { ByteCursor } from '../restore/byte-cursor.js';
import { readContents, sourceOf } from '../restore/content-reader.js';
import type { Placed } from '../restore/restore-messages.js';
import type { EngineContext, VerifyReport } from '../types.js';
import { displayPath } from './byte-path.js';
import type { Entry } from './entry.js';
import type { ArchiveReference } from './snapshot-file.js';
import { SnapshotReader } from './snapshot-reader.js';

const PIECE_BYTES = 1024 * 1024;
const DAMAGE_SHOWN = 1000;

export async function verifySnapshot(
  request: { snapshotKey: string; trustedKeysPem: string[] },
  context: EngineContext,
): Promise<VerifyReport> {
  const verification = new Verification(context);
  try {
    const reader = await SnapshotReader.open(
      context.destination,
      request.snapshotKey,
      request.trustedKeysPem,
      context.signal,
    );
    await verification.run(reader);
  } catch (error) {
    if (context.signal.aborted) {
      throw new AppError('cancelled', 'run.cancelled', 'The verification was cancelled.');
    }
    const { kind, message } = toAppError(error);
    if (kind !== 'integrity') throw error;
    verification.damage(request.snapshotKey, message);
  }
  return verification.report;
}

class Verification {
  readonly report: VerifyReport = {
    state: 'complete',
    files: 0,
    bytes: 0,
    damage: [],
    damageCount: 0,
  };
  private totals = { files: 0, bytes: 0 };

  constructor(private readonly context: EngineContext) {}

  damage(path: string, message: string): void {
    this.report.state = 'damaged';
    this.report.damageCount += 1;
    if (this.report.damage.length < DAMAGE_SHOWN) this.report.damage.push({ path, message });
  }

  async run(reader: SnapshotReader): Promise<void> {
    const { destination, signal } = this.context;
    this.totals = { files: reader.summary.files, bytes: reader.summary.contentBytes };
    if (reader.summary.structure === 'incremental') return this.checkContents(reader);
    const [archive] = reader.summary.archives;
    if (archive === undefined || reader.summary.archives.length > 1) {
      throw new AppError(
        'integrity',
        'snapshot.damaged',
        'The snapshot does not name exactly one archive.',
      );
    }
    const key = archiveKey(reader.place.prefix, archive.name);
    const info = await destination.stat(key, { signal });
    if (info?.sizeBytes !== archive.sizeBytes) {
      this.damage(
        key,
        info === undefined
          ? 'is missing'
          : `has ${info.sizeBytes} bytes instead of ${archive.sizeBytes}`,
      );
      if (info === undefined) return;
    }
    const cursor = new ByteCursor(this.plainBytes(destination, key, archive));
    try {
      for await (const entry of inArchiveOrder(reader.entries())) {
        signal.throwIfAborted();
        await this.checkEntry(cursor, entry);
      }
      const end = await cursor.take(END_OF_ARCHIVE.length);
      if (!end.equals(END_OF_ARCHIVE)) this.damage(key, 'does not end as it should');
    } finally {
      await cursor.close();
    }
  }

  /** Of archives that other snapshots refer to as well, what this one needs. */
  private async checkContents(reader: SnapshotReader): Promise<void> {
    const { destination, signal } = this.context;
    const missing = new Set<string>();
    for (const { name, sizeBytes } of reader.summary.archives) {
      const key = archiveKey(reader.place.prefix, name);
      const info = await destination.stat(key, { signal });
      if (info === undefined) {
        missing.add(name);
        this.damage(key, 'is missing');
      } else if (info.sizeBytes !== sizeBytes) {
        this.damage(key, `has ${info.sizeBytes} bytes instead of ${sizeBytes}`);
      }
    }
    const { tree } = reader;
    if (tree !== undefined && (await destination.trees?.has(tree, { signal })) !== true) {
      this.damage(tree, 'is missing');
      return;
    }
    const files = this.filesIn(reader, missing);
    for await (const { file, pieces } of readContents(sourceOf(reader, this.context), files)) {
      await this.checkFile(file.entry, pieces);
    }
  }

  /** Those that have content; what lies in a missing archive is damaged. */
  private async *filesIn(
    reader: SnapshotReader,
    missing: ReadonlySet<string>,
  ): AsyncGenerator<Placed> {
    for await (const entry of reader.entries()) {
      if (!reader.hasContent(entry)) continue;
      if (!missing.has(entry.data?.archive ?? '')) yield { entry, path: entry.path };
      else this.damage(displayPath(entry.path), 'lies in an archive that is missing');
    }
  }

  private async checkFile(entry: Entry, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    this.report.files += 1;
    this.report.bytes += storedContentBytes(entry);
    this.showProgress();
    try {
      for await (const _ of pieces);
    } catch (error) {
      if (toAppError(error).kind !== 'integrity') throw error;
      this.damage(displayPath(entry.path), toAppError(error).message);
    }
  }

  /** The tar bytes. A member that does not inflate counts as zeros, so that what follows it is
   * still found at its place. */
  private async *plainBytes(
    destination: Destination,
    key: string,
    archive: ArchiveReference,
  ): AsyncGenerator<Uint8Array> {
    const stored = destination.get(key, { signal: this.context.signal });
    if (!archive.name.endsWith('.gz')) {
      yield* stored;
      return;
    }
    const cursor = new ByteCursor(stored);
    try {
      while (cursor.position < archive.sizeBytes) {
        const member = await cursor.takeMember(archive.sizeBytes - cursor.position);
        yield this.inflate(member, key);
      }
    } finally {
      await cursor.close();
    }
  }

  private inflate(member: Buffer, key: string): Buffer {
    try {
      return gunzipMember(member);
    } catch (error) {
      this.damage(key, toAppError(error).message);
      const size = member.readUInt32LE(member.length - 4);
      if (size > 8 * PIECE_BYTES) throw error;
      return Buffer.alloc(size);
    }
  }

  private async checkEntry(cursor: ByteCursor, entry: Entry): Promise<void> {
    const expected = tarHeader(entry);
    const header = await cursor.take(expected.length);
    const isHeaderSound = header.equals(expected);
    const content = storedContentBytes(entry);
    const hash = createHash('sha256');
    for (let left = content; left > 0;) {
      const piece = await cursor.take(Math.min(left, PIECE_BYTES));
      hash.update(piece);
      left -= piece.length;
    }
    const padding = await cursor.take(paddingFor(content));
    if (entry.type === 'file' && entry.hardLink === undefined) {
      this.report.files += 1;
      this.report.bytes += content;
      if (hash.digest('hex') !== entry.sha256) {
        this.damage(displayPath(entry.path), 'content differs from its SHA-256');
      }
    }
    if (!isHeaderSound) this.damage(displayPath(entry.path), 'its tar header is damaged');
    if (padding.some((byte) => byte !== 0)) {
      this.damage(displayPath(entry.path), 'the padding behind it is damaged');
    }
    this.showProgress();
  }

  private showProgress(): void {
    const { files, bytes } = this.report;
    const { files: totalFiles, bytes: totalBytes } = this.totals;
    this.context.onProgress({ phase: 'verifying', files, bytes, totalFiles, totalBytes });
  }
}
