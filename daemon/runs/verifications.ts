/** How long ago what is stored was read and checked last. */
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Account } from '../accounts/account.entity.js';
import { requireAdmin, type Actor } from '../auth/actor.js';

export interface VerificationAges {
  /** Whose last verification is the longest ago; undefined where nothing was verified. */
  oldest: { account: string; verifiedAt: string } | undefined;
  /** Active accounts that have a complete snapshot, none of which was ever verified. */
  never: number;
}

const LAST_VERIFIED = `(
  SELECT MAX("s"."verified_at") FROM "snapshot" "s" WHERE "s"."account_id" = "account"."id"
    AND "s"."verified_at" IS NOT NULL AND "s"."is_damaged" = 0 AND "s"."removed_at" IS NULL)`;
const HAS_COMPLETE = `EXISTS (
  SELECT 1 FROM "snapshot" "s" WHERE "s"."account_id" = "account"."id"
    AND "s"."state" = 'complete' AND "s"."is_safety" = 0 AND "s"."removed_at" IS NULL)`;

@Injectable()
export class Verifications {
  constructor(private readonly rows: DataSource) {}

  /** For admins. A verification that found damage does not count. */
  async ages(actor: Actor): Promise<VerificationAges> {
    requireAdmin(actor);
    const found = await this.rows
      .getRepository(Account)
      .createQueryBuilder('account')
      .select('account.name', 'account')
      .addSelect(LAST_VERIFIED, 'verifiedAt')
      .where({ state: 'active' })
      .andWhere(HAS_COMPLETE)
      .orderBy('"verifiedAt"', 'ASC')
      .addOrderBy('account.name', 'ASC')
      .getRawMany<{ account: string; verifiedAt: string | null }>();
    const verified = found.filter((row) => row.verifiedAt !== null);
    const [first] = verified;
    return {
      oldest: first && { account: first.account, verifiedAt: first.verifiedAt ?? '' },
      never: found.length - verified.length,
    };
  }
}
