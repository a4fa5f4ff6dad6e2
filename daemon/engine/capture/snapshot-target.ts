/**
 * One destination of a capture: its archive, its manifest pages, its snapshot file. What fails here
 * fails here alone; backup-account.ts reads the account once for all targets.
 */
import { AppError } from '../../platform/errors.js';
import { accountPrefix, archiveKey, archiveName, snapshotKey, treeKey } from '../layout.js';
import { closeLine } from '../manifest/entry-json.js';
import { summaryOf } from '../manifest/find-snapshots.js';
import { PageCache } from '../manifest/page-cache.js';
import { PageWriter } from '../manifest/page-writer.js';
import {
  signSnapshot,
  type ArchiveReference,
  type SnapshotBody,
} from '../manifest/snapshot-file.js';
import type {
  BackupOutcome,
  BackupTarget,
  CaptureContext,
  CaptureRequest,
  SnapshotSummary,
} from '../types.js';
import { ArchiveUses } from './archive-uses.js';
import type { StoredEntry } from './capture-messages.js';
import type { Parent } from './parent.js';
import { restoreNotes } from './restore-notes.js';
import type { Tally } from './tally.js';

/** What is known of a capture once its bytes are stored. */
export interface Captured {
  tally: Tally;
  startedAt: Date;
}

const MAX_DISCARD_MS = 10_000;

export class SnapshotTarget {
  readonly prefix: string;
  /** Aborts with the capture, or when this target has failed. */
  readonly signal: AbortSignal;
  readonly cache: PageCache | undefined;
  private readonly pages: PageWriter;
  private parent: SnapshotBody | undefined;
  /** Its content becomes a tree of files, not archives. */
  isTree = false;
  /** What this snapshot stored. */
  private readonly stored: ArchiveReference[] = [];
  private readonly uses: ArchiveUses | undefined;
  private storing: string | undefined;
  private readonly dropped = new AbortController();
  private failure: { error: unknown } | undefined;

  constructor(
    private readonly target: BackupTarget,
    private readonly request: CaptureRequest,
    private readonly context: CaptureContext,
  ) {
    this.prefix = accountPrefix(request.server.id, request.account);
    this.signal = AbortSignal.any([context.signal, this.dropped.signal]);
    const isIncremental = request.structure === 'incremental';
    this.uses = isIncremental ? new ArchiveUses() : undefined;
    this.cache = target.pageCache === undefined ? undefined : new PageCache(target.pageCache);
    const { destination } = target;
    const { prefix, signal, cache } = this;
    this.pages = new PageWriter({ destination, prefix, signal, cache });
  }

  get treeKey(): string {
    return treeKey(this.prefix, this.target.snapshotId);
  }

  /** Of an incremental snapshot, before anything is told. */
  startFrom(parent: Parent): void {
    this.parent = parent.body;
    this.uses?.startFrom(parent.body.archives);
    this.pages.pageOf = (text) => parent.pageOf(text);
  }

  get hasFailed(): boolean {
    return this.failure !== undefined;
  }

  /** Removes what interrupted puts left. A failure is this target's. */
  async prepare(): Promise<void> {
    try {
      await this.target.destination.sweep(this.prefix, { signal: this.signal });
    } catch (error) {
      this.fail(error);
    }
  }

  /** A promise when the caller should wait before telling more; it rejects when a page failed. */
  add(entry: StoredEntry): Promise<void> | undefined {
    const { line, content, known, path } = entry;
    const archive = known?.archive ?? this.nameOf(entry.archive);
    if (!this.isTree) this.uses?.add(archive, entry);
    return this.pages.add(closeLine(line, known ?? content, archive), path);
  }

  /** The first error is the one that counts; what is still under way is stopped. */
  fail(error: unknown): void {
    if (this.failure !== undefined) return;
    const { signal } = this.context;
    this.failure = { error: signal.aborted ? cancelled() : error };
    this.dropped.abort(error);
  }

