import { Injectable } from '@nestjs/common';
import {
  DataSource,
  In,
  IsNull,
  LessThan,
  type FindOptionsWhere,
  type Repository,
  type SelectQueryBuilder,
} from 'typeorm';
import { within, type AccountScope } from '../auth/account-scope.js';
import { isTenant, type Actor } from '../auth/actor.js';
import { PermissionsService } from '../auth/permissions/permissions.service.js';
import type { SnapshotSummary } from '../engine/types.js';
import { requireVisible } from './restore-rules.js';
import { narrow, type MomentFilter, type SnapshotFilter } from './snapshot-filter.js';
import { at, isGood, KEPT, liesAt, SHOWN } from './snapshot-places.js';
import { Snapshot } from './snapshot.entity.js';
import { Task } from './task.entity.js';

/** A snapshot about to be made. */
export type NewSnapshot = Pick<
  Snapshot,
  | 'id'
  | 'accountId'
  | 'destinationId'
  | 'jobId'
  | 'scheduleId'
  | 'taskId'
  | 'key'
  | 'structure'
  | 'startedAt'
> &
  Partial<Pick<Snapshot, 'note' | 'isSafety'>>;

/** Without its description, which is long: for lists of very many. */
export type ListedSnapshot = Omit<Snapshot, 'summary'>;
/** What tells of a snapshot when it was made and what became of it. */
export type Moment = Pick<
  Snapshot,
  | 'id'
  | 'key'
  | 'accountId'
  | 'destinationId'
  | 'taskId'
  | 'jobId'
  | 'startedAt'
  | 'state'
  | 'isDamaged'
  | 'isLocked'
  | 'contentBytes'
  | 'files'
>;

/** How much an account held. */
export type Measure = Pick<Snapshot, 'contentBytes' | 'files'>;

const MOMENT_COLUMNS: readonly (keyof Moment)[] = [
  ...(['id', 'key', 'accountId', 'destinationId', 'taskId', 'jobId', 'startedAt'] as const),
  ...(['state', 'isDamaged', 'isLocked', 'contentBytes', 'files'] as const),
];
const RESTORABLE = ['complete', 'incomplete'] as const;
const FAILED = `snapshot.state = 'failed'`;

/** The rows of snapshots. Those that were removed stay for what refers to them, but unlisted. */
@Injectable()
export class SnapshotsStore {
  private readonly snapshots: Repository<Snapshot>;
  private readonly listed: string[];
  private readonly tasks: Repository<Task>;

  constructor(
    dataSource: DataSource,
    private readonly permissions: PermissionsService,
  ) {
    this.snapshots = dataSource.getRepository(Snapshot);
    this.listed = this.snapshots.metadata.columns
      .map(({ propertyName }) => propertyName)
      .filter((name) => name !== 'summary')
      .map((name) => `snapshot.${name}`);
    this.tasks = dataSource.getRepository(Task);
  }

  /** Makes an `in-progress` row. */
  async insert(snapshot: NewSnapshot): Promise<void> {
    await this.snapshots.insert({
      isSafety: false,
      ...snapshot,
      state: 'in-progress',
      isDamaged: false,
      isLocked: false,
      isHidden: false,
      entries: 0,
      files: 0,
      contentBytes: 0,
      storedBytes: 0,
      problems: 0,
      excluded: 0,
    });
  }

  /** Restorable ones that are not hidden, newest first. */
  list(filter: SnapshotFilter): Promise<Snapshot[]> {
    return this.listQuery(filter).getMany();
  }

  /** What `list` asks: for looking at how it is answered. */
  listQuery(filter: SnapshotFilter): SelectQueryBuilder<Snapshot> {
    const query = this.snapshots
      .createQueryBuilder('snapshot')
      .where({
        removedAt: IsNull(),
        state: In(RESTORABLE),
        isHidden: false,
        isSafety: filter.isSafety === true,
      }) // prettier-ignore
      .andWhere(at(filter.isForTenant === true))
      .orderBy('snapshot.startedAt', 'DESC')
      .addOrderBy('snapshot.id', 'DESC')
      .limit(filter.limit);
    return narrow(query, filter);
  }

