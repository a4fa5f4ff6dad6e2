import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateSnapshots1792000000005 implements MigrationInterface {
  readonly name = 'CreateSnapshots1792000000005';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "snapshot" (
        "id" TEXT CONSTRAINT "pk_snapshot" PRIMARY KEY NOT NULL,
        "account_id" TEXT NOT NULL,
        "destination_id" TEXT NOT NULL,
        "job_id" TEXT,
        "task_id" INTEGER,
        "key" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "structure" TEXT NOT NULL,
        "is_damaged" BOOLEAN NOT NULL,
        "is_locked" BOOLEAN NOT NULL,
        "is_hidden" BOOLEAN NOT NULL,
        "started_at" TEXT NOT NULL,
        "finished_at" TEXT,
        "entries" INTEGER NOT NULL,
        "files" INTEGER NOT NULL,
        "content_bytes" INTEGER NOT NULL,
        "stored_bytes" INTEGER NOT NULL,
        "problems" INTEGER NOT NULL,
        "excluded" INTEGER NOT NULL,
        "summary" TEXT,
        "verified_at" TEXT,
        "removed_at" TEXT,
        CONSTRAINT "fk_snapshot_account" FOREIGN KEY ("account_id") REFERENCES "account" ("id")
          ON DELETE RESTRICT,
        CONSTRAINT "fk_snapshot_destination" FOREIGN KEY ("destination_id") REFERENCES "destination" ("id")
          ON DELETE RESTRICT,
        CONSTRAINT "fk_snapshot_job" FOREIGN KEY ("job_id") REFERENCES "job" ("id")
          ON DELETE SET NULL,
        CONSTRAINT "fk_snapshot_task" FOREIGN KEY ("task_id") REFERENCES "task" ("id")
          ON DELETE SET NULL
      )`);
    await queryRunner.query(`
      CREATE INDEX "ix_snapshot_failed"
      ON "snapshot" ("account_id", "started_at") WHERE state = 'failed'`);
    await queryRunner.query(`CREATE INDEX "ix_snapshot_task" ON "snapshot" ("task_id")`);
    await queryRunner.query(`CREATE INDEX "ix_snapshot_job" ON "snapshot" ("job_id")`);
    await queryRunner.query(`
      CREATE INDEX "ix_snapshot_started"
      ON "snapshot" ("started_at", "id")`);
    await queryRunner.query(`
      CREATE INDEX "ix_snapshot_destination"
      ON "snapshot" ("destination_id", "started_at", "id")`);
    await queryRunner.query(`
      CREATE INDEX "ix_snapshot_account"
      ON "snapshot" ("account_id", "started_at", "id")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "snapshot"`);
  }
}
