import type { MigrationInterface, QueryRunner } from 'typeorm';

/** TypeORM reads the names of foreign keys out of the table's SQL in this form. */
const UNDO_OF = `
  ALTER TABLE "run" ADD COLUMN "undo_of" INTEGER
  /* CONSTRAINT "fk_run_undo_of" FOREIGN KEY ("undo_of") REFERENCES "run" */
  CONSTRAINT "fk_run_undo_of" REFERENCES "run" ("id") ON DELETE SET NULL`;

/** Snapshots of what a restore replaced, and runs that take another one back. */
export class SafetySnapshots1792000000013 implements MigrationInterface {
  readonly name = 'SafetySnapshots1792000000013';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE "snapshot" ADD COLUMN "is_safety" BOOLEAN NOT NULL DEFAULT (0)`,
    );
    await queryRunner.query(UNDO_OF);
    await queryRunner.query(`CREATE INDEX "ix_run_undo_of" ON "run" ("undo_of")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "ix_run_undo_of"`);
    await queryRunner.query(`ALTER TABLE "run" DROP COLUMN "undo_of"`);
    await queryRunner.query(`ALTER TABLE "snapshot" DROP COLUMN "is_safety"`);
  }
}