  /** Those of an account that can be looked into, oldest first; not what restores kept. */
  async moments(accountId: string, filter: MomentFilter): Promise<Moment[]> {
    const { isForTenant, scope, from, to, withFailed } = filter;
    const there = 'snapshot.removed_at IS NULL AND snapshot.missing_at IS NULL';
    const restorable = `(snapshot.state IN ('complete', 'incomplete') AND ${there})`;
    const query = this.snapshots
      .createQueryBuilder('snapshot')
      .select(MOMENT_COLUMNS.map((column) => `snapshot.${column}`))
      .where({ isHidden: false, isSafety: false })
      .andWhere({ accountId: within(scope, accountId) })
      .andWhere(withFailed === true ? `(${restorable} OR ${FAILED})` : restorable)
      .andWhere(at(isForTenant))
      .orderBy('snapshot.startedAt', 'ASC')
      .addOrderBy('snapshot.id', 'ASC');
    if (from !== undefined) query.andWhere('snapshot.startedAt >= :from', { from });
    if (to !== undefined) query.andWhere('snapshot.startedAt < :to', { to });
    return query.getMany();
  }

  /** The runs of tasks, by the ids of the tasks. */
  async runsOf(taskIds: readonly number[]): Promise<Map<number, number>> {
    const where = { id: In([...new Set(taskIds)]) };
    const rows = await this.tasks.find({ select: { id: true, runId: true }, where });
    return new Map(rows.map(({ id, runId }) => [id, runId]));
  }

  /** Ids of the accounts that have snapshots which can be looked into. */
  async accountsWithSnapshots(): Promise<string[]> {
    const rows = await this.snapshots
      .createQueryBuilder('snapshot')
      .select('DISTINCT snapshot.accountId', 'accountId')
      .where({ removedAt: IsNull(), state: In(RESTORABLE), isSafety: false })
      .getRawMany<{ accountId: string }>();
    return rows.map(({ accountId }) => accountId);
  }

  /** Also when it was removed. */
  async findById(id: string): Promise<Snapshot | undefined> {
    return (await this.snapshots.findOneBy({ id })) ?? undefined;
  }

  /** The newest of an account that was begun before an instant and can be, or could be, restored. */
  async findBefore(accountId: string, startedAt: string): Promise<Snapshot | undefined> {
    const where = { accountId, startedAt: LessThan(startedAt), isSafety: false };
    const found = await this.snapshots.findOne({
      where: { ...where, state: In([...RESTORABLE, 'expired']) },
      order: { startedAt: 'DESC', id: 'DESC' },
    });
    return found ?? undefined;
  }

  /** Which of these are restorable. */
  async restorableOf(ids: readonly string[]): Promise<Set<string>> {
    const where = { id: In([...ids]), removedAt: IsNull(), state: In(RESTORABLE) };
    const rows = await this.snapshots.find({ select: { id: true }, where });
    return new Set(rows.map(({ id }) => id));
  }

  /** Of which accounts the actor sees snapshots. */
  scopeFor(actor: Actor): Promise<AccountScope | undefined> {
    return this.permissions.scopeFor(actor, 'snapshots.view');
  }

  /** Whether the actor may know at which destinations they lie. */
  seesDestinations(actor: Actor): Promise<boolean> {
    return this.permissions.may(actor, 'destinations.view');
  }

  /** For whoever may see it; a removed, unknown, foreign or hidden one is `not-found`. */
  async getVisible(actor: Actor, id: string): Promise<Snapshot> {
    const accountId = within(await this.scopeFor(actor));
    const query = this.snapshots
      .createQueryBuilder('snapshot')
      .where({ id, ...(accountId && { accountId }) })
      .andWhere(at(isTenant(actor)));
    return requireVisible(actor, (await query.getOne()) ?? undefined, id);
  }

  /** The newest restorable snapshot of each account that has one. */
  latestOfEachAccount(isForTenant = false, scope?: AccountScope): Promise<ListedSnapshot[]> {
    const places = isForTenant ? SHOWN : KEPT;
    const query = this.newest(`'complete', 'incomplete'`, places).select(this.listed);
    const accountId = within(scope);
    if (accountId !== undefined) query.andWhere({ accountId });
    return query.getMany();
  }

