import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Resellers. */
export class Permissions1792000000017 implements MigrationInterface {
  readonly name = 'Permissions1792000000017';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "user" ADD COLUMN "owner" TEXT`);
    await queryRunner.query(`CREATE INDEX "ix_account_owner" ON "account" ("owner")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "ix_account_owner"`);
    await queryRunner.query(`ALTER TABLE "user" DROP COLUMN "owner"`);
  }
}
