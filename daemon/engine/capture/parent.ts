/**
 * The snapshot before, as an incremental backup uses it: its manifest read beside the walk, both in
 * the same order. What did not change is taken over line by line and never opened.
 *
 * Unchanged is what has the same path, type, mode, owner, size, mtime, ctime and inode: all that
 * a manifest line begins with, so that one comparison of text decides. Who writes a file cannot help
 * changing its ctime; only changes within the clock's step of the moment it was read would go
 * unseen, so what was changed so late is read again ("racy clean", as git calls it).
 */
import { createPublicKey } from 'node:crypto';
import type { FileStatus } from '../../platform/file-status.js';
import { MAX_SNAPSHOT_FILE_BYTES, parseSnapshotKey } from '../layout.js';
import { comparePaths } from '../manifest/byte-path.js';
import { parseLine } from '../manifest/entry-json.js';
import type { BytePath, DataLocation } from '../manifest/entry.js';
import { readObject } from '../manifest/read-object.js';
import { linesOf, readPage, type PageSource } from '../manifest/read-page.js';
import {
  openSnapshotAt,
  type PageReference,
  type SnapshotBody,
} from '../manifest/snapshot-file.js';

/** Coarser than the clock of any file system, and than what two clocks of one server differ by. */
const CLOCK_STEP_SECONDS = 2;

/** Of some 300 KiB each. A page that is not among them is only packed again. */
const RECENT_PAGES = 16;

/** The parent must be read on before it can be told. */
export const READ_ON = Symbol('read on');

/** A line of the parent, without its line feed. */
export interface ParentLine {
  line: string;
  /** It begins with what was asked for. */
  isSame: boolean;
}

const DATA =
  /^,"data":\{"archive":"([A-Za-z0-9.-]+)","offset":(\d+),"length":(\d+),"skip":(\d+)\}\}$/;

/** Where the content of a line lies; undefined without content in an archive. Quotes within names are
 * escaped, so that none can look like this. */
export function contentOf(line: string): DataLocation | undefined {
  const start = line.lastIndexOf(',"data":{');
  const found = start === -1 ? null : DATA.exec(line.slice(start));
  if (found === null) return undefined;
  const [, archive = '', offset, length, skip] = found;
  return { archive, offset: Number(offset), length: Number(length), skip: Number(skip) };
}

/** Whether the content of a regular file was kept whole. */
export function isIntact(line: string): boolean {
  return line.includes(',"sha256":"') && !line.includes(',"problem":{') && !line.includes(',"excludedBy":"'); // prettier-ignore
}

export class Parent {
  private lines: string[] = [];
  private at = 0;
  private pagesRead = 0;
  /** Path of the line at `at`, once it was asked for. */
  private path: BytePath | undefined;
  /** Those that were read last; what is written lags behind what is read. */
  private readonly recent: { text: string; reference: PageReference }[] = [];
  /** Told the paths that were not asked for. */
  onGone: ((path: BytePath) => void) | undefined;

  /** What was changed before this second was so when it was read. */
  private readonly safeSeconds: number;

  private constructor(
    readonly body: SnapshotBody,
    private readonly source: PageSource,
  ) {
    this.safeSeconds = Math.floor(Date.parse(body.startedAt) / 1000) - CLOCK_STEP_SECONDS;
  }

  /** Throws `integrity` when it is not a whole snapshot of this server. */
  static async open(
    source: Omit<PageSource, 'prefix'>,
    snapshotKey: string,
    signingKeyPem: string,
  ): Promise<Parent> {
    const { prefix } = parseSnapshotKey(snapshotKey);
    const { destination, signal } = source;
    const bytes = await readObject(destination, snapshotKey, MAX_SNAPSHOT_FILE_BYTES, signal);
    const trusted = createPublicKey(signingKeyPem).export({ type: 'spki', format: 'pem' });
    const body = openSnapshotAt(bytes, snapshotKey, [trusted.toString()]);
    return new Parent(body, { ...source, prefix });
  }

  /** Whether a file with these times may have been changed after the parent read it. */
  isRacy({ mtime, ctime }: Pick<FileStatus, 'mtime' | 'ctime'>): boolean {
    return mtime.seconds >= this.safeSeconds || ctime.seconds >= this.safeSeconds;
  }

  /**
   * The line of a path; paths must be asked for in manifest order. `opened`: what its line begins
   * with when it is unchanged. `READ_ON`: ask again after `readOn`.
   */
  take(path: BytePath, opened: string): ParentLine | undefined | typeof READ_ON {
    for (;;) {
      const line = this.lines[this.at];
      if (line === undefined) return this.pagesRead < this.body.pages.length ? READ_ON : undefined;
      if (line.startsWith(opened)) {
        this.next();
        return { line, isSame: true };
      }
      this.path ??= parseLine(line).path;
      const order = comparePaths(this.path, path);
      if (order > 0) return undefined;
      if (order < 0) this.onGone?.(this.path);
      this.next();
      if (order === 0) return { line, isSame: false };
    }
  }

  async readOn(): Promise<void> {
    const reference = this.body.pages[this.pagesRead];
    if (reference === undefined) return;
    const text = await readPage(this.source, reference);
    this.lines = linesOf(text, reference);
    this.recent.push({ text, reference });
    if (this.recent.length > RECENT_PAGES) this.recent.shift();
    this.pagesRead += 1;
    this.at = 0;
    this.path = undefined;
  }

  /** Nothing more is asked for. */
  async finish(): Promise<void> {
    for (;;) {
      for (const line of this.lines.slice(this.at)) this.onGone?.(parseLine(line).path);
      if (this.pagesRead >= this.body.pages.length) return;
      await this.readOn();
    }
  }

  /** Where a page with this very text is stored; of those that were read on to not long ago. */
  pageOf(text: string): PageReference | undefined {
    return this.recent.find((page) => page.text === text)?.reference;
  }

  /** All of them, from the first one, whatever was read before. */
  async *allLines(): AsyncGenerator<string> {
    for (const reference of this.body.pages) {
      yield* linesOf(await readPage(this.source, reference), reference);
    }
  }

  private next(): void {
    this.at += 1;
    this.path = undefined;
  }
}