  /** What the newest complete snapshot of each account says of its size, by account. */
  async measures(accountId?: string): Promise<Map<string, Measure & Pick<Snapshot, 'id'>>> {
    const query = this.newest(`'complete'`, KEPT).select([
      ...['snapshot.id', 'snapshot.accountId', 'snapshot.contentBytes', 'snapshot.files'],
    ]);
    if (accountId !== undefined) query.andWhere({ accountId });
    const rows = await query.getMany();
    return new Map(rows.map((row) => [row.accountId, row]));
  }

  /** Of each of these accounts the newest complete one that is not damaged, nor being removed. */
  async newestGood(accountIds: readonly string[]): Promise<string[]> {
    const query = this.newest(`'complete'`, KEPT, `AND ${isGood('"s"')}`).select('snapshot.id');
    const rows = await query.andWhere({ accountId: In(accountIds) }).getMany();
    return rows.map(({ id }) => id);
  }

  private newest(states: string, places: string, also = ''): SelectQueryBuilder<Snapshot> {
    return this.snapshots.createQueryBuilder('snapshot').where(
      `snapshot.id IN (
         SELECT (SELECT "s"."id" FROM "snapshot" "s"
                 WHERE "s"."account_id" = "a"."id" AND "s"."removed_at" IS NULL
                   AND "s"."state" IN (${states}) AND "s"."is_hidden" = 0 AND "s"."is_safety" = 0
                   AND "s"."missing_at" IS NULL ${also}
                   AND ${liesAt(places, '"s"')}
                 ORDER BY "s"."started_at" DESC, "s"."id" DESC LIMIT 1)
         FROM "account" "a")`,
    );
  }

  /** Those of the structure `incremental` that are there, oldest first. */
  listIncremental(accountId: string, destinationId: string): Promise<Snapshot[]> {
    return this.snapshots.find({
      where: {
        ...{ accountId, destinationId, structure: 'incremental', state: In(RESTORABLE) },
        ...{ removedAt: IsNull(), missingAt: IsNull() },
      },
      order: { startedAt: 'ASC', id: 'ASC' },
    });
  }

  /**
   * What a schedule made of an account that is there or in the making, at the destination that has
   * most of it: when each was begun, oldest first.
   */
  async madeBySchedule(accountId: string, scheduleId: string): Promise<string[]> {
    const rows = await this.snapshots.find({
      select: { destinationId: true, startedAt: true },
      where: {
        ...{ accountId, scheduleId, removedAt: IsNull() },
        state: In([...RESTORABLE, 'in-progress']),
      },
      order: { startedAt: 'ASC' },
    });
    const byDestination = new Map<string, string[]>();
    for (const { destinationId, startedAt } of rows) {
      byDestination.set(destinationId, [...(byDestination.get(destinationId) ?? []), startedAt]);
    }
    return [...byDestination.values()].toSorted((a, b) => b.length - a.length)[0] ?? [];
  }

  /** When the newest failed attempt of each account was, for those that have one. */
  lastFailures(scope?: AccountScope): Promise<{ accountId: string; startedAt: string }[]> {
    const accountId = within(scope);
    return this.snapshots
      .createQueryBuilder('snapshot')
      .select('snapshot.accountId', 'accountId')
      .addSelect('MAX(snapshot.startedAt)', 'startedAt')
      .where(FAILED)
      .andWhere({ isSafety: false, ...(accountId && { accountId }) })
      .andWhere(at(false))
      .groupBy('snapshot.accountId')
      .getRawMany<{ accountId: string; startedAt: string }>();
  }

  /** What these tasks kept before they wrote anything. */
  async findSafetyOf(taskIds: readonly number[]): Promise<Snapshot | undefined> {
    const where = { taskId: In([...taskIds]), isSafety: true };
    return (await this.snapshots.findOneBy(where)) ?? undefined;
  }

  /** From in-progress only: nothing was made of it. */
  async discard(id: string): Promise<void> {
    await this.snapshots.delete({ id, state: 'in-progress' });
  }

