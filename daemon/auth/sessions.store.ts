import { Injectable } from '@nestjs/common';
import {
  DataSource,
  LessThanOrEqual,
  MoreThan,
  Not,
  type FindOptionsWhere,
  type Repository,
} from 'typeorm';
import { columns, type Row } from '../catalogue/columns.js';
import { Session } from './session.entity.js';

/** The rows of sessions. */
@Injectable()
export class SessionsStore {
  private readonly sessions: Repository<Session>;

  constructor(dataSource: DataSource) {
    this.sessions = dataSource.getRepository(Session);
  }

  async insert(session: Row<Session>): Promise<void> {
    await this.sessions.insert(columns(session));
  }

  async findById(id: string): Promise<Session | undefined> {
    return (await this.sessions.findOneBy({ id })) ?? undefined;
  }

  /** Those that have not ended, the last seen first. */
  listLive(whose: FindOptionsWhere<Session>, now: string, idleSince: string): Promise<Session[]> {
    return this.sessions.find({
      where: { ...whose, expiresAt: MoreThan(now), lastSeenAt: MoreThan(idleSince) },
      order: { lastSeenAt: 'DESC', id: 'ASC' },
    });
  }

  async confirm(id: string, confirmedAt: string): Promise<void> {
    await this.sessions.update({ id }, { confirmedAt });
  }

  /** With a new CSRF token: forms of before are not for whom the session now acts as. */
  async setViewing(id: string, viewingAccountId: string | null, csrfToken: string): Promise<void> {
    await this.sessions.update({ id }, { viewingAccountId, csrfToken });
  }

  async touch(id: string, lastSeenAt: string): Promise<void> {
    await this.sessions.update({ id }, { lastSeenAt });
  }

  async remove(id: string): Promise<void> {
    await this.sessions.delete({ id });
  }

  async removeOfUser(userId: string, exceptId?: string): Promise<void> {
    await this.sessions.delete({ userId, ...(exceptId !== undefined && { id: Not(exceptId) }) });
  }

  /** Those past their end, and those not seen since `idleSince`. */
  async removeExpired(now: string, idleSince: string): Promise<void> {
    await this.sessions.delete({ expiresAt: LessThanOrEqual(now) });
    await this.sessions.delete({ lastSeenAt: LessThanOrEqual(idleSince) });
  }
}
