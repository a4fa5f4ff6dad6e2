import { Injectable } from '@nestjs/common';
import { DataSource, LessThan, MoreThanOrEqual, type Repository } from 'typeorm';
import type { Row } from '../catalogue/columns.js';
import { DestinationUsage } from './destination-usage.entity.js';

/** A row for each destination and day. */
@Injectable()
export class DestinationUsageStore {
  private readonly usage: Repository<DestinationUsage>;

  constructor(dataSource: DataSource) {
    this.usage = dataSource.getRepository(DestinationUsage);
  }

  /** In place of what was known of the same days. */
  async put(rows: readonly Row<DestinationUsage>[]): Promise<void> {
    if (rows.length > 0) await this.usage.upsert([...rows], ['destinationId', 'day']);
  }

  /** From a day on, the oldest first. */
  listSince(day: string): Promise<DestinationUsage[]> {
    return this.usage.find({ where: { day: MoreThanOrEqual(day) }, order: { day: 'ASC' } });
  }

  async forgetBefore(day: string): Promise<void> {
    await this.usage.delete({ day: LessThan(day) });
  }
}
