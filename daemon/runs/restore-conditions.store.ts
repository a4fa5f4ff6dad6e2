import { Injectable } from '@nestjs/common';
import { DataSource, type Repository } from 'typeorm';
import { columns, type Row } from '../catalogue/columns.js';
import { refusingTakenName } from '../catalogue/unique-violation.js';
import { RestoreCondition } from './restore-condition.entity.js';

/** The rows of conditions. */
@Injectable()
export class RestoreConditionsStore {
  private readonly conditions: Repository<RestoreCondition>;

  constructor(dataSource: DataSource) {
    this.conditions = dataSource.getRepository(RestoreCondition);
  }

  /** A name that is taken is a `conflict`. */
  async insert(row: Row<RestoreCondition>): Promise<void> {
    const insert = () => this.conditions.insert(columns<RestoreCondition>(row));
    await refusingTakenName('condition', row.name, insert);
  }

  /** In the order they were added, which is the order they are shown in. */
  list(): Promise<RestoreCondition[]> {
    return this.conditions.find({ order: { createdAt: 'ASC', name: 'ASC' } });
  }

  async findByName(name: string): Promise<RestoreCondition | undefined> {
    return (await this.conditions.findOneBy({ name })) ?? undefined;
  }

  async remove(id: string): Promise<void> {
    await this.conditions.delete({ id });
  }
}
