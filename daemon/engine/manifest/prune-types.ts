/** What a prune of an account's folders is asked, and what it answers. */

/** An object at a destination as it was listed. */
export interface ListedObject {
  key: string;
  sizeBytes: number;
  /** ISO 8601 UTC, by the store's clock. */
  modifiedAt: string;
}

export interface PruneRequest {
  /** The folders of one account. */
  accountPrefixes: string[];
  /** Files of snapshots that are over. */
  expiredKeys: string[];
  /** What earlier runs found unreferenced, long enough ago. */
  ripe: ListedObject[];
  /** PEM (SPKI) keys whose snapshot files are understood. */
  trustedKeysPem: string[];
}

/** What a prune tells on its way. */
export type PruneBatch =
  /** Nothing refers to these; `isLast`: that is all of this folder. */
  | { kind: 'unreferenced'; prefix: string; objects: ListedObject[]; isLast: boolean }
  /** These are gone. */
  | { kind: 'pruned'; keys: string[] };

export interface PruneReport {
  /** `incomplete`: damaged snapshot files kept things from being judged. */
  state: 'complete' | 'incomplete';
  /** Expired ones that were removed. */
  snapshots: number;
  removedObjects: number;
  /** Without what trees took, since others may share their files. */
  freedBytes: number;
  /** Unreferenced, and to go at a later run. */
  waitingObjects: number;
  waitingBytes: number;
  /** Perhaps unreferenced; kept because a snapshot file beside them does not read. */
  keptObjects: number;
  keptBytes: number;
  /** Keys of such files; the first twenty. */
  damagedFiles: string[];
}