  /** From in-progress only: it is published, whole or with what is missing listed. */
  markPublished(id: string, summary: SnapshotSummary): Promise<boolean> {
    return this.publish({ id, state: 'in-progress' }, summary);
  }

  /** From failed only: it was published all the same. */
  markAdopted(id: string, summary: SnapshotSummary): Promise<boolean> {
    return this.publish({ id, state: 'failed', removedAt: IsNull() }, summary);
  }

  private async publish(
    where: FindOptionsWhere<Snapshot>,
    summary: SnapshotSummary,
  ): Promise<boolean> {
    const { state, startedAt, finishedAt, entries, files, contentBytes, storedBytes } = summary;
    const { problems, excluded } = summary;
    const counts = { entries, files, contentBytes, storedBytes, problems, excluded };
    const { affected } = await this.snapshots
      .createQueryBuilder()
      .update()
      .set({ state, startedAt, finishedAt, ...counts, summary })
      .where(where)
      .execute();
    return affected === 1;
  }

  /** From in-progress only. */
  async markFailed(id: string, finishedAt: string): Promise<boolean> {
    const change = { state: 'failed', finishedAt } as const;
    const { affected } = await this.snapshots.update({ id, state: 'in-progress' }, change);
    return affected === 1;
  }

  /** What verification found. Damage stays marked until a later verification finds none. */
  async markVerified(id: string, verifiedAt: string, isDamaged: boolean): Promise<void> {
    await this.snapshots.update({ id }, { verifiedAt, isDamaged });
  }

  async setFlags(
    id: string,
    flags: Partial<Pick<Snapshot, 'isDamaged' | 'isLocked' | 'isHidden'>>,
  ): Promise<void> {
    await this.snapshots.update({ id }, flags);
  }

  async setNotes(id: string, notes: Partial<Pick<Snapshot, 'note' | 'labels'>>): Promise<void> {
    if (Object.keys(notes).length > 0) await this.snapshots.update({ id }, notes);
  }

  /** False: it is over meanwhile, or the account has locked `limit` of its own already. */
  async lock(
    { id, accountId }: Pick<Snapshot, 'id' | 'accountId'>,
    lockedBy: 'admin' | 'account',
    limit: number | undefined,
  ): Promise<boolean> {
    const unmarked = { pendingDeletionAt: null, pendingRule: null, pendingSinceMs: null };
    const update = this.snapshots
      .createQueryBuilder()
      .update()
      .set({ isLocked: true, lockedBy, ...unmarked })
      .where({ id, state: In(RESTORABLE), removedAt: IsNull() });
    if (limit !== undefined) {
      update.andWhere(
        `(SELECT COUNT(*) FROM "snapshot" "s" WHERE "s"."account_id" = :accountId
          AND "s"."is_locked" = 1 AND "s"."locked_by" = 'account' AND "s"."removed_at" IS NULL) < :limit`,
        { accountId, limit },
      );
    }
    return (await update.execute()).affected === 1;
  }

  async unlock(id: string): Promise<void> {
    await this.snapshots.update({ id }, { isLocked: false, lockedBy: null });
  }

  /** Its bytes are gone from the destination. False: it was marked before. */
  async markRemoved(id: string, removedAt: string): Promise<boolean> {
    const change = { state: 'expired', removedAt } as const;
    const { affected } = await this.snapshots.update({ id, removedAt: IsNull() }, change);
    return affected === 1;
  }

  /** Failed ones that may have left bytes at their destination: a scrub is due. */
  listLeftovers(): Promise<Snapshot[]> {
    return this.snapshots
      .createQueryBuilder('snapshot')
      .where(FAILED)
      .andWhere({ removedAt: IsNull() })
      .andWhere(at(false))
      .orderBy('snapshot.accountId')
      .addOrderBy('snapshot.startedAt')
      .getMany();
  }

  /** What a failed snapshot left is gone. */
  async markScrubbed(id: string, removedAt: string): Promise<void> {
    await this.snapshots.update({ id, state: 'failed', removedAt: IsNull() }, { removedAt });
  }

  /** Those whose run ended without publishing; at boot, all of them. */
  listInProgress(): Promise<Snapshot[]> {
    return this.snapshots.findBy({ state: 'in-progress' });
  }
}
