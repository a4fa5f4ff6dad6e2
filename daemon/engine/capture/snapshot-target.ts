/**
 * One destination of a capture: its archive, its manifest pages, its snapshot file. What fails here
 * fails here alone; backup-account.ts reads the account once for all targets.
 */
import { AppError } from '../../platform/errors.js';
import { accountPrefix, archiveKey, archiveName, snapshotKey } from '../layout.js';
import { closeLine } from '../manifest/entry-json.js';
import { PageWriter } from '../manifest/page-writer.js';
import { signSnapshot, type SnapshotBody } from '../manifest/snapshot-file.js';
import type {
  BackupOutcome,
  BackupTarget,
  CaptureContext,
  CaptureRequest,
  LeftOut,
  SnapshotSummary,
} from '../types.js';
import type { StoredEntry } from './capture-messages.js';
import { restoreNotes } from './restore-notes.js';
import type { Tally } from './tally.js';

/** What is known of a capture once its bytes are stored. */
export interface Captured {
  tally: Tally;
  startedAt: Date;
}

export class SnapshotTarget {
  readonly prefix: string;
  /** Aborts with the capture, or when this target has failed. */
  readonly signal: AbortSignal;
  private readonly archive: string;
  private readonly pages: PageWriter;
  private readonly dropped = new AbortController();
  private failure: { error: unknown } | undefined;

  constructor(
    private readonly target: BackupTarget,
    private readonly request: CaptureRequest,
    private readonly context: CaptureContext,
  ) {
    this.prefix = accountPrefix(request.server.id, request.account);
    this.archive = archiveName(target.snapshotId, 1, request.structure);
    this.signal = AbortSignal.any([context.signal, this.dropped.signal]);
    this.pages = new PageWriter(target.destination, this.prefix, this.signal);
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
  add({ line, content, path }: StoredEntry): Promise<void> | undefined {
    return this.pages.add(closeLine(line, content, this.archive), path);
  }

  /** The first error is the one that counts; what is still under way is stopped. */
  fail(error: unknown): void {
    if (this.failure !== undefined) return;
    const { signal } = this.context;
    this.failure = { error: signal.aborted ? cancelled() : error };
    this.dropped.abort(error);
  }

  /** Stores the archive. Resolves when it is durable; everything was told by then. */
  async store(bytes: AsyncIterable<Uint8Array>): Promise<{ sizeBytes: number }> {
    const key = archiveKey(this.prefix, this.archive);
    return this.target.destination.put(key, bytes, { signal: this.signal });
  }

  /** Puts the snapshot file, last. */
  async publish(archiveBytes: number, captured: Captured): Promise<SnapshotSummary> {
    const { request, target } = this;
    const manifest = await this.pages.finish();
    await this.putNotes();
    const body: SnapshotBody = {
      format: 'holdfast-snapshot',
      version: 1,
      id: target.snapshotId,
      server: request.server,
      account: withoutUndefined(request.account),
      ...(request.job === undefined ? {} : { job: request.job }),
      trigger: request.trigger,
      structure: request.structure,
      ...captured.tally.totals(),
      startedAt: captured.startedAt.toISOString(),
      finishedAt: this.context.now().toISOString(),
      archives: [{ name: this.archive, sizeBytes: archiveBytes }],
      pages: manifest.pages,
    };
    const file = signSnapshot(body, request.signingKeyPem);
    const key = snapshotKey({ prefix: this.prefix, snapshotId: target.snapshotId });
    await target.destination.put(key, file, { ifAbsent: true, signal: this.signal });
    return summarise(body, archiveBytes + manifest.bytesWritten + file.length);
  }

  /** How it ended, once nothing of it is under way; what a failed one stored is taken back first. */
  async end(summary: SnapshotSummary | undefined): Promise<BackupOutcome> {
    if (summary === undefined) await this.discard();
    const outcome = summary === undefined ? { error: this.failure?.error } : { summary };
    this.target.onEnded(outcome);
    return outcome;
  }

  /** What is left, the next scrub finds. */
  private async discard(): Promise<void> {
    const { destination, snapshotId } = this.target;
    try {
      const key = snapshotKey({ prefix: this.prefix, snapshotId });
      if ((await destination.stat(key)) !== undefined) return;
      await destination.remove(archiveKey(this.prefix, this.archive));
      await this.pages.discard();
      await destination.sweep(this.prefix);
    } catch (error) {
      const message = `What the failed backup left at the destination could not be removed: ${String(error)}`;
      this.target.log('warn', message);
    }
  }

  private async putNotes(): Promise<void> {
    const { destination } = this.target;
    const { signal } = this;
    const key = `${this.prefix}RESTORE.md`;
    if ((await destination.stat(key, { signal })) !== undefined) return;
    await destination.put(key, Buffer.from(restoreNotes(this.request.account)), { signal });
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

function summarise(body: SnapshotBody, storedBytes: number): SnapshotSummary {
  const { id, state, startedAt, finishedAt, structure, entries, files } = body;
  const { contentBytes, excluded, problems } = body;
  return {
    id, state, startedAt, finishedAt, structure, entries, files, contentBytes, storedBytes, excluded, problems,
    items: body.items.map(({ name, entries: count, bytes }) => ({ name, entries: count, bytes })),
    leftOut: body.leftOut as LeftOut[],
  }; // prettier-ignore
}
