import { Injectable } from '@nestjs/common';
import { DataSource, type Repository } from 'typeorm';
import { columns, type Row } from '../catalogue/columns.js';
import { refusingTakenName } from '../catalogue/unique-violation.js';
import { User } from './user.entity.js';

const OTHER_ADMINS = `SELECT 1 FROM "user" "other"
  WHERE "other"."id" <> :id AND "other"."role" = 'admin' AND "other"."disabled_at" IS NULL`;
const UNLESS_LAST_ADMIN = `"id" = :id AND ("role" <> 'admin' OR EXISTS (${OTHER_ADMINS}))`;

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

  async setTotp(
    id: string,
    totp: Pick<User, 'totpSecret' | 'totpSince' | 'totpLastStep'>,
  ): Promise<void> {
    await this.users.update({ id }, totp);
  }

  /** False: a code of this time step or a later one was taken already. One statement for many at once. */
  async advanceTotp(id: string, step: number): Promise<boolean> {
    const { affected } = await this.users
      .createQueryBuilder()
      .update()
      .set({ totpLastStep: step })
      .where('"id" = :id AND ("totp_last_step" IS NULL OR "totp_last_step" < :step)', { id, step })
      .execute();
    return affected === 1;
  }

  /** False: it is the last enabled admin, or gone already. */
  async disableUnlessLastAdmin(id: string, disabledAt: string): Promise<boolean> {
    const { affected } = await this.users
      .createQueryBuilder()
      .update()
      .set({ disabledAt })
      .where(UNLESS_LAST_ADMIN, { id })
      .execute();
    return affected === 1;
  }

  async enable(id: string): Promise<void> {
    await this.users.update({ id }, { disabledAt: null });
  }

  /**
   * Removes a user with their sessions, links and tokens. False: it is the last enabled admin, or
   * gone already. One statement, so that two admins cannot remove each other at once.
   */
  async removeUnlessLastAdmin(id: string): Promise<boolean> {
    const { affected } = await this.users
      .createQueryBuilder()
      .delete()
      .where(UNLESS_LAST_ADMIN, { id })
      .execute();
    return affected === 1;
  }
}
