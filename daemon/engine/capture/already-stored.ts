/**
 * What an incremental backup need not store: what its parent has just as it is now, and content that
 * was stored under another name, by an earlier snapshot or by this one. Content in archives that
 * are to expire counts as unknown: it is stored again, as it is on this server anyway
 * (compaction from the source).
 */
import { storedContentBytes } from '../archive/tar-header.js';
import { archiveName } from '../layout.js';
import { openLine, parseLine } from '../manifest/entry-json.js';
import type { ContentPlace, DataLocation, Entry } from '../manifest/entry.js';
import { ContentTable, type SharedTable } from './content-table.js';
import { READ_ON, contentOf, isIntact, type Parent, type ParentLine } from './parent.js';
import type { Kept } from './slab-cutter.js';
import { CONFIG } from './tally.js';
import { describeFile } from './walk.js';

/** New contents that are remembered at most; more are stored once each all the same. */
const ROOM_FOR_NEW = 200_000;

export interface SameAsBefore {
  /** Its line without the place of its content and the closing brace. */
  line: string;
  place: DataLocation | undefined;
  /** Length of its content. */
  storedBytes: number;
}

export class AlreadyStored {
  private contents: ContentTable | undefined;
  /** Names; the table refers to them by number. */
  private readonly archives: string[] = [];
  /** Logical sizes of what the table holds. */
  private readonly sizes = new Set<number>();

  constructor(
    private readonly snapshotId: string,
    private readonly parent: Parent | undefined,
    /** Names of archives that the new snapshot is not to refer to. */
    private readonly expiring: ReadonlySet<string>,
  ) {}

  /** For the threads; undefined until something was found that may have to be stored. */
  get table(): SharedTable | undefined {
    return this.contents?.shared;
  }

  /** What the parent has just as it is now. To be asked in manifest order. */
  async find(found: Kept): Promise<SameAsBefore | undefined> {
    const line = await this.lineOf(found);
    const same = line === undefined ? undefined : this.judge(found, line);
    if (same === undefined && found.kind === 'file') this.contents ??= await this.learn();
    return same;
  }

  /** Remembers what this snapshot stored in its archive with this number. */
  add(line: string, archive: number, place: ContentPlace): void {
    const { snapshotId } = this;
    this.learnLine(line, archiveName(snapshotId, archive, 'incremental'), place);
  }

  /** Where content lies already. `sha256` in hex. */
  placeOf(sha256: string): DataLocation | undefined {
    const row = this.contents?.find(sha256) ?? -1;
    return row === -1 ? undefined : this.placeAt(row);
  }

  placeAt(row: number): DataLocation {
    const found = this.contents?.get(row);
    const archive = this.archives[found?.archive ?? -1];
    if (found === undefined || archive === undefined) throw new Error(`No content has row ${row}.`);
    return { archive, ...found.place };
  }

  /** Whether it may pay to read a large file in order to know its hash. */
  mayKnow({ sizeBytes }: Entry): boolean {
    return this.sizes.has(sizeBytes);
  }

  private async lineOf(found: Kept): Promise<ParentLine | undefined> {
    const { parent } = this;
    if (parent === undefined) return undefined;
    const entry = entryOf(found);
    const opened = openLine(entry);
    for (;;) {
      const line = parent.take(entry.path, opened);
      if (line !== READ_ON) return line;
      await parent.readOn();
    }
  }

  private judge(found: Kept, { line, isSame }: ParentLine): SameAsBefore | undefined {
    if (found.kind === 'entry') {
      // Its times are those of the first backup.
      const isMadeUp = found.entry.path === CONFIG;
      const isWhole = isMadeUp || (isSame && line === `${openLine(found.entry)}}`);
      return isWhole ? { line: line.slice(0, -1), place: undefined, storedBytes: 0 } : undefined;
    }
    const isUnchanged =
      found.kind === 'made-up'
        ? line.includes(`,"sha256":"${found.entry.sha256 ?? ''}"`)
        : isSame && this.parent?.isRacy(found.stats) === false;
    if (!isUnchanged || !isIntact(line)) return undefined;
    const place = contentOf(line);
    if (place !== undefined && this.expiring.has(place.archive)) return undefined;
    const storedBytes = contentBytesOf(line, entryOf(found));
    // A parent that keeps content as files has no place for it.
    if (place === undefined && storedBytes > 0) return undefined;
    return { line: withoutPlace(line), place, storedBytes };
  }

  /** Every content that the parent refers to. */
  private async learn(): Promise<ContentTable> {
    const capacity = (this.parent?.body.files ?? 0) + ROOM_FOR_NEW;
    this.contents = ContentTable.withRoom(capacity);
    for await (const line of this.parent?.allLines() ?? []) {
      const data = contentOf(line);
      if (data !== undefined && !this.expiring.has(data.archive)) {
        this.learnLine(line, data.archive, data);
      }
    }
    return this.contents;
  }

  private learnLine(line: string, archive: string, { offset, length, skip }: ContentPlace): void {
    const sha256 = /,"sha256":"([0-9a-f]{64})"/.exec(line)?.[1];
    if (sha256 === undefined) return;
    this.sizes.add(Number(/,"size":(\d+)/.exec(line)?.[1]));
    if (this.archives.at(-1) !== archive && !this.archives.includes(archive)) {
      this.archives.push(archive);
    }
    const number = this.archives.lastIndexOf(archive);
    this.contents?.add({ sha256, archive: number, place: { offset, length, skip } });
  }
}

/** As far as it is known without opening it. */
function entryOf(found: Kept): Entry {
  return found.kind === 'file' ? describeFile(found.stats, found.path) : found.entry;
}

function withoutPlace(line: string): string {
  const start = line.lastIndexOf(',"data":{');
  return start === -1 ? line.slice(0, -1) : line.slice(0, start);
}

function contentBytesOf(line: string, { sizeBytes }: Entry): number {
  return line.includes(',"sparse":[') ? storedContentBytes(parseLine(line)) : sizeBytes;
}
