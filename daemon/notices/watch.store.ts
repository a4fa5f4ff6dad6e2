import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Of all accounts of its job: the request of another one names them. A text in it has its quotes escaped. */
const WHOLE = `"request" NOT LIKE '%,"accounts":[%'`;

export interface RunningRun {
  id: number;
  kind: string;
  jobId: string | null;
  startedAt: string;
  request: string;
}

/** What the watch reads of runs and snapshots: whole answers, in one statement each. */
@Injectable()
export class WatchStore {
  constructor(private readonly dataSource: DataSource) {}

  /** When the last backup of a whole job was asked for, by job. */
  async lastStarts(): Promise<Map<string, string>> {
    const rows = await this.dataSource.query<{ jobId: string; at: string }[]>(
      `SELECT "job_id" AS "jobId", MAX("created_at") AS "at" FROM "run"
       WHERE "job_id" IS NOT NULL AND "kind" = 'backup' AND ${WHOLE}
         AND "state" <> 'cancelled' GROUP BY "job_id"`,
    );
    return new Map(rows.map(({ jobId, at }) => [jobId, at]));
  }

  running(): Promise<RunningRun[]> {
    return this.dataSource.query<RunningRun[]>(
      `SELECT "id", "kind", "job_id" AS "jobId", "started_at" AS "startedAt", "request" FROM "run"
       WHERE "state" = 'running' AND "started_at" IS NOT NULL ORDER BY "id"`,
    );
  }

  /** How long the last whole backups of a job took, in milliseconds. */
  async durationsOf(jobId: string, count: number): Promise<number[]> {
    const rows = await this.dataSource.query<{ startedAt: string; finishedAt: string }[]>(
      `SELECT "started_at" AS "startedAt", "finished_at" AS "finishedAt" FROM "run"
       WHERE "job_id" = ? AND "kind" = 'backup' AND ${WHOLE}
         AND "state" IN ('complete', 'incomplete') AND "started_at" IS NOT NULL
       ORDER BY "id" DESC LIMIT ?`,
      [jobId, count],
    );
    return rows.map(({ startedAt, finishedAt }) => Date.parse(finishedAt) - Date.parse(startedAt));
  }

  /** When the newest snapshot of each account that can be restored from was begun, by account. */
  async newestGood(): Promise<Map<string, string>> {
    const rows = await this.dataSource.query<{ id: string; at: string | null }[]>(
      `SELECT "a"."id" AS "id",
         (SELECT "s"."started_at" FROM "snapshot" "s"
          WHERE "s"."account_id" = "a"."id" AND "s"."removed_at" IS NULL
            AND "s"."state" IN ('complete', 'incomplete') AND "s"."is_damaged" = 0
            AND "s"."is_safety" = 0 AND "s"."missing_at" IS NULL
          ORDER BY "s"."started_at" DESC LIMIT 1) AS "at"
       FROM "account" "a" WHERE "a"."state" = 'active'`,
    );
    return new Map(rows.flatMap(({ id, at }) => (at === null ? [] : [[id, at] as const])));
  }

  damaged(limit: number): Promise<{ id: string; account: string }[]> {
    return this.dataSource.query<{ id: string; account: string }[]>(
      `SELECT "s"."id" AS "id", "a"."name" AS "account" FROM "snapshot" "s"
       JOIN "account" "a" ON "a"."id" = "s"."account_id"
       WHERE "s"."is_damaged" = 1 AND "s"."removed_at" IS NULL ORDER BY "s"."id" DESC LIMIT ?`,
      [limit],
    );
  }
}
