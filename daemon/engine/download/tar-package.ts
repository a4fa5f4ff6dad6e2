/**
 * One .tar.gz with lists of what is in it, and a README that says how to unpack and check it. Its members are
 * below `folder`, each once; who adds them says under which names, and they may be hostile.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../../platform/errors.js';
import { END_OF_ARCHIVE, isInTar, paddingFor, storedContentBytes, tarHeader } from '../archive/tar-header.js'; // prettier-ignore
import { displayPath } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import { OF_NOTHING } from '../parts/stored-file.js';
import type { EngineContext, LeftOut } from '../types.js';
import { GzipOutput, type Output } from './gzip-output.js';
import { MANIFEST, SUMS, type PackageLists } from './package-lists.js';
import { README } from './package-readme.js';
import type { Spool } from './spool.js';
import { holeBytes, WholeHash } from './whole-hash.js';

/** Of one archive: a file of a byte may claim to be as long as a disk, and somebody waits. */
const MOST_HOLE_BYTES = 4 * 1024 ** 3;
const OWN_NAMES: ReadonlySet<BytePath> = new Set([README, MANIFEST, SUMS]);

export interface PackageOptions {
  /** '' or a name with a `/` at its end. */
  folder: BytePath;
  now: Date;
  totals: { totalFiles: number; totalBytes: number };
  onProgress: EngineContext['onProgress'];
}

/** What could not go in, and why. */
export type NotPacked = Pick<LeftOut, 'path' | 'message'>;
const MOST_TOLD = 1_000;

export class TarPackage {
  files = 0;
  readonly notPacked: NotPacked[] = [];
  private readonly zipped: GzipOutput;
  private holesLeft = MOST_HOLE_BYTES;
  /** Of those with holes, whose hash no manifest tells. */
  private readonly wholeHashes = new Map<BytePath, string>();

  constructor(
    output: Output,
    private readonly lists: PackageLists,
    private readonly options: PackageOptions,
  ) {
    this.zipped = new GzipOutput(output);
  }

  get writtenBytes(): number {
    return this.zipped.written;
  }

  /** A regular file with its content. `from`: as for `PackageLists.add`. */
  async addFile(
    entry: Entry,
    pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    from?: BytePath,
  ): Promise<void> {
    const whole = this.wholeHashOf(entry);
    await this.addHeader(entry);
    for await (const piece of pieces) {
      whole?.update(piece);
      // A piece may be overwritten when the next one is asked for.
      await this.zipped.append(Buffer.from(piece));
    }
    await this.zipped.append(Buffer.alloc(paddingFor(storedContentBytes(entry))));
    const sha256 = entry.sparse === undefined ? (entry.sha256 ?? OF_NOTHING) : whole?.digest();
    if (entry.sparse !== undefined && sha256 !== undefined) this.wholeHashes.set(entry.path, sha256); // prettier-ignore
    await this.lists.add(entry, { sha256, from });
  }

  /** What has no content of its own. `first`: of a hard link, the hash of what it leads to. */
  async addOther(entry: Entry, first?: string, from?: BytePath): Promise<void> {
    if (!isInTar(entry)) {
      this.leaveOut(entry.path, whyNot(entry));
      return;
    }
    await this.addHeader(entry);
    const known = entry.hardLink === undefined ? undefined : this.wholeHashes.get(entry.hardLink);
    await this.lists.add(entry, { sha256: known ?? first, from });
  }

  /** Tells of something that is not packed. */
  leaveOut(path: BytePath, message: string): void {
    if (this.notPacked.length < MOST_TOLD) {
      this.notPacked.push({ path: displayPath(path), message });
    }
  }

  async addFolder(path: BytePath): Promise<void> {
    await this.addOther({ ...this.ownEntry(path, 0), type: 'directory', mode: 0o700 });
  }

  /** The folder that holds all the others; root's alone. */
  async addTop(): Promise<void> {
    const path = this.options.folder.replace(/\/$/, '');
    const top: Entry = { ...this.ownEntry(path, 0), type: 'directory', mode: 0o700 };
    await this.zipped.append(tarHeader(top));
  }

  /** One of ours. */
  async addText(path: BytePath, content: Buffer): Promise<void> {
    const sha256 = createHash('sha256').update(content).digest('hex');
    await this.addFile({ ...this.ownEntry(path, content.length), sha256 }, [content]);
  }

  async addSpooled(path: BytePath, spool: Spool): Promise<void> {
    const entry = { ...this.ownEntry(path, spool.bytes), sha256: spool.digest() };
    await this.addFile(entry, spool.pieces());
  }

  /** The README and the lists; nothing more can be added. `head`: the first line of the manifest. */
  async finish(readme: Buffer, head: Buffer): Promise<void> {
    await this.addText(README, readme);
    const { manifest, sums } = this.lists;
    const manifestHash = createHash('sha256').update(head);
    for await (const piece of manifest.pieces()) manifestHash.update(piece);
    await this.addUnlisted(MANIFEST, head.length + manifest.bytes, join(head, manifest));
    await this.lists.addSum(MANIFEST, manifestHash.digest('hex'));
    await this.addUnlisted(SUMS, sums.bytes, sums.pieces());
    await this.zipped.append(END_OF_ARCHIVE);
    await this.zipped.flush();
  }

  private async addUnlisted(
    path: BytePath,
    sizeBytes: number,
    pieces: AsyncIterable<Buffer>,
  ): Promise<void> {
    await this.addHeader(this.ownEntry(path, sizeBytes));
    for await (const piece of pieces) await this.zipped.append(piece);
    await this.zipped.append(Buffer.alloc(paddingFor(sizeBytes)));
  }

  private async addHeader(entry: Entry): Promise<void> {
    const { folder, totals, onProgress } = this.options;
    if (OWN_NAMES.has(entry.path) && entry.inode !== 0n) throw nameTaken(entry);
    if (entry.type !== 'directory') this.files += 1;
    const { path, hardLink } = entry;
    const link = hardLink === undefined ? {} : { hardLink: `${folder}${hardLink}` };
    await this.zipped.append(tarHeader({ ...entry, path: `${folder}${path}`, ...link }));
    onProgress({ phase: 'storing', files: this.files, bytes: this.zipped.bytes, ...totals });
  }

  private wholeHashOf(entry: Entry): WholeHash | undefined {
    if (entry.sparse === undefined) return undefined;
    const holes = holeBytes(entry);
    if (holes > this.holesLeft) return undefined;
    this.holesLeft -= holes;
    return new WholeHash(entry);
  }

  private ownEntry(path: BytePath, sizeBytes: number): Entry {
    const ns = BigInt(this.options.now.getTime()) * 1_000_000n;
    const ids = { uid: 0, gid: 0, inode: 0n };
    return { path, type: 'file', mode: 0o600, ...ids, sizeBytes, mtimeNs: ns, ctimeNs: ns };
  }
}

async function* join(head: Buffer, rest: Spool): AsyncGenerator<Buffer> {
  yield head;
  yield* rest.pieces();
}

function whyNot({ type, problem }: Entry): string {
  if (type === 'socket') return 'a socket, of which tar archives have none';
  return problem?.message ?? 'the snapshot has it not';
}

/** Snapshots have a few folders at their top, and no such names. */
function nameTaken({ path }: Entry): AppError {
  return new AppError('integrity', 'manifest.malformed', `The manifest is damaged: it names ${displayPath(path)}, as no snapshot does.`); // prettier-ignore
}
