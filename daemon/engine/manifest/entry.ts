/**
 * One entry of a manifest: a path of a snapshot, everything known of it, and where its bytes lie.
 * The JSON form on disk is specified in ../FORMAT.md; this is its shape in memory.
 */

import type { FileFormat } from '../../platform/file-status.js';

/**
 * A path or name as bytes, one character (U+0000–U+00FF) for each byte. Paths of a home are bytes,
 * not text: this keeps them exact, sortable by byte, and usable as map keys.
 * `toBytes`/`fromBytes` and `displayPath` (byte-path.ts) convert.
 */
export type BytePath = string;

export type EntryType = FileFormat;

/** Where in an archive an entry's content lies: `length` stored bytes from `offset`; when the archive
 * is compressed they are whole gzip members, and the content starts after `skip` decompressed bytes. */
export interface ContentPlace {
  offset: number;
  length: number;
  skip: number;
}

export interface DataLocation extends ContentPlace {
  archive: string;
}

/** Why an entry is not, or not exactly, what was in the home. */
export type ProblemCode =
  | 'unreadable' // could not be opened or read: content missing
  | 'vanished' // gone between listing and reading
  | 'shrank' // shorter than when it was listed: content is what was left, then zeros
  | 'grew' // longer than when it was listed: content is the length that was listed
  | 'changed' // modified while it was read
  | 'replaced'; // no longer the same kind of file when it was opened

/** Problems that make a snapshot `incomplete`; the others are warnings. */
export const INCOMPLETE_PROBLEMS: ReadonlySet<ProblemCode> = new Set([
  'unreadable',
  'shrank',
  'replaced',
]);

export interface EntryProblem {
  code: ProblemCode;
  message: string;
}

/** An extended attribute; `name` as bytes, value as Buffer. POSIX ACLs are the
 * `system.posix_acl_*` attributes, file capabilities `security.capability`. */
export interface ExtendedAttribute {
  name: BytePath;
  value: Buffer;
}

export interface Entry {
  path: BytePath;
  type: EntryType;
  /** Permission bits with setuid, setgid and sticky: 0–0o7777. */
  mode: number;
  uid: number;
  gid: number;
  /** Length of the content; 0 for what has none. */
  sizeBytes: number;
  /** Nanoseconds since 1970, negative before. */
  mtimeNs: bigint;
  ctimeNs: bigint;
  inode: bigint;
  /** The earlier path of this snapshot that is the same inode; the content lies there. */
  hardLink?: BytePath;
  /** Where a symlink points. */
  target?: BytePath;
  device?: { major: number; minor: number };
  xattrs?: ExtendedAttribute[];
  /** Data extents of a file with holes, in order: [offset, length] pairs. Everything else is zero. */
  sparse?: [number, number][];
  /** SHA-256, hex, of the content; of the joined extents when `sparse`. */
  sha256?: string;
  /** Absent for empty files, hard links and everything that has no content. */
  data?: DataLocation;
  /** The rule that left it (and what is below) out; such an entry cannot be restored. */
  excludedBy?: string;
  problem?: EntryProblem;
}

/** Whether it is a directory whose content was captured. Its header stands in the archive where its
 * content begins; the header of any other entry, at the place of its manifest line. */
export function isEntered(entry: Entry): boolean {
  return (
    entry.type === 'directory' && entry.excludedBy === undefined && entry.problem === undefined
  );
}
