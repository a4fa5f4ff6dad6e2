/**
 * What the engine is asked and what it answers. The worker process (daemon/worker.ts) is its only
 * caller for work that moves bytes; the daemon itself only browses manifests.
 *
 * The engine knows neither Nest nor the catalogue: destinations, keys, clocks and signals come in
 * as arguments, results are plain data that survives structured clone.
 */
import type { Destination, RequestCounts } from '../../destinations/destination.js';
import type { ExcludeRules } from './capture/excludes.js';
import type { RestoringDatabases } from './databases/databases-of-account.js';
import type { Site } from './sites/site.js';
import type { ProblemCode } from './manifest/entry.js';
import type { PlacedFiles } from './parts/file-parts.js';
import type { BesidesHome } from './parts/parts-of-account.js';

export type Structure = 'archived' | 'compressed' | 'incremental';

/** An account as the engine sees it. Written into every snapshot file. */
export interface AccountIdentity {
  /** Stable id in the catalogue and in keys, `[a-z0-9]{8,}`. */
  id: string;
  name: string;
  uid: number;
  gid: number;
  /** Absolute path of the home. */
  home: string;
  owner?: string | undefined;
  package?: string | undefined;
  email?: string | undefined;
  source: string;
}

export interface ServerIdentity {
  id: string;
  name: string;
}

/** How far a task is; sent at most four times a second. Totals are undefined until known. */
export interface Progress {
  phase:
    | 'preparing'
    | 'scanning'
    | 'storing'
    | 'publishing'
    | 'planning'
    | 'restoring'
    | 'verifying'
    | 'reading'
    | 'removing'
    | 'finishing';
  files: number;
  bytes: number;
  totalFiles?: number;
  totalBytes?: number;
  /** Seconds left, when it can be guessed. */
  etaSeconds?: number;
  /** What is being worked on, as display text. */
  current?: string;
}

export interface EngineContext {
  destination: Destination;
  signal: AbortSignal;
  /** May be called often; the receiver throttles. */
  onProgress: (progress: Progress) => void;
  /** A line for the run's log. */
  log: (level: 'info' | 'warn' | 'error', message: string) => void;
  now: () => Date;
  /** Worker threads to use. */
  threads: number;
}

/** What of an account is captured, and how; the same for every destination. */
export interface CaptureRequest extends BesidesHome {
  server: ServerIdentity;
  account: AccountIdentity;
  job: { id: string; name: string } | undefined;
  structure: Structure;
  excludes: ExcludeRules;
  crossMounts: boolean;
  /** Where the account's web sites are served from, absolute, as far as that is known. */
  documentRoots?: string[] | undefined;
  /** zlib level 1–9 of `compressed`. */
  compressionLevel: number;
  trigger: string;
  /** PEM (PKCS #8) of the server's Ed25519 key; signs the snapshot file. */
  signingKeyPem: string;
  /** About how large the archive will be, when an earlier one tells. */
  expectedBytes?: number | undefined;
}

/** A backup to one destination. */
export interface BackupRequest extends CaptureRequest, Pick<BackupTarget, 'parent' | 'pageCache'> {
  snapshotId: string;
}

/** The snapshot that an incremental one starts from: of the same account at the same destination. */
export interface ParentSnapshot {
  snapshotKey: string;
  /** Names of its archives that the new snapshot is not to refer to. */
  expiringArchives: string[];
}

/** One of the destinations of a capture. */
export interface BackupTarget {
  snapshotId: string;
  destination: Destination;
  /** Of the structure `incremental` only; without one everything is stored. */
  parent?: ParentSnapshot | undefined;
  /** Where copies of manifest pages are kept for the next one: an absolute path. */
  pageCache?: string | undefined;
  /** A line about this destination alone. */
  log: EngineContext['log'];
  /** Told once, as soon as it is known: the others may go on for hours. */
  onEnded: (outcome: BackupOutcome) => void;
}

/** What became of a snapshot: it is published, or nothing of it is. */
export type BackupOutcome = { summary: SnapshotSummary } | { error: unknown };

/** An engine's surroundings without a destination. */
export type CaptureContext = Omit<EngineContext, 'destination'>;

export interface LeftOut {
  path: string; // display text
  code: ProblemCode | 'excluded';
  message: string;
}

