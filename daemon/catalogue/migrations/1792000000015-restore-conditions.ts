import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Texts of the admin's that whoever restores or downloads has to accept. */
export class RestoreConditions1792000000015 implements MigrationInterface {
  readonly name = 'RestoreConditions1792000000015';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "restore_condition" (
        "id" TEXT CONSTRAINT "pk_restore_condition" PRIMARY KEY NOT NULL,
        "name" TEXT NOT NULL,
        "text" TEXT NOT NULL,
        "use" TEXT NOT NULL,
        "audience" TEXT NOT NULL,
        "created_at" TEXT NOT NULL
      )`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_restore_condition_name" ON "restore_condition" ("name")`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "restore_condition"`);
  }
}
