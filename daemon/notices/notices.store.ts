import { Injectable } from '@nestjs/common';
import {
  DataSource,
  LessThan,
  type EntityTarget,
  type ObjectLiteral,
  type Repository,
} from 'typeorm';
import { atomically } from '../catalogue/atomically.js';
import { columns } from '../catalogue/columns.js';
import type { Language } from '../platform/messages.js';
import { BackupStreak } from './backup-streak.entity.js';
import { Delivery } from './delivery.entity.js';
import { NoticedRun } from './noticed-run.entity.js';
import { Notice } from './notice.entity.js';

export type NewNotice = Omit<Notice, 'id' | 'at'>;

/** Where a notice goes. */
export interface Recipient {
  channelId: string;
  address: string | null;
  language: Language;
  dueAt: string;
  isDigest: boolean;
}

export interface AddressedNotice {
  notice: NewNotice;
  recipients: Recipient[];
}

type Insert = <T extends ObjectLiteral>(entity: EntityTarget<T>, values: Partial<T>) => number;
interface Change<T> {
  where: Partial<T>;
  set: Partial<T>;
}
type Remove = <T extends ObjectLiteral>(entity: EntityTarget<T>, where: Partial<T>) => void;
type Update = <T extends ObjectLiteral>(entity: EntityTarget<T>, change: Change<T>) => void;

/** What is written with notices, in the same transaction. */
export type AlsoWrite = (insert: Insert, remove: Remove, update: Update) => void;

/** The rows of notices, and of what was noticed. */
@Injectable()
export class NoticesStore {
  private readonly notices: Repository<Notice>;

  constructor(private readonly dataSource: DataSource) {
    this.notices = dataSource.getRepository(Notice);
  }

  /** All of it, or nothing. */
  write(notices: readonly AddressedNotice[], at: string, also?: AlsoWrite): void {
    atomically(this.dataSource, (execute) => {
      const insert: Insert = (entity, values) => {
        const query = this.dataSource.getRepository(entity).createQueryBuilder().insert();
        return execute(query.values(columns(values))).lastId;
      };
      const remove: Remove = (entity, where) => {
        const query = this.dataSource.getRepository(entity).createQueryBuilder().delete();
        execute(query.where(where));
      };
      const update: Update = (entity, { where, set }) => {
        const query = this.dataSource.getRepository(entity).createQueryBuilder().update();
        execute(query.set(columns(set)).where(where));
      };
      also?.(insert, remove, update);
      for (const { notice, recipients } of notices) {
        const noticeId = insert(Notice, { ...notice, at });
        const fresh = { noticeId, state: 'queued', attempts: 0, createdAt: at } as const;
        for (const recipient of recipients) insert(Delivery, { ...fresh, ...recipient });
      }
    });
  }

  /** The newest of a kind. */
  async findNewest(kind: Notice['kind']): Promise<Notice | undefined> {
    return (await this.notices.findOne({ where: { kind }, order: { id: 'DESC' } })) ?? undefined;
  }

  /** What ended and was not noticed, among the newest runs, oldest first. */
  async listUnnoticedRuns(among: number): Promise<number[]> {
    const rows = await this.dataSource.query<{ id: number }[]>(
      `SELECT "id" FROM "run" WHERE "finished_at" IS NOT NULL
         AND "id" > (SELECT COALESCE(MAX("id"), 0) FROM "run") - ?
         AND "id" NOT IN (SELECT "run_id" FROM "noticed_run") ORDER BY "id"`,
      [among],
    );
    return rows.map(({ id }) => id);
  }

  isNoticed(runId: number): Promise<boolean> {
    return this.dataSource.getRepository(NoticedRun).existsBy({ runId });
  }

  /** Of a job, by account. */
  async streaksOf(jobId: string): Promise<Map<string, BackupStreak>> {
    const rows = await this.dataSource.getRepository(BackupStreak).findBy({ jobId });
    return new Map(rows.map((row) => [row.accountId, row]));
  }

  /** Accounts whose owners were told by any job's failures, that one apart. */
  async toldAccounts(exceptJobId: string): Promise<Set<string>> {
    const rows = await this.dataSource.getRepository(BackupStreak).findBy({ isTold: true });
    return new Set(rows.filter(({ jobId }) => jobId !== exceptJobId).map((row) => row.accountId));
  }

  /** With what is left of their deliveries; answers how many. */
  async removeBefore(instant: string, limit: number): Promise<number> {
    const where = { at: LessThan(instant) };
    const old = await this.notices.find({ select: { id: true }, where, order: { at: 'ASC' }, take: limit }); // prettier-ignore
    if (old.length > 0) await this.notices.delete(old.map(({ id }) => id));
    return old.length;
  }
}
