import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Resellers, and what may be done by whom. */
export class Permissions1792000000017 implements MigrationInterface {
  readonly name = 'Permissions1792000000017';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "user" ADD COLUMN "owner" TEXT`);
    await queryRunner.query(`CREATE INDEX "ix_account_owner" ON "account" ("owner")`);
    await queryRunner.query(`
      CREATE TABLE "permission_setting" (
        "level" TEXT NOT NULL,
        "subject" TEXT NOT NULL,
        "permission" TEXT NOT NULL,
        "value" TEXT NOT NULL,
        "is_by_reseller" BOOLEAN NOT NULL,
        "set_by" TEXT NOT NULL,
        "set_at" TEXT NOT NULL,
        CONSTRAINT "pk_permission_setting" PRIMARY KEY ("level", "subject", "permission")
      )`);
    await queryRunner.query(
      `CREATE INDEX "ix_permission_setting_permission" ON "permission_setting" ("permission", "value")`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "permission_setting"`);
    await queryRunner.query(`DROP INDEX "ix_account_owner"`);
    await queryRunner.query(`ALTER TABLE "user" DROP COLUMN "owner"`);
  }
}
