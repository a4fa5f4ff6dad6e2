/** From rows of a history index to the versions that somebody may see. Pure. */
import { isSameState } from './entry-state.js';
import type { VersionRow } from './rows-between.js';

/** A snapshot in the order of the index. */
export interface VisibleSnapshot {
  ord: number;
  id: string;
}

/** The path was this in all visible snapshots from `first` to `last`, by their places in the list. */
export interface VersionRange {
  first: number;
  last: number;
  /** The row of the path itself, and those of what belongs to it. */
  rows: VersionRow[];
}

/**
 * The versions of a path, oldest first: what is valid at none of the visible snapshots is not told,
 * and what no visible snapshot parts is one version. `rows`: of the path and of further files that
 * are a part of it (pieces of a table), in groups; it is there when the first group is.
 */
export function versionRanges(
  groups: readonly (readonly VersionRow[])[],
  visible: readonly VisibleSnapshot[],
): VersionRange[] {
  const ranges: VersionRange[] = [];
  let before: { rows: VersionRow[]; index: number } | undefined;
  for (const [index, { ord }] of visible.entries()) {
    const at = groups.map((rows) => rows.find(({ first, last }) => first <= ord && last >= ord));
    if (at[0] === undefined) {
      before = undefined;
      continue;
    }
    const rows = at.filter((row) => row !== undefined);
    const open = ranges.at(-1);
    if (open !== undefined && before !== undefined && isSameList(before.rows, rows)) {
      open.last = index;
    } else {
      ranges.push({ first: index, last: index, rows });
    }
    before = { rows, index };
  }
  return ranges;
}

function isSameList(a: readonly VersionRow[], b: readonly VersionRow[]): boolean {
  return a.length === b.length && a.every((row, index) => isSameState(row, b[index] as VersionRow));
}
