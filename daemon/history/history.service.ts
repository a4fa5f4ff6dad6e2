/**
 * A file over time: found by its name in all snapshots of an account, with all versions of it. Only
 * what the actor may see counts: a version that only hidden snapshots hold does not exist.
 */
import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.entity.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { isTenant, type Actor } from '../auth/actor.js';
import { displayPath, parsePathReference, pathReference } from '../engine/manifest/byte-path.js';
import type { BytePath, EntryType } from '../engine/manifest/entry.js';
import { AppError, inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { parseInput } from '../platform/parse-input.js';
import { pathRef } from '../runs/restore-input.js';
import { requireReadable } from '../runs/restore-rules.js';
import { SnapshotsStore, type Moment } from '../runs/snapshots.store.js';
import { isTorn, openForReading, typeOfKind } from './history-file.js';
import { HistoryKeeper } from './history-keeper.js';
import { HistoryReader } from './history-reader.js';
import { namePattern } from './name-pattern.js';
import { versionRanges, type VersionRange, type VisibleSnapshot } from './path-versions.js';
import type { VersionRow } from './rows-between.js';

/** A path was this in every snapshot from the first to the last one. */
export interface PathVersion {
  type: EntryType;
  sizeBytes: number;
  /** ISO 8601; null of a directory. */
  modifiedAt: string | null;
  /** Not, or not exactly, what was in the home. */
  hasProblem: boolean;
  first: Moment;
  last: Moment;
  /** How many snapshots hold it. */
  snapshots: number;
  /** Ids of the destinations where it lies. */
  destinationIds: string[];
  /** How many later snapshots do not hold the path, until it was there again or to the newest. */
  goneAfter: number;
  /** The newest snapshot holds it. */
  isNewest: boolean;
}

export interface FoundFile {
  /** The path's reference. */
  path: string;
  versions: number;
  newest: PathVersion;
}

export interface Found<Item> {
  items: Item[];
  /** There are more than are told. */
  isMore: boolean;
  /** Snapshots that are not in the index yet. */
  unread: number;
}

export interface Change {
  path: string;
  what: 'added' | 'changed' | 'removed';
  type: EntryType;
  beforeBytes: number | null;
  afterBytes: number | null;
}

const MOST_FOUND = 1_000;
const MOST_CHANGES = 10_000;
/** How long a question waits for an index that is being brought up to date. */
const PATIENCE_MS = 3_000;

@Injectable()
export class HistoryService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly snapshots: SnapshotsStore,
    private readonly keeper: HistoryKeeper,
  ) {}

  /** Files and folders of an account by name, in whichever snapshots they are, by path. */
  async find(
    actor: Actor,
    nameOrId: string,
    text: string,
    limit = MOST_FOUND,
  ): Promise<Found<FoundFile>> {
    const account = await this.accounts.get(actor, nameOrId);
    const wanted = text.trim();
    if (wanted === '') {
      const message = t('Give a part of a name, or a pattern like *.php.');
      throw inputError('history.empty', message, [{ field: 'q', message }]);
    }
    const most = Math.min(limit, MOST_FOUND);
    const moments = await this.momentsOf(actor, account);
    if (moments.length === 0) return { items: [], isMore: false, unread: 0 };
    return this.read(account, moments, async (reader, { visible, momentOf, unread }) => {
      const found = await reader.find(namePattern(wanted), most + 1);
      const items = found.slice(0, most).flatMap(({ fileId, path }): FoundFile[] => {
        const rows = [reader.rowsOf(fileId), ...reader.piecesOf(path).map((one) => reader.rowsAt(one))]; // prettier-ignore
        const ranges = versionRanges(rows, visible);
        const newest = toVersions(ranges, visible, momentOf)[0];
        if (newest === undefined) return [];
        return [{ path: pathReference(path), versions: ranges.length, newest }];
      });
      items.sort((a, b) => (a.path < b.path ? -1 : 1));
      return { items, isMore: found.length > most, unread };
    });
  }

  /** All versions of a path, newest first. Throws `not-found` when no snapshot ever held it. */
  async versions(actor: Actor, nameOrId: string, reference: string): Promise<Found<PathVersion>> {
    const account = await this.accounts.get(actor, nameOrId);
    const path = parsePathReference(parseInput(pathRef, reference, 'path'));
    const message = t('No snapshot of "{name}" holds anything at "{path}".', {
      name: account.name,
      path: displayPath(path),
    });
    const missing = new AppError('not-found', 'path.not-found', message);
    const moments = await this.momentsOf(actor, account);
    if (moments.length === 0) throw missing;
    return this.read(account, moments, (reader, { visible, momentOf, unread }) => {
      const items = toVersions(rangesOf(reader, path, visible), visible, momentOf);
      if (items.length === 0) throw missing;
      return Promise.resolve({ items, isMore: false, unread });
    });
  }

  /** What differs between two snapshots of an account, by path. */
  async changes(actor: Actor, olderId: string, newerId: string): Promise<Found<Change>> {
    const older = await this.snapshots.getVisible(actor, olderId);
    const newer = await this.snapshots.getVisible(actor, newerId);
    for (const one of [older, newer]) requireReadable(one);
    if (older.accountId !== newer.accountId) throw ofTwoAccounts(olderId, newerId);
    const account = await this.accounts.get(actor, older.accountId);
    const moments = await this.momentsOf(actor, account);
    return this.read(account, moments, async (reader, { visible, unread }) => {
      const ordOf = (id: string): number => {
        const found = visible.find((one) => one.id === id);
        if (found !== undefined) return found.ord;
        throw notReadYet(id);
      };
      const found = await reader.changes(ordOf(olderId), ordOf(newerId), MOST_CHANGES + 1);
      const items = found.slice(0, MOST_CHANGES).map(toChange);
      items.sort((a, b) => (a.path < b.path ? -1 : 1));
      return { items, isMore: found.length > MOST_CHANGES, unread };
    });
  }

  /** The snapshots that the actor may see, once the index had time to take in the newest. */
  private async momentsOf(actor: Actor, { id }: Account): Promise<Moment[]> {
    await Promise.race([this.keeper.freshen(id), setTimeout(PATIENCE_MS)]);
    return this.snapshots.moments(id, {
      isForTenant: isTenant(actor),
      scope: await this.snapshots.scopeFor(actor),
    });
  }

  private async read<Result>(
    { id: accountId }: Account,
    moments: readonly Moment[],
    work: (reader: HistoryReader, known: Known) => Promise<Result>,
  ): Promise<Result> {
    const byId = new Map(moments.map((moment) => [moment.id, moment]));
    const database = openForReading(this.keeper.fileOf(accountId));
    if (database === undefined) throw notReadYet(undefined);
    try {
      const reader = new HistoryReader(database);
      const visible = reader.ordsOf(new Set(byId.keys()));
      const momentOf = (index: number): Moment => byId.get(visible[index]?.id ?? '') as Moment;
      return await work(reader, { visible, momentOf, unread: moments.length - visible.length });
    } catch (error) {
      if (!isTorn(error)) throw error;
      throw notReadYet(undefined);
    } finally {
      database.close();
    }
  }
}

