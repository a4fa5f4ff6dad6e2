import { Injectable } from '@nestjs/common';
import { DataSource, type Repository } from 'typeorm';
import { columns, type Row } from '../catalogue/columns.js';
import { refusingTakenName } from '../catalogue/unique-violation.js';
import { ApiToken } from './api-token.entity.js';

/** The rows of API tokens. */
@Injectable()
export class ApiTokensStore {
  private readonly tokens: Repository<ApiToken>;

  constructor(dataSource: DataSource) {
    this.tokens = dataSource.getRepository(ApiToken);
  }

  /** A name that this user has given before is a `conflict`. */
  async insert(token: Row<ApiToken>): Promise<void> {
    await refusingTakenName('api-token', token.name, () => this.tokens.insert(columns(token)));
  }

  /** By age. */
  listOfUser(userId: string): Promise<ApiToken[]> {
    return this.tokens.find({ where: { userId }, order: { createdAt: 'ASC', id: 'ASC' } });
  }

  /** By age. */
  list(): Promise<ApiToken[]> {
    return this.tokens.find({ order: { createdAt: 'ASC', id: 'ASC' } });
  }

  async findById(id: string): Promise<ApiToken | undefined> {
    return (await this.tokens.findOneBy({ id })) ?? undefined;
  }

  async touch(id: string, lastUsedAt: string): Promise<void> {
    await this.tokens.update({ id }, { lastUsedAt });
  }

  /** False: this user had no token of this name. */
  async remove(userId: string, name: string): Promise<boolean> {
    const { affected } = await this.tokens.delete({ userId, name });
    return affected === 1;
  }
}
