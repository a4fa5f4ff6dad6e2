import type { MigrationInterface, QueryRunner } from 'typeorm';

const REFERRING = ['run', 'snapshot'] as const;

/** Schedules of jobs; runs and snapshots know which schedule made them. */
export class Schedules1792000000008 implements MigrationInterface {
  readonly name = 'Schedules1792000000008';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "schedule" (
        "id" TEXT CONSTRAINT "pk_schedule" PRIMARY KEY NOT NULL,
        "job_id" TEXT NOT NULL,
        "kind" TEXT NOT NULL,
        "settings" TEXT NOT NULL,
        "retention" TEXT NOT NULL,
        "is_enabled" BOOLEAN NOT NULL,
        "created_at" TEXT NOT NULL,
        "last_due_at" TEXT,
        CONSTRAINT "fk_schedule_job" FOREIGN KEY ("job_id") REFERENCES "job" ("id")
          ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX "ix_schedule_job" ON "schedule" ("job_id")`);
    for (const table of REFERRING) {
      await queryRunner.query(addScheduleId(table));
      await queryRunner.query(
        `CREATE INDEX "ix_${table}_schedule" ON "${table}" ("schedule_id", "id")`,
      );
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of REFERRING.toReversed()) {
      await queryRunner.query(`DROP INDEX "ix_${table}_schedule"`);
      await queryRunner.query(`ALTER TABLE "${table}" DROP COLUMN "schedule_id"`);
    }
    await queryRunner.query(`DROP TABLE "schedule"`);
  }
}

/**
 * SQLite adds a column with its foreign key to a table that is there, which rebuilding the table
 * would not do as safely: dropping the old one would cascade to what refers to it. TypeORM reads the
 * names of foreign keys out of the table's SQL in the form of the remark, which SQLite keeps.
 */
function addScheduleId(table: string): string {
  const name = `"fk_${table}_schedule"`;
  const asTypeOrmReadsIt = `/* CONSTRAINT ${name} FOREIGN KEY ("schedule_id") REFERENCES "schedule" */`;
  return `
    ALTER TABLE "${table}" ADD COLUMN "schedule_id" TEXT ${asTypeOrmReadsIt}
    CONSTRAINT ${name} REFERENCES "schedule" ("id") ON DELETE SET NULL`;
}
