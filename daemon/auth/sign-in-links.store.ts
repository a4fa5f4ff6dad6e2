import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, LessThanOrEqual, MoreThan, type Repository } from 'typeorm';
import { columns, type Row } from '../catalogue/columns.js';
import { SignInLink } from './sign-in-link.entity.js';

/** The rows of sign-in links. */
@Injectable()
export class SignInLinksStore {
  private readonly links: Repository<SignInLink>;

  constructor(dataSource: DataSource) {
    this.links = dataSource.getRepository(SignInLink);
  }

  async insert(link: Row<SignInLink>): Promise<void> {
    await this.links.insert(columns(link));
  }

  /** The link, if this call is the one that used it: of many at once, one gets it. */
  async redeem(id: string, now: string): Promise<SignInLink | undefined> {
    const valid = { id, usedAt: IsNull(), expiresAt: MoreThan(now) };
    const { affected } = await this.links.update(valid, { usedAt: now });
    if (affected !== 1) return undefined;
    return (await this.links.findOneBy({ id })) ?? undefined;
  }

  async removeExpired(now: string): Promise<void> {
    await this.links.delete({ expiresAt: LessThanOrEqual(now) });
  }
}
