import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The newest verification of each account, found without looking at its snapshots. */
export class Verifications1792000000021 implements MigrationInterface {
  readonly name = 'Verifications1792000000021';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE INDEX "ix_snapshot_verified" ON "snapshot" ("account_id", "verified_at")
      WHERE verified_at IS NOT NULL AND is_damaged = 0 AND removed_at IS NULL`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "ix_snapshot_verified"`);
  }
}
