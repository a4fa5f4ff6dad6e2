/**
 * Which archives an incremental snapshot refers to, and how much of their content. An archive's
 * content only ever gets less in use from one snapshot to the next, so what the oldest kept snapshot
 * does not use of it is used by none: that is how compaction knows what is dead (FORMAT.md).
 */
import type { ContentPlace } from '../manifest/entry.js';
import type { ArchiveReference } from '../manifest/snapshot-file.js';
import type { StoredEntry } from './capture-messages.js';

/** More than a gzip member holds. */
const MAX_SKIP = 8 * 1024 * 1024;

class Use {
  contentBytes = 0;
  liveBytes = 0;
  private readonly places = new Set<number>();

  /** Content that several files share counts once. */
  add({ offset, skip }: ContentPlace, bytes: number): void {
    const place = offset * MAX_SKIP + skip;
    if (this.places.has(place)) return;
    this.places.add(place);
    this.liveBytes += bytes;
  }
}

export class ArchiveUses {
  private readonly uses = new Map<string, Use>();
  private earlier: ReadonlyMap<string, ArchiveReference> = new Map();

  /** `earlier`: those of the parent. */
  startFrom(earlier: readonly ArchiveReference[]): void {
    this.earlier = new Map(earlier.map((reference) => [reference.name, reference]));
  }

  add(archive: string, { content, known, storedBytes }: StoredEntry): void {
    const place = known ?? content;
    if (place === undefined) return;
    const use = this.uses.get(archive) ?? new Use();
    this.uses.set(archive, use);
    use.add(place, storedBytes);
    if (content !== undefined) use.contentBytes += storedBytes;
  }

  /** Of the archives in use and of all that this snapshot stored, by name. */
  references(stored: readonly ArchiveReference[]): ArchiveReference[] {
    const own = stored.map(({ name, sizeBytes }) => {
      const { contentBytes, liveBytes } = this.uses.get(name) ?? new Use();
      return { name, sizeBytes, contentBytes, liveBytes };
    });
    const names = new Set(stored.map(({ name }) => name));
    const others = [...this.uses].flatMap(([name, { liveBytes }]) => {
      const earlier = this.earlier.get(name);
      return earlier === undefined || names.has(name) ? [] : { ...earlier, liveBytes };
    });
    return [...own, ...others].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}