interface Known {
  visible: VisibleSnapshot[];
  momentOf: (index: number) => Moment;
  unread: number;
}

function rangesOf(
  reader: HistoryReader,
  path: BytePath,
  visible: readonly VisibleSnapshot[],
): VersionRange[] {
  const groups = [path, ...reader.piecesOf(path)].map((one) => reader.rowsAt(one));
  return versionRanges(groups, visible);
}

/** Newest first. */
function toVersions(
  ranges: readonly VersionRange[],
  visible: readonly VisibleSnapshot[],
  momentOf: (index: number) => Moment,
): PathVersion[] {
  const versions = ranges.map(({ first, last, rows }, index): PathVersion => {
    const [row] = rows;
    const { type, hasProblem } = typeOfKind(row?.kind ?? 0);
    const held = visible.slice(first, last + 1).map((_, at) => momentOf(first + at));
    return {
      type,
      sizeBytes: rows.reduce((sum, { size }) => sum + size, 0),
      modifiedAt: type === 'directory' ? null : instant(row?.mtime ?? 0),
      hasProblem: hasProblem || rows.some(({ kind }) => typeOfKind(kind).hasProblem),
      first: momentOf(first),
      last: newestWhole(held),
      snapshots: held.length,
      destinationIds: [...new Set(held.map(({ destinationId }) => destinationId))],
      goneAfter: (ranges[index + 1]?.first ?? visible.length) - last - 1,
      isNewest: last === visible.length - 1,
    };
  });
  return versions.reverse();
}

/** What it is restored from: one that is not damaged, where there is such a one. */
function newestWhole(moments: readonly Moment[]): Moment {
  return moments.findLast(({ isDamaged }) => !isDamaged) ?? (moments.at(-1) as Moment);
}

function toChange({
  path,
  before,
  after,
}: {
  path: BytePath;
  before: VersionRow | undefined;
  after: VersionRow | undefined;
}): Change {
  return {
    path: pathReference(path),
    what: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed',
    type: typeOfKind((after ?? before)?.kind ?? 0).type,
    beforeBytes: before?.size ?? null,
    afterBytes: after?.size ?? null,
  };
}

function instant(ms: number): string {
  const [first, last] = [Date.UTC(-9999, 0, 1), Date.UTC(9999, 11, 31)];
  return new Date(Math.min(Math.max(ms, first), last)).toISOString();
}

function ofTwoAccounts(olderId: string, newerId: string): AppError {
  const message = t('The snapshots {older} and {newer} are of different accounts. Compare two of one account.', { older: olderId, newer: newerId }); // prettier-ignore
  return inputError('history.two-accounts', message, [{ field: 'since', message }]);
}

function notReadYet(snapshotId: string | undefined): AppError {
  const message =
    snapshotId === undefined
      ? t('The snapshots are still being read for searches; try again in a moment.')
      : t('The snapshot {id} is still being read for searches; try again in a moment.', {
          id: snapshotId,
        });
  return new AppError('conflict', 'history.not-ready', message, { isRetryable: true });
}
