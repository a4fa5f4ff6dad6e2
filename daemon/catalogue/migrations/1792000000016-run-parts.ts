import type { MigrationInterface, QueryRunner } from 'typeorm';

/** TypeORM reads the names of foreign keys out of the table's SQL in this form. */
const PART_OF = `
  ALTER TABLE "run" ADD COLUMN "part_of" INTEGER
  /* CONSTRAINT "fk_run_part_of" FOREIGN KEY ("part_of") REFERENCES "run" */
  CONSTRAINT "fk_run_part_of" REFERENCES "run" ("id") ON DELETE SET NULL`;

/** Restores of several snapshots that were asked for together, and are undone together. */
export class RunParts1792000000016 implements MigrationInterface {
  readonly name = 'RunParts1792000000016';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(PART_OF);
    await queryRunner.query(`CREATE INDEX "ix_run_part_of" ON "run" ("part_of")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "ix_run_part_of"`);
    await queryRunner.query(`ALTER TABLE "run" DROP COLUMN "part_of"`);
  }
}