/** What a snapshot needs of an archive. */
export interface ArchiveUse {
  name: string;
  /** Bytes of content that were stored in it. */
  contentBytes: number;
  /** Bytes of content in it that the snapshot refers to. */
  liveBytes: number;
}

export interface SnapshotSummary {
  id: string;
  state: 'complete' | 'incomplete';
  startedAt: string;
  finishedAt: string;
  structure: Structure;
  items: { name: string; entries: number; bytes: number }[];
  entries: number;
  files: number;
  /** Bytes of content in the account. */
  contentBytes: number;
  /** Bytes written to the destination, manifest included. */
  storedBytes: number;
  /** Bytes of content that this snapshot stored; what it shares with others is not among them. */
  newBytes?: number;
  /** What it refers to, other snapshots' archives included. */
  archives?: ArchiveUse[];
  excluded: number;
  problems: number;
  /** The first hundred. */
  leftOut: LeftOut[];
  /** WordPress sites beneath the home; missing when there are none. */
  sites?: Site[] | undefined;
  /** What made it; missing in summaries of before this was kept. */
  trigger?: string;
  /** What its making asked of a store that charges by the request; no file tells that. */
  requests?: StoreRequests;
}

/** With the US cents by list prices, where those are known. */
export type StoreRequests = RequestCounts & { usCents?: number };

/**
 * Which part of a snapshot. Paths are those of the snapshot (`homedir/public_html`), each standing
 * for itself and everything below; `base64:…` for bytes that are not UTF-8 text.
 * Empty paths and no items: everything.
 */
export interface Selection {
  paths: string[];
  /** Item names: `files`, `config`, `database:NAME`. */
  items: string[];
}

export type RestoreTarget =
  /** The account's home, where it came from. Only `homedir/` has an original place. */
  | { place: 'original'; mode: 'overlay' | 'mirror' }
  /** A new folder in the account's home, `restored-<snapshot id>[-n]`. */
  | { place: 'beside' }
  /** An admin's directory: absolute, every component owned by root or the daemon's user. */
  | { place: 'directory'; path: string; mode: 'overlay' | 'mirror' }
  /** A Maildir outside of the home, where the account's source has it now. */
  | { place: 'mailbox'; address: string; path: string; mode: 'overlay' | 'mirror' };

export interface RestoreRequest {
  snapshotKey: string;
  /** The account whose home is written; identity as it is now. */
  account: AccountIdentity;
  selection: Selection;
  target: RestoreTarget;
  /** Whose snapshot it is, when an admin assigned it to `account`; else `account`'s own. */
  sourceAccountId?: string | undefined;
  /** Asked by the account itself: only account-owned, non-setuid, non-device files are made. */
  isTenantRequest: boolean;
  /** PEM (SPKI) keys whose signature is accepted. */
  trustedKeysPem: string[];
  /** Undefined: only files are restored. */
  parts?: RestoringParts | undefined;
}

/** Where what an account has besides its files is now. */
export interface RestoringParts {
  databases?: RestoringDatabases | undefined;
  files?: PlacedFiles | undefined;
  /** Name of the other account whose databases they are: they are called after the one that gets them. */
  databasesOf?: string | undefined;
  /** For what must be brought to an end if the restore is cut off: a folder of this run's own. */
  journalFolder: string;
}

/** How a restore keeps what it replaces or deletes, so that it can be undone. */
export interface KeepRequest {
  /** Where the list of what it does goes: a file that does not exist yet, in a directory of ours. */
  ledgerPath: string;
  /** The safety snapshot to make when there is something to keep; or why none can be made. */
  safety: { snapshotId: string; capture: CaptureRequest } | { obstacle: string };
}

/** Takes back what a restore did: files, and the parts that its ledger names. */
export interface UndoRequest extends Pick<
  RestoreRequest,
  'account' | 'target' | 'isTenantRequest' | 'parts'
> {
  ledgerPath: string;
  /** What was kept; undefined: there was nothing to keep. */
  safety: Pick<RestoreRequest, 'snapshotKey' | 'trustedKeysPem' | 'sourceAccountId'> | undefined;
  /** Also what was changed since. */
  isForced: boolean;
}

