import { Injectable } from '@nestjs/common';
import { DataSource, In, IsNull, Not, type Repository } from 'typeorm';
import type { RetainedSnapshot, RetentionPolicy } from '../jobs/plan-retention.js';
import { Schedule } from '../jobs/schedule.entity.js';
import { Garbage } from './garbage.entity.js';
import { Run, type RunTrigger } from './run.entity.js';
import { Snapshot } from './snapshot.entity.js';
import { Task } from './task.entity.js';

/** An account at a destination: what retention and prune work on, one after the other. */
export interface AccountPlace {
  accountId: string;
  destinationId: string;
}

/** A snapshot that lies at its destination, as retention sees it. */
export interface LyingSnapshot extends RetainedSnapshot {
  key: string;
  destinationId: string;
  accountId: string;
  storedBytes: number;
  isSafety: boolean;
  pendingRule: string | null;
  pendingSinceMs: number | null;
}

export interface Mark {
  pendingDeletionAt: string;
  pendingRule: string;
  pendingSinceMs: number;
}

const UNMARKED = { pendingDeletionAt: null, pendingRule: null, pendingSinceMs: null };
const RESTORABLE = ['complete', 'incomplete'] as const;
/** After every instant that a row can hold. */
const LATER = '9';
/** Something waits for it or reads it. */
const IN_USE = `EXISTS (SELECT 1 FROM "task" "t" WHERE "t"."state" IN ('queued', 'running')
  AND "t"."snapshot_id" = "snapshot"."id")`;
const FOLDER = `substr(snapshot.key, 1, instr(snapshot.key, '/snapshots/'))`;

type LyingRow = Omit<LyingSnapshot, 'isUsable' | 'isByHand' | 'isLocked' | 'isSafety'> & {
  isSafety: number;
  isLocked: number;
  isDamaged: number;
  missingAt: string | null;
  trigger: RunTrigger | null;
  firstTrigger: RunTrigger | null;
};

/** The rows of snapshots as retention reads and changes them. */
@Injectable()
export class RetentionStore {
  private readonly snapshots: Repository<Snapshot>;
  private readonly schedules: Repository<Schedule>;
  private readonly garbage: Repository<Garbage>;

  constructor(dataSource: DataSource) {
    this.snapshots = dataSource.getRepository(Snapshot);
    this.schedules = dataSource.getRepository(Schedule);
    this.garbage = dataSource.getRepository(Garbage);
  }

  /** What each schedule asks for, by its id. */
  async policies(): Promise<Map<string, RetentionPolicy>> {
    const rows = await this.schedules.find();
    return new Map(
      rows.map(({ id, kind, retention }) => [id, { retention, isOnDemand: kind === 'on-demand' }]),
    );
  }

  /** The snapshots of this account that lie there and can be restored. */
  async lying({ accountId, destinationId }: AccountPlace): Promise<LyingSnapshot[]> {
    const query = this.snapshots
      .createQueryBuilder('snapshot')
      .leftJoin(Task, 'task', 'task.id = snapshot.taskId')
      .leftJoin(Run, 'run', 'run.id = task.runId')
      .leftJoin(Run, 'first', 'first.id = run.retryOf')
      .where({ accountId, destinationId, state: In(RESTORABLE), removedAt: IsNull() });
    query.select([]);
    for (const column of LYING_COLUMNS) query.addSelect(`snapshot.${column}`, column);
    query.addSelect('run.trigger', 'trigger').addSelect('first.trigger', 'firstTrigger');
    return (await query.getRawMany<LyingRow>()).map(toLying);
  }

  /** Where these tasks have kept what they replaced. */
  placesOfSafety(taskIds: readonly number[]): Promise<AccountPlace[]> {
    return this.snapshots.find({
      select: { accountId: true, destinationId: true },
      where: { taskId: In([...taskIds]), isSafety: true, removedAt: IsNull() },
    });
  }

  async mark(id: string, mark: Mark): Promise<void> {
    const where = { id, state: In(RESTORABLE), isLocked: false, removedAt: IsNull() };
    await this.snapshots.update(where, mark);
  }

  async unmark(id: string): Promise<void> {
    await this.snapshots.update({ id, removedAt: IsNull() }, UNMARKED);
  }

  /** It is over, unless it was locked, unmarked or asked for meanwhile. */
  async expire(id: string): Promise<boolean> {
    const { affected } = await this.snapshots
      .createQueryBuilder()
      .update()
      .set({ state: 'expired' })
      .where({ id, state: In(RESTORABLE), isLocked: false, removedAt: IsNull() })
      .andWhere({ pendingDeletionAt: Not(IsNull()) })
      .andWhere(`NOT ${IN_USE}`)
      .execute();
    return affected === 1;
  }

  /** Those that are over and whose bytes may still be there. */
  listExpired({ accountId, destinationId }: AccountPlace): Promise<Snapshot[]> {
    const where = { accountId, destinationId, state: 'expired', removedAt: IsNull() } as const;
    return this.snapshots.findBy(where);
  }

  /** The folders that hold snapshots of this account, or once did; of one server only. */
  async folders(place: AccountPlace, serverId: string): Promise<string[]> {
    const rows = await this.snapshots
      .createQueryBuilder('snapshot')
      .select(`DISTINCT ${FOLDER}`, 'folder')
      .where({ ...place })
      .getRawMany<{ folder: string }>();
    return rows.map(({ folder }) => folder).filter((folder) => folder.startsWith(`${serverId}/`));
  }

  /** Every account that has something at a destination, or had since then. */
  async accountsAt(destinationId: string, removedSince = LATER): Promise<string[]> {
    const ofSnapshots = await this.snapshots
      .createQueryBuilder('snapshot')
      .select('DISTINCT snapshot.accountId', 'accountId')
      .where({ destinationId })
      .andWhere('(snapshot.removedAt IS NULL OR snapshot.removedAt >= :removedSince)', {
        removedSince,
      })
      .getRawMany<{ accountId: string }>();
    const ofGarbage = await this.garbage
      .createQueryBuilder('garbage')
      .select('DISTINCT garbage.accountId', 'accountId')
      .where({ destinationId })
      .getRawMany<{ accountId: string }>();
    return [...new Set([...ofSnapshots, ...ofGarbage].map(({ accountId }) => accountId))].sort();
  }
}

const LYING_COLUMNS = [
  ...['id', 'key', 'accountId', 'destinationId', 'scheduleId', 'taskId', 'state', 'startedAt'],
  ...['isLocked', 'isDamaged', 'missingAt', 'storedBytes', 'isSafety'],
  ...['pendingDeletionAt', 'pendingRule', 'pendingSinceMs'],
];

/** By hand: its run, and the one that this repeats, are known and no schedule started either. */
function toLying({ trigger, firstTrigger, isDamaged, missingAt, ...row }: LyingRow): LyingSnapshot {
  return {
    ...row,
    isLocked: row.isLocked === 1,
    isSafety: row.isSafety === 1,
    isUsable: isDamaged === 0 && missingAt === null,
    isByHand: trigger !== null && trigger !== 'schedule' && firstTrigger !== 'schedule',
  };
}
