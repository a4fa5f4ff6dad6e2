import { Injectable } from '@nestjs/common';
import { DataSource, type Repository } from 'typeorm';
import { columns, type Row } from '../catalogue/columns.js';
import { refusingTakenName } from '../catalogue/unique-violation.js';
import { Hook } from './hook.entity.js';

/** The rows of hooks. */
@Injectable()
export class HooksStore {
  private readonly hooks: Repository<Hook>;

  constructor(dataSource: DataSource) {
    this.hooks = dataSource.getRepository(Hook);
  }

  /** A name that is taken is a `conflict`. */
  async insert(hook: Row<Hook>): Promise<void> {
    await refusingTakenName('hook', hook.name, () => this.hooks.insert(columns<Hook>(hook)));
  }

  /** In the order they were added, which is the order they run in. */
  list(): Promise<Hook[]> {
    return this.hooks.find({ order: { createdAt: 'ASC', name: 'ASC' } });
  }

  async findByName(name: string): Promise<Hook | undefined> {
    return (await this.hooks.findOneBy({ name })) ?? undefined;
  }

  async setEnabled(id: string, isEnabled: boolean): Promise<void> {
    await this.hooks.update({ id }, { isEnabled });
  }

  async remove(id: string): Promise<void> {
    await this.hooks.delete({ id });
  }
}
