import { Injectable } from '@nestjs/common';
import { DataSource, type Repository, type UpdateQueryBuilder } from 'typeorm';
import { columns, type Row } from '../catalogue/columns.js';
import { Schedule } from './schedule.entity.js';

/** The rows of schedules. */
@Injectable()
export class SchedulesStore {
  private readonly schedules: Repository<Schedule>;

  constructor(dataSource: DataSource) {
    this.schedules = dataSource.getRepository(Schedule);
  }

  async insert(schedule: Row<Schedule>): Promise<void> {
    await this.schedules.insert(columns<Schedule>(schedule));
  }

  /** Oldest first; of one job, or of all. */
  list(jobId?: string): Promise<Schedule[]> {
    return this.schedules.find({
      where: jobId === undefined ? {} : { jobId },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
  }

  async findById(id: string): Promise<Schedule | undefined> {
    return (await this.schedules.findOneBy({ id })) ?? undefined;
  }

  async update(
    id: string,
    change: Partial<Pick<Schedule, 'isEnabled' | 'lastDueAt' | 'retention'>>,
  ): Promise<void> {
    await this.schedules.update({ id }, columns<Schedule>(change));
  }

  /** Everything up to this due instant is over. Never goes back. */
  async markHandled(id: string, dueAt: Date): Promise<void> {
    await markHandled(this.schedules, id, dueAt.toISOString()).execute();
  }

  /** Its runs and snapshots stay. False: there was none. */
  async remove(id: string): Promise<boolean> {
    const { affected } = await this.schedules.delete({ id });
    return affected === 1;
  }
}

/** The statement of `SchedulesStore.markHandled`, for a transaction of another store. */
export function markHandled(
  schedules: Repository<Schedule>,
  id: string,
  dueAt: string,
): UpdateQueryBuilder<Schedule> {
  return schedules
    .createQueryBuilder()
    .update()
    .set({ lastDueAt: dueAt })
    .where({ id })
    .andWhere('(last_due_at IS NULL OR last_due_at < :dueAt)', { dueAt });
}
