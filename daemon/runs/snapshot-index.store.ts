import { Injectable } from '@nestjs/common';
import { DataSource, In, IsNull, type Repository } from 'typeorm';
import { Account } from '../accounts/account.entity.js';
import { atomically } from '../catalogue/atomically.js';
import { columns } from '../catalogue/columns.js';
import { Job } from '../jobs/job.entity.js';
import type { ReindexReport } from './index-plan.js';
import { Snapshot } from './snapshot.entity.js';
import { Task } from './task.entity.js';

/** What a batch of a reindex changes. */
export interface IndexChanges {
  added: Snapshot[];
  changed: { id: string; change: Partial<Snapshot> }[];
  taskId: number;
  result: ReindexReport;
}

/** The rows of snapshots as a reindex reads and writes them: by the range of their keys. */
@Injectable()
export class SnapshotIndexStore {
  private readonly snapshots: Repository<Snapshot>;
  private readonly tasks: Repository<Task>;

  constructor(private readonly dataSource: DataSource) {
    this.snapshots = dataSource.getRepository(Snapshot);
    this.tasks = dataSource.getRepository(Task);
  }

  /** Every row of the destination behind one key and up to another; `upTo` undefined: to the end. */
  async rowsBetween(
    destinationId: string,
    after: string | null,
    upTo: string | undefined,
  ): Promise<Map<string, Snapshot>> {
    const query = this.snapshots.createQueryBuilder('snapshot').where({ destinationId });
    if (after !== null) query.andWhere('snapshot.key > :after', { after });
    if (upTo !== undefined) query.andWhere('snapshot.key <= :upTo', { upTo });
    const rows = await query.getMany();
    return new Map(rows.map((row) => [row.key, row]));
  }

  async takenIds(ids: string[]): Promise<Set<string>> {
    const rows = await this.snapshots.find({ select: { id: true }, where: { id: In(ids) } });
    return new Set(rows.map(({ id }) => id));
  }

  /** Of these ids, those of jobs that are still there. */
  async knownJobs(ids: string[]): Promise<Set<string>> {
    const rows = await this.dataSource
      .getRepository(Job)
      .find({ select: { id: true }, where: { id: In(ids) } });
    return new Set(rows.map(({ id }) => id));
  }

  /** All of a batch and how far the reindex is, or nothing of it. */
  apply({ added, changed, taskId, result }: IndexChanges): void {
    atomically(this.dataSource, (execute) => {
      for (const row of added) {
        execute(this.snapshots.createQueryBuilder().insert().values(columns<Snapshot>(row)));
      }
      for (const { id, change } of changed) {
        const update = this.snapshots.createQueryBuilder().update().set(columns<Snapshot>(change));
        execute(update.where({ id }));
      }
      const update = this.tasks.createQueryBuilder().update().set(columns<Task>({ result }));
      execute(update.where({ id: taskId }));
    });
  }

  /** An erase has removed their files. */
  async markErased(destinationId: string, keys: string[], removedAt: string): Promise<void> {
    const change = { state: 'expired', removedAt } as const;
    await this.snapshots.update({ destinationId, key: In(keys) }, change);
  }

  /** Those that have begun to wait or work at a destination: ids of their runs. */
  async busyRuns(destinationId: string): Promise<number[]> {
    const tasks = await this.tasks.find({
      select: { runId: true },
      where: { destinationId, state: In(['queued', 'running']) },
    });
    return [...new Set(tasks.map(({ runId }) => runId))];
  }

  /** Ids of the locked snapshots that lie at a destination. */
  async lockedAt(destinationId: string): Promise<string[]> {
    const rows = await this.snapshots
      .createQueryBuilder('snapshot')
      .select(['snapshot.id'])
      .where({ destinationId, isLocked: true })
      .andWhere('snapshot.removedAt IS NULL')
      .getMany();
    return rows.map(({ id }) => id);
  }

  /** Lists an orphan's snapshots under another account; answers how many. */
  async moveToAccount(prefix: string, accountId: string): Promise<number> {
    const { affected } = await this.snapshots
      .createQueryBuilder()
      .update()
      .set({ accountId })
      .where({ state: In(['complete', 'incomplete', 'expired']) })
      .andWhere(UNDER, underPrefix(prefix))
      .execute();
    return affected ?? 0;
  }

  /** The newest snapshot that lies, or lay, under a prefix at any destination. */
  async newestUnder(prefix: string): Promise<{ id: string; startedAt: string } | undefined> {
    const newest = await this.snapshots
      .createQueryBuilder('snapshot')
      .select(['snapshot.id', 'snapshot.startedAt'])
      .where(UNDER, underPrefix(prefix))
      .orderBy('snapshot.startedAt', 'DESC')
      .limit(1)
      .getOne();
    return newest ?? undefined;
  }

  /** How many usable snapshots at a destination are of accounts that are no longer here. */
  countOrphaned(destinationId: string): Promise<number> {
    return this.snapshots
      .createQueryBuilder('snapshot')
      .innerJoin(Account, 'account', 'account.id = snapshot.accountId')
      .where({ destinationId, state: In(['complete', 'incomplete']), removedAt: IsNull() })
      .andWhere(`snapshot.missingAt IS NULL AND snapshot.remark IS NULL`)
      .andWhere(`account.state = 'gone'`)
      .getCount();
  }
}

/** Each destination in turn, so that the index of keys serves. */
const UNDER = `"destination_id" IN (SELECT "d"."id" FROM "destination" "d") AND "key" >= :from AND "key" < :to`;

/** `prefix` ends in a slash; 0 is the character after it. */
function underPrefix(prefix: string): { from: string; to: string } {
  return { from: prefix, to: `${prefix.slice(0, -1)}0` };
}
