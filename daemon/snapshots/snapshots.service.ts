/**
 * Snapshots as people see them: listed, looked into, searched. Reads manifests in the daemon; it
 * never moves content (that is a run) and never changes a snapshot.
 */
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import { isTenant, requireAdmin, type Actor } from '../auth/actor.js';
import { parsePathReference } from '../engine/manifest/byte-path.js';
import type { SnapshotReader } from '../engine/manifest/snapshot-reader.js';
import type { RestorePreview } from '../engine/types.js';
import { parseInput } from '../platform/parse-input.js';
import { AppError, inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { PreviewsService } from '../runs/previews.service.js';
import { pathRef, type RestoreInput } from '../runs/restore-input.js';
import { requireReadable } from '../runs/restore-rules.js';
import type { Snapshot } from '../runs/snapshot.entity.js';
import { SnapshotsStore, type ListedSnapshot, type Moment } from '../runs/snapshots.store.js';
import { browseEntry, byFolderAndName, type BrowseEntry } from './browse-entry.js';
import { SnapshotQueries, type SnapshotQuery } from './snapshot-queries.js';
import { SnapshotReaders } from './snapshot-readers.js';

/** `runId`: what made it, as far as that is known; its other destinations have the same. */
export type RunMoment = Moment & { runId: number | undefined };

export interface BrowsePage {
  entries: BrowseEntry[];
  /** How many there are in all; null where that is not counted. */
  total: number | null;
}

const DEFAULT_FOLDER_LIMIT = 1_000;
const MOST_FOUND = 1_000;

@Injectable()
export class SnapshotsService {
  constructor(
    private readonly snapshots: SnapshotsStore,
    private readonly accounts: AccountsService,
    private readonly queries: SnapshotQueries,
    private readonly previews: PreviewsService,
    private readonly readers: SnapshotReaders,
  ) {}

  /** Restorable ones, newest first. */
  async list(actor: Actor, query: SnapshotQuery = {}): Promise<Snapshot[]> {
    return this.snapshots.list(await this.queries.filterFor(actor, query));
  }

  /** The newest restorable snapshot of each account, in no particular order. */
  async latestOfEachAccount(actor: Actor): Promise<ListedSnapshot[]> {
    const scope = await this.snapshots.scopeFor(actor);
    return this.snapshots.latestOfEachAccount(isTenant(actor), scope);
  }

  /** When the newest failed attempt of each account was, for those that have one. */
  async lastFailures(actor: Actor): Promise<{ accountId: string; startedAt: string }[]> {
    return this.snapshots.lastFailures(await this.snapshots.scopeFor(actor));
  }

  /** What was made, or attempted, of an account in a time, oldest first, each with its run. */
  async moments(
    actor: Actor,
    accountId: string,
    range: { from: string; to: string },
  ): Promise<RunMoment[]> {
    const account = await this.accounts.get(actor, accountId);
    const scope = await this.snapshots.scopeFor(actor);
    const filter = { isForTenant: isTenant(actor), scope, withFailed: true, ...range };
    const moments = await this.snapshots.moments(account.id, filter);
    const runs = await this.snapshots.runsOf(moments.flatMap(({ taskId }) => taskId ?? []));
    return moments.map((moment) => ({ ...moment, runId: runs.get(moment.taskId ?? -1) }));
  }

  get(actor: Actor, id: string): Promise<Snapshot> {
    return this.snapshots.getVisible(actor, id);
  }

  /** Which of these ids are snapshots that can be looked into; for admins. */
  restorableOf(actor: Actor, ids: readonly string[]): Promise<Set<string>> {
    requireAdmin(actor);
    return this.snapshots.restorableOf(ids);
  }

  /** What lies in a folder of a snapshot (`''`: at its top), folders first, then by name. */
  async browse(
    actor: Actor,
    id: string,
    reference: string,
    page: { offset?: number; limit?: number } = {},
  ): Promise<BrowsePage> {
    const { offset = 0, limit = DEFAULT_FOLDER_LIMIT } = page;
    const path = parsePathReference(parseInput(pathRef, reference, 'path'));
    return this.read(actor, id, async (reader) => {
      const entries = await reader.list(path);
      if (entries.length === 0 && path !== '') await requireFolder(reader, path, reference);
      const sorted = entries.toSorted(byFolderAndName).slice(offset, offset + limit);
      return { entries: sorted.map(browseEntry), total: entries.length };
    });
  }

  /** Entries whose name holds the text, letters large or small. */
  async search(
    actor: Actor,
    id: string,
    text: string,
    options: { limit?: number } = {},
  ): Promise<BrowsePage> {
    if (text.trim() === '') {
      const message = t('Give a part of a name to search for.');
      throw inputError('search.empty', message, [{ field: 'q', message }]);
    }
    const limit = Math.min(options.limit ?? 100, MOST_FOUND);
    return this.read(actor, id, async (reader) => {
      const found = await reader.search(text, limit);
      return { entries: found.map(browseEntry), total: null };
    });
  }

  /** What a restore would do. */
  preview(actor: Actor, id: string, input: RestoreInput): Promise<RestorePreview> {
    return this.previews.preview(actor, id, input);
  }

  private async read<Result>(
    actor: Actor,
    id: string,
    work: (reader: SnapshotReader) => Promise<Result>,
  ): Promise<Result> {
    const snapshot = await this.get(actor, id);
    requireReadable(snapshot);
    return this.readers.use(snapshot, work);
  }
}

/** An empty answer may mean an empty folder, a file, or nothing at all. */
async function requireFolder(
  reader: SnapshotReader,
  path: string,
  reference: string,
): Promise<void> {
  const entry = await reader.find(path);
  if (entry === undefined) {
    const message = t('The snapshot holds nothing at "{reference}".', { reference });
    throw new AppError('not-found', 'path.not-found', message);
  }
  if (entry.type === 'directory') return;
  const message = t('"{reference}" is not a folder.', { reference });
  throw inputError('path.not-a-folder', message, [{ field: 'path', message }]);
}
