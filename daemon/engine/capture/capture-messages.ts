/** What the capturing process asks of its threads. A slab is about 1 MiB of archive. */
import type { BytePath, ContentPlace, DataLocation, EntryProblem } from '../manifest/entry.js';
import type { SharedTable } from './content-table.js';
import type { LinkRule } from './file-reading.js';
import type { SourcePlace } from './source-folders.js';

/** A regular file to open, read and hash. */
export interface FileItem extends SourcePlace {
  kind: 'file';
  name: BytePath;
  /** Length when it was listed. */
  sizeBytes: number;
  /** Its path in the snapshot. */
  path: BytePath;
}

/** Archive bytes made beforehand: headers of what has no content, padding, small made-up files. */
export interface ReadyItem {
  kind: 'ready';
  bytes: Uint8Array;
  /** Where in `bytes` the content starts, for made-up files. */
  contentAt: number | undefined;
  contentBytes: number;
}

export type SlabItem = FileItem | ReadyItem;

/** Part of a large file: its segments are read one after the other. */
export interface Piece {
  fd: number;
  segments: [number, number][];
  /** The thread hashes the file: then it gets all its pieces, in order. Otherwise it gives back the
   * bytes, for hashing. */
  isHashedByThread: boolean;
  /** The last one of its file. */
  isLast: boolean;
  /** Nothing is stored: only the hash is wanted. */
  isOnlyHashed?: boolean;
}

export interface SlabRequest {
  items: SlabItem[];
  piece: Piece | undefined;
  /** zlib level; undefined for a plain tar. */
  level: number | undefined;
  /** Its names say that it does not compress; a trial confirms it. */
  isLikelyIncompressible: boolean;
  /** Contents that need not be stored again. */
  known?: SharedTable | undefined;
  /** Memory to use again: fresh memory for every slab would cost more than filling it. */
  buffers: ArrayBuffer[];
}

/** What became of one item of a slab. */
export interface ItemResult {
  /** Its manifest line, without the closing brace; undefined for ready items. */
  line: string | undefined;
  /** Offset of the content in the slab's uncompressed bytes; -1 without content. */
  contentAt: number;
  /** How many bytes of content the archive holds: less than the size of a file with holes. */
  storedBytes: number;
  problem: EntryProblem | undefined;
  /** Its row in the table of known contents: it was not stored. */
  knownAt?: number;
}

export interface SlabResponse {
  /** The archive's bytes: the gzip member, or the plain bytes. */
  stored: Uint8Array;
  /** Uncompressed length of the slab. */
  rawBytes: number;
  /** The uncompressed bytes of a piece that this thread does not hash. */
  piece: Uint8Array | undefined;
  /** Of the whole file, with the last piece of one that this thread hashes. */
  sha256: string | undefined;
  /** How many bytes of the piece could be read; the rest is zeros. */
  pieceBytesRead: number;
  results: ItemResult[];
}

export interface CaptureThreadData {
  homeFd: number;
  isStayingOnDevice: boolean;
  links: LinkRule;
}

/** One manifest entry, told in manifest order. */
export interface StoredEntry {
  path: BytePath;
  /** Its manifest line without the closing brace, which comes with the place of its content. */
  line: string;
  /** In the archive with this number, whatever that is called at each destination. */
  content: ContentPlace | undefined;
  archive: number;
  /** Where an earlier snapshot stored the content. */
  known?: DataLocation | undefined;
  isFile: boolean;
  /** This snapshot stored it. */
  isNew: boolean;
  /** Length of its content, as an archive holds it. */
  storedBytes: number;
  excludedBy: string | undefined;
  problem: EntryProblem | undefined;
}
