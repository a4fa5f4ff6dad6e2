/** What the restoring process asks of its threads. Paths are relative to the target's root. */
import type { BytePath, Entry } from '../manifest/entry.js';
import type { RestoreProblem } from '../types.js';

export interface RestoreThreadData {
  /** The directory everything is written beneath; opened by the main thread. */
  rootFd: number;
  /** Write as this account and nothing more; undefined when the target is an admin's directory. */
  identity: { uid: number; gid: number } | undefined;
  /** Asked by the account itself: no set-uid, no devices, no foreign owners. */
  isTenantRequest: boolean;
  /** What stands there and is in the way may be removed with everything below it. */
  isMirror: boolean;
}

/** An entry and where it goes. */
export interface Placed {
  entry: Entry;
  path: BytePath;
}

export type RestoreMessage =
  /** Makes missing directories, parents first. */
  | { kind: 'directories'; directories: Placed[] }
  /** Takes away what a killed restore left in directories that stay as they are. */
  | { kind: 'tidy'; paths: BytePath[] }
  /** Files whose content lies in `bytes`, after inflating when `isCompressed`. */
  | { kind: 'files'; files: (Placed & { at: number })[]; bytes: Uint8Array; isCompressed: boolean }
  | { kind: 'large-begin'; file: Placed }
  | { kind: 'large-piece'; bytes: Uint8Array; isCompressed: boolean; skip: number }
  | { kind: 'large-end'; isAborted: boolean }
  /** Symlinks, FIFOs, devices, sockets, and hard links to `linkPath`. */
  | { kind: 'others'; others: (Placed & { linkPath: BytePath | undefined })[] }
  /** Removes what is in a directory and not among `keep`. */
  | { kind: 'delete-others'; path: BytePath; keep: BytePath[] }
  /** Removes what an earlier restore made: not what was changed since, unless `isForced`, and no
   * directory that holds something. */
  | { kind: 'remove-made'; made: Placed[]; isForced: boolean }
  /** Sets what would have been in the way before: modes and times; deepest first. */
  | { kind: 'finish-directories'; directories: Placed[] };

/** A file that the account may not give its recorded owner; the main thread may. */
export interface ForeignOwner extends Pick<Entry, 'sizeBytes' | 'sha256' | 'sparse'> {
  path: BytePath;
  device: bigint;
  inode: bigint;
  uid: number;
  gid: number;
  mode: number;
}

export interface RestoreAnswer {
  created: number;
  replaced: number;
  deleted: number;
  skipped: number;
  bytes: number;
  verified: number;
  problems: RestoreProblem[];
  /** Snapshot paths of what was not restored. */
  failed: BytePath[];
  foreign: ForeignOwner[];
  /** The memory of the bytes that were sent, to be used again. */
  buffer?: ArrayBuffer;
}
