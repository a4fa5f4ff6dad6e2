import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAccounts1792000000001 implements MigrationInterface {
  readonly name = 'CreateAccounts1792000000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "account" (
        "id" TEXT CONSTRAINT "pk_account" PRIMARY KEY NOT NULL,
        "name" TEXT NOT NULL,
        "uid" INTEGER NOT NULL,
        "gid" INTEGER NOT NULL,
        "home" TEXT NOT NULL,
        "user" TEXT NOT NULL,
        "owner" TEXT,
        "package" TEXT,
        "email" TEXT,
        "source" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "first_seen_at" TEXT NOT NULL,
        "last_seen_at" TEXT NOT NULL,
        "excludes" TEXT NOT NULL
      )`);
    await queryRunner.query(`CREATE INDEX "ix_account_uid" ON "account" ("uid")`);
    await queryRunner.query(`
      CREATE UNIQUE INDEX "uq_account_name_uid"
      ON "account" ("name", "uid")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "account"`);
  }
}
