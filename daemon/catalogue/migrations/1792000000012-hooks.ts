import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Programs of the admin's that run before and after runs, tasks and restores. */
export class Hooks1792000000012 implements MigrationInterface {
  readonly name = 'Hooks1792000000012';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "hook" (
        "id" TEXT CONSTRAINT "pk_hook" PRIMARY KEY NOT NULL,
        "name" TEXT NOT NULL,
        "moment" TEXT NOT NULL,
        "subject" TEXT NOT NULL,
        "program" TEXT NOT NULL,
        "args" TEXT NOT NULL,
        "timeout_seconds" INTEGER NOT NULL,
        "is_enabled" BOOLEAN NOT NULL,
        "created_at" TEXT NOT NULL
      )`);
    await queryRunner.query(`CREATE UNIQUE INDEX "uq_hook_name" ON "hook" ("name")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "hook"`);
  }
}
