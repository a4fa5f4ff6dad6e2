import { Injectable } from '@nestjs/common';
import { DataSource, LessThan, Not, type Repository } from 'typeorm';
import { Alert } from './alert.entity.js';
import type { ConditionKind, Level } from './notice-kinds.js';

/** The rows of alerts; alert-book.ts writes them together with notices. */
@Injectable()
export class AlertsStore {
  private readonly alerts: Repository<Alert>;

  constructor(dataSource: DataSource) {
    this.alerts = dataSource.getRepository(Alert);
  }

  /** Not over: newest first. */
  listOpen(kind?: ConditionKind): Promise<Alert[]> {
    const where = { state: Not('cleared' as const), ...(kind !== undefined && { kind }) };
    return this.alerts.find({ where, order: { id: 'DESC' } });
  }

  /** What is over, newest first. */
  listCleared(page: { limit: number; before?: number | undefined }): Promise<Alert[]> {
    const { limit, before } = page;
    const older = before !== undefined && { id: LessThan(before) };
    return this.alerts.find({ where: { state: 'cleared', ...older }, order: { id: 'DESC' }, take: limit }); // prettier-ignore
  }

  async findById(id: number): Promise<Alert | undefined> {
    return (await this.alerts.findOneBy({ id })) ?? undefined;
  }

  /** Open ones only. False: it was not. */
  async acknowledge(id: number, acknowledgedBy: string, acknowledgedAt: string): Promise<boolean> {
    const change = { state: 'acknowledged', acknowledgedBy, acknowledgedAt } as const;
    const { affected } = await this.alerts.update({ id, state: 'open' }, change);
    return affected === 1;
  }

  /** Of those that nobody acknowledged. */
  countOpen(level: Level): Promise<number> {
    return this.alerts.countBy({ state: 'open', level });
  }

  async removeBefore(instant: string): Promise<void> {
    await this.alerts.delete({ state: 'cleared', clearedAt: LessThan(instant) });
  }
}
