/**
 * A destination keeps named objects. One interface for every kind; what differs is told by
 * `capabilities`. Wrappers (retry, slow, faulty) have the same interface.
 *
 * Promises every kind keeps, and the conformance suite checks:
 * - Keys are `/`-separated segments of `[A-Za-z0-9._-]`, at most 255 bytes each and 1,024 in all; no
 *   segment is empty, `.`, `..` or looks like a temporary (`.*.tmp-*`). A key is not a folder of others.
 * - Errors are `AppError`s of kind `destination` with one of `DestinationErrorCode`, or `cancelled`
 *   when the signal aborted. `isRetryable` says whether the same call may work later.
 * - A call given an aborted signal settles within a second or two and leaves nothing visible.
 * - Many calls may be under way at once.
 *
 * Plain TypeScript: no Nest, no TypeORM, nothing of the engine.
 */

export type DestinationErrorCode =
  | 'destination.not-found' // no object under this key
  | 'destination.exists' // `ifAbsent` was asked and the key is taken
  | 'destination.denied' // permissions, credentials
  | 'destination.full' // no room: disk, quota, limit
  | 'destination.unreachable' // not mounted, not answering, connection lost
  | 'destination.misconfigured' // refused before anything was tried; the message says how to mend it
  | 'destination.corrupt'; // what came back is not what was stored

export interface DestinationCapabilities {
  /** A tree of files and hard links can be kept (incremental structure). */
  hardLinkTrees: boolean;
  /** `get` with a range costs only that range. */
  rangeRead: boolean;
  /** `put` with `ifAbsent` is atomic against other writers; of a stream on S3, if its store heeds
   * the condition for uploads in parts, too. */
  conditionalPut: boolean;
  /** `usage` knows the free space. */
  freeSpace: boolean;
}

export interface ObjectInfo {
  key: string;
  sizeBytes: number;
  modifiedAt: Date;
}

export interface ByteRange {
  /** First byte, from 0. */
  offset: number;
  /** How many bytes; a range that reaches past the end is an error (`destination.corrupt`). */
  length: number;
}

export interface PutOptions {
  /** About how large a stream will be, when that is known: how it is cut depends on it, never what is
   * stored. */
  expectedBytes?: number | undefined;
  /** Refuse with `destination.exists` when the key is taken. */
  ifAbsent?: boolean;
  signal?: AbortSignal | undefined;
}

export interface GetOptions {
  range?: ByteRange;
  signal?: AbortSignal | undefined;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
}

export interface ListOptions extends CallOptions {
  /** Only keys after this one in byte order; it need not exist. */
  after?: string | undefined;
}

/** What was asked of a store that charges by the request, since it was opened. */
export interface RequestCounts {
  puts: number;
  /** Reads of content and of what an object is. */
  gets: number;
  lists: number;
  deletes: number;
  /** Content only, without headers; what had to be sent again counts again. */
  bytesSent: number;
  bytesReceived: number;
}

/** What the store can say about its room; a number it does not know is undefined. */
export interface Usage {
  totalBytes: number | undefined;
  freeBytes: number | undefined;
}

/** Not wrong, but less safe than it could be. */
export interface DestinationWarning {
  /** Stable, like the name of a check: `mode`, `same-disk`. */
  name: string;
  message: string;
  mend: string;
}

/**
 * Trees: whole folders of plain files, several of which share unchanged files as hard links. A tree
 * lies under `<folder>/trees/<name>`; keys of objects never have a part `trees`. Like an object it is
 * there whole or not at all, and never changes again. Paths within it are bytes.
 */
export interface KeptTrees {
  /** Whether there is a published tree of this key. */
  has(key: string, options?: CallOptions): Promise<boolean>;

  /** The bytes of these extents (offset, length) of a regular file of a tree, joined. */
  read(
    key: string,
    path: Uint8Array,
    extents: readonly [number, number][],
    options?: CallOptions,
  ): AsyncIterable<Uint8Array>;

  /** Keys of the published trees below `prefix`, in no order. */
  list(prefix: string, options?: CallOptions): AsyncIterable<string>;

  /** Takes a tree out of sight, then removes it; an absent one is success. */
  remove(key: string, options?: CallOptions): Promise<void>;
}

/** Trees on this machine. */
export interface LocalTreeStore extends KeptTrees {
  readonly place: 'here';

  /** Makes an empty tree that nobody sees until it is published. */
  begin(key: string, options?: CallOptions): Promise<OpenTree>;

  /** Opens a published tree, to link from. Undefined: there is none. The caller closes `fd`. */
  open(key: string, options?: CallOptions): Promise<number | undefined>;
}

/** Trees on another machine, made by programs there. */
export interface FarTreeStore extends KeptTrees {
  readonly place: 'far';

  /** Why no tree can be made, behind "because"; undefined when one can. Asked anew each time. */
  obstacle(options?: CallOptions): Promise<string | undefined>;

