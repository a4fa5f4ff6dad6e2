/** An entry of a snapshot as the browser, the API and the command line show it. Pure. */
import { displayPath, nameOf, pathReference, toText } from '../engine/manifest/byte-path.js';
import type { Entry, EntryType } from '../engine/manifest/entry.js';

export interface BrowseEntry {
  /** The path's reference: text, or `base64:…`. */
  path: string;
  /** The last part for people, control characters escaped. */
  name: string;
  type: EntryType;
  sizeBytes: number;
  mode: number;
  uid: number;
  gid: number;
  /** ISO 8601 UTC, to the millisecond. */
  modifiedAt: string;
  /** Where a symlink points, for people. */
  target: string | null;
  /** The rule that left it out; it cannot be restored. */
  excludedBy: string | null;
  /** Why it is not, or not exactly, what was in the home. */
  problem: string | null;
}

/** The years that `Date` and its ISO form agree on. */
const FIRST_MS = Date.UTC(-9999, 0, 1);
const LAST_MS = Date.UTC(9999, 11, 31);

export function browseEntry(entry: Entry): BrowseEntry {
  return {
    path: pathReference(entry.path),
    name: displayPath(nameOf(entry.path)),
    type: entry.type,
    sizeBytes: entry.sizeBytes,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    modifiedAt: instantOf(entry.mtimeNs),
    target: entry.target === undefined ? null : displayPath(entry.target),
    excludedBy: entry.excludedBy ?? null,
    problem: entry.problem?.message ?? null,
  };
}

/** Folders first, then by name as people sort. */
export function byFolderAndName(a: Entry, b: Entry): number {
  if (a.type !== b.type && (a.type === 'directory' || b.type === 'directory')) {
    return a.type === 'directory' ? -1 : 1;
  }
  const [left, right] = [sortName(a), sortName(b)];
  return left === right ? 0 : left < right ? -1 : 1;
}

function sortName(entry: Entry): string {
  const name = nameOf(entry.path);
  return (toText(name) ?? name).toLowerCase();
}

function instantOf(ns: bigint): string {
  const rest = ns % 1_000_000n;
  // Rounded down, also before 1970.
  const ms = Number((ns - (rest < 0n ? rest + 1_000_000n : rest)) / 1_000_000n);
  return new Date(Math.min(Math.max(ms, FIRST_MS), LAST_MS)).toISOString();
}
