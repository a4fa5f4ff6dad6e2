import { Injectable } from '@nestjs/common';
import { DataSource, type Repository } from 'typeorm';
import type { Row } from '../catalogue/columns.js';
import { columns } from '../catalogue/columns.js';
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

  /** Its runs and snapshots stay. False: there was none. */
  async remove(id: string): Promise<boolean> {
    const { affected } = await this.schedules.delete({ id });
    return affected === 1;
  }
}
