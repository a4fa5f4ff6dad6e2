/**
 * Keeps every account's history index as the catalogue says it should be: after each run that makes,
 * finds or removes snapshots, at boot, and when somebody asks. The work is done by worker processes, one
 * after the other; the daemon only compares lists of ids.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { toAppError } from '../platform/errors.js';
import type { InstancePaths } from '../platform/instance.js';
import type { Logger } from '../platform/logger.js';
import { speaking } from '../platform/messages.js';
import { INSTANCE_PATHS, LOGGER } from '../platform/platform.module.js';
import { RunRecords } from '../runs/run-records.js';
import type { Run } from '../runs/run.entity.js';
import { SnapshotsStore, type Moment } from '../runs/snapshots.store.js';
import { discard, openForReading } from './history-file.js';
import { HistoryUpdates } from './history-updates.js';

const CHANGING: ReadonlySet<Run['kind']> = new Set([
  ...(['backup', 'reindex', 'prune', 'remove', 'erase'] as const),
]);
/** A snapshot that could not be read is not tried again at every question. */
const RETRY_MS = 10 * 60_000;
/** How many a worker takes at once: what it has done is kept when it is stopped. */
const SNAPSHOTS_AT_ONCE = 500;

@Injectable()
export class HistoryKeeper {
  private readonly waiting = new Map<string, Promise<void>>();
  private readonly failedAtMs = new Map<string, number>();
  private readonly handled = new Set<number>();
  private readonly stopping = new AbortController();
  private working: Promise<void> = Promise.resolve();

  constructor(
    private readonly records: RunRecords,
    private readonly snapshots: SnapshotsStore,
    private readonly updates: HistoryUpdates,
    @Inject(INSTANCE_PATHS) private readonly paths: Pick<InstancePaths, 'history'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Follows every run that ends from now on; answers how to stop. */
  start(): () => Promise<void> {
    const unsubscribe = this.records.subscribe((runId) => {
      this.look(runId).catch((error: unknown) => {
        this.logger.warn({ err: error, runId }, 'What a run changed could not be indexed yet');
      });
    });
    return async () => {
      unsubscribe();
      this.stopping.abort();
      await this.working;
    };
  }

  fileOf(accountId: string): string {
    return join(this.paths.history, `${accountId}.sqlite`);
  }

  /** Resolves when the account's index is up to date, as far as its snapshots can be read; never rejects. */
  freshen(accountId: string): Promise<void> {
    return speaking('en', () => this.enqueue(accountId));
  }

  private enqueue(accountId: string): Promise<void> {
    const known = this.waiting.get(accountId);
    if (known !== undefined) return known;
    const work = this.working.then(async () => {
      this.waiting.delete(accountId);
      if (this.stopping.signal.aborted) return;
      await this.update(accountId).catch((error: unknown) => {
        if (this.stopping.signal.aborted) return;
        const { code, message } = toAppError(error);
        this.logger.warn({ code, err: error, accountId }, `A history index is not up to date: ${message}`); // prettier-ignore
      });
    });
    this.waiting.set(accountId, work);
    this.working = work;
    return work;
  }

  /** All accounts' indexes; removes those of accounts that have no snapshots. */
  async freshenAll(): Promise<void> {
    const accounts = await this.snapshots.accountsWithSnapshots();
    const files = await readdir(this.paths.history).catch(() => []);
    const known = new Set(accounts);
    for (const name of files) {
      const accountId = name.replace(/\.sqlite.*$/, '');
      if (!known.has(accountId)) discard(this.fileOf(accountId));
    }
    for (const accountId of accounts) void this.freshen(accountId);
  }

  private async look(runId: number): Promise<void> {
    if (this.handled.has(runId)) return;
    const run = await this.records.findRun(runId);
    if (run === undefined || run.finishedAt === null || this.handled.has(runId)) return;
    this.handled.add(runId);
    if (this.handled.size > 1_000) this.handled.delete([...this.handled][0] ?? runId);
    if (!CHANGING.has(run.kind)) return;
    const tasks = await this.records.listTasks(runId);
    if (tasks.some(({ accountId }) => accountId === null)) await this.freshenAll();
    for (const { accountId } of tasks) if (accountId !== null) void this.freshen(accountId);
  }

  private async update(accountId: string): Promise<void> {
    const file = this.fileOf(accountId);
    // A snapshot that is hidden is not read either: it is not told of.
    const wanted = await this.snapshots.moments(accountId, { isForTenant: false });
    if (wanted.length === 0) {
      discard(file);
      return;
    }
    for (let round = 0; ; round += 1) {
      const indexed = indexedIds(file);
      const missing = wanted.filter(({ id }) => !indexed.has(id) && this.mayTry(id));
      const isSame = missing.length === 0 && wanted.filter(({ id }) => indexed.has(id)).length === indexed.size; // prettier-ignore
      if (isSame) return;
      const isDone = await this.work(file, wanted, missing.slice(0, SNAPSHOTS_AT_ONCE)).catch(
        (error: unknown) => {
          if (toAppError(error).code !== 'history.discarded' || round > 2) throw error;
          return false;
        },
      );
      if (isDone) return;
    }
  }

  /** Whether nothing more is to be done. */
  private async work(
    file: string,
    wanted: readonly Moment[],
    missing: readonly Moment[],
  ): Promise<boolean> {
    const request = { file, wanted: wanted.map(({ id }) => id) };
    const { failed } = await this.updates.run(request, missing, this.stopping.signal);
    for (const { id, message } of failed) {
      this.failedAtMs.set(id, performance.now());
      this.logger.warn({ snapshotId: id }, `A snapshot could not be indexed: ${message}`);
    }
    return missing.length < SNAPSHOTS_AT_ONCE;
  }

  private mayTry(snapshotId: string): boolean {
    const failedAtMs = this.failedAtMs.get(snapshotId);
    return failedAtMs === undefined || performance.now() - failedAtMs > RETRY_MS;
  }
}

function indexedIds(file: string): ReadonlySet<string> {
  const database = openForReading(file);
  if (database === undefined) return new Set();
  try {
    const rows = database.prepare('SELECT id FROM snapshot').all() as { id: string }[];
    return new Set(rows.map(({ id }) => id));
  } finally {
    database.close();
  }
}
