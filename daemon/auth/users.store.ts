import { Injectable } from '@nestjs/common';
import { DataSource, type Repository } from 'typeorm';
import { columns, type Row } from '../catalogue/columns.js';
import { refusingTakenName } from '../catalogue/unique-violation.js';
import { User } from './user.entity.js';

/** The rows of users. */
@Injectable()
export class UsersStore {
  private readonly users: Repository<User>;

  constructor(dataSource: DataSource) {
    this.users = dataSource.getRepository(User);
  }

  /** A name that is taken is a `conflict`. */
  async insert(user: Row<User>): Promise<void> {
    await refusingTakenName('user', user.name, () => this.users.insert(columns(user)));
  }

  /** By name. */
  list(): Promise<User[]> {
    return this.users.find({ order: { name: 'ASC' } });
  }

  async findById(id: string): Promise<User | undefined> {
    return (await this.users.findOneBy({ id })) ?? undefined;
  }

  async findByName(name: string): Promise<User | undefined> {
    return (await this.users.findOneBy({ name })) ?? undefined;
  }

  async setPasswordHash(id: string, passwordHash: string): Promise<void> {
    await this.users.update({ id }, { passwordHash });
  }

  /**
   * Removes a user with their sessions, links and tokens. False: it is the last enabled admin, or
   * gone already. One statement, so that two admins cannot remove each other at once.
   */
  async removeUnlessLastAdmin(id: string): Promise<boolean> {
    const others = `SELECT 1 FROM "user" "other"
      WHERE "other"."id" <> :id AND "other"."role" = 'admin' AND "other"."disabled_at" IS NULL`;
    const { affected } = await this.users
      .createQueryBuilder()
      .delete()
      .where(`"id" = :id AND ("role" <> 'admin' OR EXISTS (${others}))`, { id })
      .execute();
    return affected === 1;
  }
}