  /** Makes a tree that nobody sees until it is published: a copy of `parentKey` that shares its
   * files, as far as that is there; else an empty one. What is under way ends with the signal. */
  begin(key: string, parentKey: string | undefined, options?: CallOptions): Promise<FarTree>;
}

export type TreeStore = LocalTreeStore | FarTreeStore;

/** A tree that is being made, on this machine: the engine writes into it by itself. */
export interface OpenTree {
  /** Descriptor of its top folder. */
  readonly fd: number;
  /** Makes it durable and gives it its name. Closes `fd`. */
  publish(): Promise<void>;
  /** Removes it. Closes `fd`. */
  discard(): Promise<void>;
}

/** A directory of this machine that names are copied from. */
export interface FarSource {
  path: string;
  /** Descriptor of the very directory that `path` must still lead to. */
  fd: number;
}

/** What a copy takes along: regular files and folders; everything that is neither; folders alone;
 * nothing but the attributes of files whose content is there. */
export type FarKind = 'files' | 'others' | 'folders' | 'attributes';

export interface FarCopy {
  source: FarSource;
  /** The folder of the tree that stands for the source. */
  folder: string;
  kind: FarKind;
  /** Relative to the source and to the folder. None of a folder's content comes with it. */
  names: readonly string[];
  /** Told how many bytes more were sent. */
  onBytes?: ((bytes: number) => void) | undefined;
}

/** A file with holes. */
export interface HoleyFile {
  path: string;
  sizeBytes: number;
  /** Its extents, in order. */
  content: AsyncIterable<{ offset: number; bytes: Uint8Array }>;
}

/**
 * A tree that is being made on another machine. Paths are relative to it, one character (U+0000 to
 * U+00FF) for each byte. A file of the tree it started from is shared: it may be unlinked, but is
 * never written to nor given attributes; who copies over a name unlinks that first.
 */
export interface FarTree {
  /** How many names of regular files there are. */
  countFiles(): Promise<number>;
  /** All of them. */
  listFiles(): Promise<ReadonlySet<string>>;
  /** Removes names, folders with all below; absent ones are passed over. */
  unlink(paths: readonly string[]): Promise<void>;
  /** Copies names. Answers what could not be copied as it is, in words of the program, shortened. */
  copy(copy: FarCopy): Promise<string[]>;
  /** SHA-256 (hex) of regular files, read again there; what is not there is left out. */
  digest(paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Sizes of regular files; what is not there is left out. */
  sizes(paths: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Gives files of the tree other names. */
  link(pairs: readonly { from: string; to: string }[]): Promise<void>;
  /** Writes a new small file; its folder is made. */
  write(path: string, content: Uint8Array): Promise<void>;
  /** Writes a new file with holes, whose folder is there. Its attributes come by a `copy`. */
  writeHoley(file: HoleyFile): Promise<void>;
  /** Makes it durable and gives it its name. */
  publish(): Promise<void>;
  /** Removes it. */
  discard(): Promise<void>;
}

export interface Destination {
  readonly kind: string;
  readonly capabilities: DestinationCapabilities;

  /**
   * Stores an object. Resolves when it is whole, durable and readable under `key`; rejects with
   * nothing visible under `key` (what was there before stays). A body given as bytes may be sent
   * again by a retry; a stream is read once. A chunk of a stream is the put's until it asks for the
   * next one: then its memory may be used again, so what is kept longer is copied.
   * A body that throws rejects the put with that very error.
   */
  put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options?: PutOptions,
  ): Promise<{ sizeBytes: number }>;

  /** The object's bytes in order. A missing key throws `destination.not-found` at the first read. A
   * chunk is the reader's until it asks for the next one: what is kept longer is copied. */
  get(key: string, options?: GetOptions): AsyncIterable<Uint8Array>;

  /** Undefined when there is no such object. */
  stat(key: string, options?: CallOptions): Promise<ObjectInfo | undefined>;

  /** Every object whose key starts with `prefix` (a whole segment path ending in `/`, or '' for
   * all), in byte order of the keys. Never shows an object that a `put` has not finished. */
  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectInfo>;

  /** Removes the object; an absent one is success. */
  remove(key: string, options?: CallOptions): Promise<void>;

  /** Removes what interrupted puts left below `prefix`. Only when no put below it is under way. */
  sweep(prefix: string, options?: CallOptions): Promise<void>;

  usage(options?: CallOptions): Promise<Usage>;

  /** Checks settings and surroundings without writing (exists, owner, mode, room). Throws
   * `destination.misconfigured`, `.denied`, `.full` or `.unreachable` with the mend in the message. */
  probe(options?: CallOptions): Promise<void>;

  /** Only where requests are paid for. */
  requests?: (() => RequestCounts) | undefined;

  /** What `probe` lets pass but an admin should know. Only of kinds that can tell. */
  warnings?: ((options?: CallOptions) => Promise<DestinationWarning[]>) | undefined;

  /** Only where `capabilities.hardLinkTrees`. */
  trees?: TreeStore | undefined;

  close(): Promise<void>;
}