/** What a restore that can be undone needs besides. */
export interface Keeping {
  request: KeepRequest;
  /** Opens the destination of the safety snapshot, ready to be written; the caller closes it. */
  open: () => Promise<Destination>;
  /** Resolves when it is taken down that the safety snapshot is there. */
  onKept: (summary: SnapshotSummary) => Promise<void>;
}

export type RestoreAction = 'created' | 'replaced' | 'deleted' | 'unchanged' | 'skipped';

export interface RestorePreview {
  counts: Record<RestoreAction, number>;
  /** Bytes that will be written. */
  bytes: number;
  freeBytes: number | undefined;
  /** Where it goes, absolute. */
  targetPath: string;
  /** The first thousand that are not `unchanged`, in manifest order. */
  changes: { path: string; action: RestoreAction; sizeBytes: number; reason?: string }[];
  isTruncated: boolean;
  warnings: string[];
}

export interface RestoreProblem {
  path: string;
  /** `conflict`: was changed since, and an undo left it alone. */
  kind: 'failed' | 'adjusted' | 'conflict';
  message: string;
}

export interface RestoreReport {
  state: 'complete' | 'incomplete';
  counts: Record<RestoreAction, number>;
  bytes: number;
  targetPath: string;
  /** Files whose bytes matched their SHA-256 before they took their name. */
  verifiedFiles: number;
  /** What is not exactly as it was, the first thousand: `failed` was not restored, `adjusted` was,
   * but not in every attribute (an owner, a set-uid bit). */
  problems: RestoreProblem[];
  failed: number;
  adjusted: number;
  /** Of an undo. */
  conflicts?: number;
  /** What was restored besides files, each whole or not at all. */
  parts?: { title: string; action: RestoreAction | 'failed' }[];
  /** The safety snapshot that holds what was replaced or deleted. */
  kept?: { snapshotId: string; entries: number; bytes: number };
}

export interface VerifyReport {
  state: 'complete' | 'damaged';
  files: number;
  bytes: number;
  /** The first thousand. */
  damage: { path: string; message: string }[];
  damageCount: number;
}

export interface DownloadRequest {
  snapshotKey: string;
  selection: Selection;
  trustedKeysPem: string[];
  /** Where to write the result: a file that does not exist yet, in a directory only we can write. */
  outputPath: string;
  /** `cpmove`: a package that cPanel restores; else what fits best. */
  format?: 'cpmove' | undefined;
  /** Most bytes of content that may be chosen; undefined: as many as there are. */
  maxBytes?: number | undefined;
  /** What whoever unpacks it should know of what was chosen, in sentences. */
  notes?: string[] | undefined;
  /** What stays free on the disk of `outputPath`. */
  minFreeBytes?: number | undefined;
}

export interface DownloadResult {
  /** Suggested name: the file's own, or `<account>-<date>.tar.gz`. */
  fileName: string;
  /** `file`: one file as it was. `sql.gz`: a database as a script. `tar.gz`: everything chosen, with
   * a manifest inside. */
  format: 'file' | 'sql.gz' | 'tar.gz';
  sizeBytes: number;
  files: number;
}

/** A key whose signatures are accepted in one server's folder; in every folder without an id. */
export interface TrustedKey {
  serverId?: string | undefined;
  /** SPKI PEM. */
  publicKeyPem: string;
}

export interface ReindexRequest {
  trusted: TrustedKey[];
  /** Only snapshot files after this key, to go on where an earlier attempt stopped. */
  after?: string | undefined;
}

/** A snapshot file, and what came of reading it. */
export type FoundFile =
  | {
      kind: 'snapshot';
      key: string;
      summary: SnapshotSummary;
      server: ServerIdentity;
      account: AccountIdentity;
      jobId: string | null;
    }
  | { kind: 'damaged'; key: string; message: string }
  /** Signed by a key that is not trusted in that server's folder; what it says is only a claim. */
  | { kind: 'foreign'; key: string; serverId: string; serverName: string; keyFingerprint: string };

/** What lies from the batch before up to `lastKey`; the last batch: up to the end. */
export interface FoundBatch {
  kind: 'found';
  files: FoundFile[];
  lastKey: string | undefined;
  isLast: boolean;
}

export interface ErasedBatch {
  kind: 'erased';
  keys: string[];
}

export interface EraseResult {
  removedObjects: number;
  freedBytes: number;
  /** In the server's folder, but nothing that Holdfast writes. */
  keptObjects: number;
}
