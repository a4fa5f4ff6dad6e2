/**
 * What an incremental backup need not store: what its parent has just as it is now, and content that
 * was stored under another name, by an earlier snapshot or by this one. Content in archives that
 * are to expire counts as unknown: it is stored again, as it is on this server anyway
 * (compaction from the source).
 */
import { archiveName } from '../layout.js';
import { openLine } from '../manifest/entry-json.js';
import type { ContentPlace, DataLocation, Entry } from '../manifest/entry.js';
import { ContentTable, type SharedTable } from './content-table.js';
import { contentOf, type Parent } from './parent.js';
import type { Kept } from './slab-cutter.js';
import { Unchanged, type SameAsBefore } from './unchanged.js';

/** Below it, finding made-up content costs more than storing it again. */
const WORTH_FINDING_BYTES = 64 * 1024;
/** New contents that are remembered at most; more are stored once each all the same. */
const ROOM_FOR_NEW = 200_000;

export class AlreadyStored {
  private contents: ContentTable | undefined;
  /** Names; the table refers to them by number. */
  private readonly archives: string[] = [];
  private readonly numbers = new Map<string, number>();
  /** Logical sizes of what the table holds. */
  private readonly sizes = new Set<number>();

  private readonly unchanged: Unchanged;

  constructor(
    private readonly snapshotId: string,
    private readonly parent: Parent | undefined,
    /** Names of archives that the new snapshot is not to refer to. */
    private readonly expiring: ReadonlySet<string>,
  ) {
    this.unchanged = new Unchanged(parent, expiring);
  }

  /** For the threads; undefined until something was found that may have to be stored. */
  get table(): SharedTable | undefined {
    return this.contents?.shared;
  }

  /** What the parent has just as it is now. To be asked in manifest order. */
  find(found: Kept): ReturnType<Unchanged['find']> {
    const same = this.unchanged.find(found);
    if (same instanceof Promise) return same.then((told) => this.learnUnless(told, found));
    return this.learnUnless(same, found);
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

  private learnUnless(
    told: SameAsBefore | undefined,
    found: Kept,
  ): SameAsBefore | undefined | Promise<SameAsBefore | undefined> {
    // Content that did not change after all is known by its hash.
    const same = told?.isCertain === true ? told : undefined;
    if (same !== undefined || found.kind === 'entry') return same;
    if (found.kind === 'made-up') return this.findMadeUp(found.entry);
    return this.contents === undefined ? this.learn().then(() => undefined) : undefined;
  }

  /** Its hash is known before it is stored: a piece of a table that has another number now, say. */
  private async findMadeUp(entry: Entry): Promise<SameAsBefore | undefined> {
    if (entry.sizeBytes < WORTH_FINDING_BYTES) return undefined;
    if (this.contents === undefined) await this.learn();
    const place = this.placeOf(entry.sha256 ?? '');
    if (place === undefined) return undefined;
    return { line: openLine(entry), place, storedBytes: entry.sizeBytes, isCertain: true };
  }

  /** Every content that the parent refers to. */
  private async learn(): Promise<void> {
    const capacity = (this.parent?.body.files ?? 0) + ROOM_FOR_NEW;
    this.contents = ContentTable.withRoom(capacity);
    for await (const line of this.parent?.allLines() ?? []) {
      const data = contentOf(line);
      if (data !== undefined && !this.expiring.has(data.archive)) {
        this.learnLine(line, data.archive, data);
      }
    }
  }

  private learnLine(line: string, archive: string, { offset, length, skip }: ContentPlace): void {
    const sha256 = /,"sha256":"([0-9a-f]{64})"/.exec(line)?.[1];
    if (sha256 === undefined) return;
    this.sizes.add(Number(/,"size":(\d+)/.exec(line)?.[1]));
    const place = { offset, length, skip };
    this.contents?.add({ sha256, archive: this.numberOf(archive), place });
  }

  private numberOf(archive: string): number {
    const known = this.numbers.get(archive);
    if (known !== undefined) return known;
    this.numbers.set(archive, this.archives.length);
    return this.archives.push(archive) - 1;
  }
}