  /** Stores the archives. Resolves when they are durable; everything was told by then. */
  async store(
    archives: AsyncIterable<{ number: number; bytes: AsyncIterable<Uint8Array> }>,
  ): Promise<void> {
    for await (const { number, bytes } of archives) {
      const name = this.nameOf(number);
      this.storing = name;
      const key = archiveKey(this.prefix, name);
      const options = { expectedBytes: this.request.expectedBytes, signal: this.signal };
      const { sizeBytes } = await this.target.destination.put(key, bytes, options);
      this.stored.push({ name, sizeBytes });
    }
  }

  /** Puts the snapshot file, last. */
  async publish(captured: Captured): Promise<SnapshotSummary> {
    const { request, target, parent } = this;
    const manifest = await this.pages.finish();
    await this.putNotes();
    const totals = captured.tally.totals();
    const body: SnapshotBody = {
      format: 'holdfast-snapshot',
      version: totals.sites !== undefined ? 3 : this.uses === undefined ? 1 : 2,
      id: target.snapshotId,
      server: request.server,
      account: withoutUndefined(request.account),
      ...(request.job === undefined ? {} : { job: request.job }),
      trigger: request.trigger,
      structure: request.structure,
      ...(parent === undefined ? {} : { parent: parent.id }),
      ...(this.isTree ? { isTree: true } : {}),
      ...totals,
      startedAt: captured.startedAt.toISOString(),
      finishedAt: this.context.now().toISOString(),
      archives: this.uses?.references(this.stored) ?? this.stored,
      pages: manifest.pages,
    };
    const file = signSnapshot(body, request.signingKeyPem);
    const key = snapshotKey({ prefix: this.prefix, snapshotId: target.snapshotId });
    await target.destination.put(key, file, { ifAbsent: true, signal: this.signal });
    const archiveBytes = this.stored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const treeBytes = this.isTree ? (body.newBytes ?? 0) : 0;
    const storedBytes = treeBytes + archiveBytes + manifest.bytesWritten + file.length;
    this.cache?.trim();
    return { ...summaryOf(body, file.length), storedBytes };
  }

  /** How it ended, once nothing of it is under way; what a failed one stored is taken back first. */
  async end(summary: SnapshotSummary | undefined): Promise<BackupOutcome> {
    if (summary === undefined) await this.discard();
    const outcome = summary === undefined ? { error: this.failure?.error } : { summary };
    this.target.onEnded(outcome);
    return outcome;
  }

  /** What is left, the next scrub finds: a destination that does not answer is not waited for. */
  private async discard(): Promise<void> {
    const { destination, snapshotId } = this.target;
    const signal = AbortSignal.timeout(MAX_DISCARD_MS);
    try {
      const key = snapshotKey({ prefix: this.prefix, snapshotId });
      if ((await destination.stat(key, { signal })) !== undefined) return;
      const names = this.stored.map(({ name }) => name);
      for (const name of new Set(this.storing === undefined ? names : [...names, this.storing])) {
        await destination.remove(archiveKey(this.prefix, name), { signal });
      }
      await this.pages.discard(signal);
      if (this.isTree) await destination.trees?.remove(this.treeKey, { signal });
      await destination.sweep(this.prefix, { signal });
    } catch (error) {
      const message = `What the failed backup left at the destination could not be removed: ${String(error)}`;
      this.target.log('warn', message);
    }
  }

  private nameOf(number: number): string {
    return archiveName(this.target.snapshotId, number, this.request.structure);
  }

  private async putNotes(): Promise<void> {
    const { destination } = this.target;
    const { signal } = this;
    const key = `${this.prefix}RESTORE.md`;
    const notes = Buffer.from(restoreNotes(this.request.account));
    // Those of an earlier release may know less.
    if ((await destination.stat(key, { signal }))?.sizeBytes === notes.length) return;
    await destination.put(key, notes, { signal });
  }
}

export function withoutUndefined(account: CaptureRequest['account']): SnapshotBody['account'] {
  return Object.fromEntries(
    Object.entries(account).filter(([, value]) => value !== undefined),
  ) as SnapshotBody['account'];
}

function cancelled(): AppError {
  return new AppError('cancelled', 'run.cancelled', 'The backup was cancelled.');
}
