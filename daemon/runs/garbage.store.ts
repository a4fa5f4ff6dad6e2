import { Injectable } from '@nestjs/common';
import { DataSource, In, LessThan, LessThanOrEqual, type Repository } from 'typeorm';
import { atomically } from '../catalogue/atomically.js';
import type { ListedObject } from '../engine/manifest/prune-types.js';
import { Garbage } from './garbage.entity.js';
import type { AccountPlace } from './retention.store.js';

/** Who noted something, and when. */
export interface Noting extends AccountPlace {
  runId: number;
  at: string;
  elapsedMs: number;
}

export interface GarbageTotals {
  objects: number;
  bytes: number;
}

/** The rows of what lies at destinations without use. */
@Injectable()
export class GarbageStore {
  private readonly garbage: Repository<Garbage>;

  constructor(private readonly dataSource: DataSource) {
    this.garbage = dataSource.getRepository(Garbage);
  }

  /** What was noted before and is as it was keeps its time; anything else begins anew. */
  async note(objects: readonly ListedObject[], noting: Noting): Promise<void> {
    const { accountId, destinationId, runId, at, elapsedMs } = noting;
    const keys = objects.map(({ key }) => key);
    const rows = await this.garbage.findBy({ destinationId, key: In(keys) });
    const known = new Map(rows.map((row) => [row.key, row]));
    atomically(this.dataSource, (execute) => {
      for (const { key, sizeBytes, modifiedAt } of objects) {
        const row = known.get(key);
        const isSame = row?.sizeBytes === sizeBytes && row.modifiedAt === modifiedAt;
        const first = { firstSeenAt: at, firstSeenMs: elapsedMs, firstRunId: runId };
        const seen = { accountId, sizeBytes, modifiedAt, lastRunId: runId };
        const query = this.garbage.createQueryBuilder();
        if (row === undefined) {
          execute(query.insert().values({ destinationId, key, ...first, ...seen }));
          continue;
        }
        const change = isSame ? seen : { ...seen, ...first };
        execute(query.update().set(change).where({ destinationId, key }));
      }
    });
  }

  /** Of a folder, those that this run did not note: they are gone, or of use again. */
  async forgetOthers(destinationId: string, folder: string, runId: number): Promise<void> {
    await this.garbage
      .createQueryBuilder()
      .delete()
      .where({ destinationId, lastRunId: LessThan(runId) })
      .andWhere('substr("key", 1, :length) = :folder', { folder, length: folder.length })
      .execute();
  }

  async forget(destinationId: string, keys: string[]): Promise<void> {
    await this.garbage.delete({ destinationId, key: In(keys) });
  }

  /** What a run before this one noted, and no later than so. */
  listRipe(
    { accountId, destinationId }: AccountPlace,
    { beforeRunId, upToMs }: { beforeRunId: number; upToMs: number },
  ): Promise<Garbage[]> {
    const firstSeenMs = LessThanOrEqual(upToMs);
    const firstRunId = LessThan(beforeRunId);
    return this.garbage.findBy({ accountId, destinationId, firstSeenMs, firstRunId });
  }

  /** What is noted at a destination; `upToMs`: of it, what was noted no later than so. */
  async totals(destinationId: string, upToMs?: number): Promise<GarbageTotals> {
    const query = this.garbage
      .createQueryBuilder('garbage')
      .select('COUNT(*)', 'objects')
      .addSelect('COALESCE(SUM(garbage.sizeBytes), 0)', 'bytes')
      .where({ destinationId });
    if (upToMs !== undefined) query.andWhere({ firstSeenMs: LessThanOrEqual(upToMs) });
    const totals = await query.getRawOne<GarbageTotals>();
    return totals ?? { objects: 0, bytes: 0 };
  }
}
