import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateRuns1792000000004 implements MigrationInterface {
  readonly name = 'CreateRuns1792000000004';

  async up(queryRunner: QueryRunner): Promise<void> {
    await this.createRun(queryRunner);
    await this.createTask(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "task"`);
    await queryRunner.query(`DROP TABLE "run"`);
  }

  private async createRun(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "run" (
        "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
        "kind" TEXT NOT NULL,
        "job_id" TEXT,
        "state" TEXT NOT NULL,
        "trigger" TEXT NOT NULL,
        "request" TEXT NOT NULL,
        "requested_by" TEXT NOT NULL,
        "requested_uid" INTEGER,
        "account_id" TEXT,
        "created_at" TEXT NOT NULL,
        "started_at" TEXT,
        "finished_at" TEXT,
        "summary" TEXT,
        "error" TEXT,
        "retry_of" INTEGER,
        CONSTRAINT "fk_run_job" FOREIGN KEY ("job_id") REFERENCES "job" ("id")
          ON DELETE SET NULL,
        CONSTRAINT "fk_run_account" FOREIGN KEY ("account_id") REFERENCES "account" ("id")
          ON DELETE RESTRICT,
        CONSTRAINT "fk_run_retry_of" FOREIGN KEY ("retry_of") REFERENCES "run" ("id")
          ON DELETE SET NULL
      )`);
    await queryRunner.query(`CREATE INDEX "ix_run_retry_of" ON "run" ("retry_of")`);
    await queryRunner.query(`CREATE INDEX "ix_run_job" ON "run" ("job_id", "id")`);
    await queryRunner.query(`CREATE INDEX "ix_run_account" ON "run" ("account_id", "id")`);
    await queryRunner.query(`CREATE INDEX "ix_run_state" ON "run" ("state", "id")`);
  }

  private async createTask(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "task" (
        "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
        "run_id" INTEGER NOT NULL,
        "account_id" TEXT NOT NULL,
        "destination_id" TEXT NOT NULL,
        "snapshot_id" TEXT,
        "state" TEXT NOT NULL,
        "priority" INTEGER NOT NULL,
        "attempts" INTEGER NOT NULL,
        "phase" TEXT,
        "progress" TEXT,
        "result" TEXT,
        "error" TEXT,
        "created_at" TEXT NOT NULL,
        "started_at" TEXT,
        "finished_at" TEXT,
        "not_before" TEXT,
        CONSTRAINT "fk_task_run" FOREIGN KEY ("run_id") REFERENCES "run" ("id")
          ON DELETE CASCADE,
        CONSTRAINT "fk_task_account" FOREIGN KEY ("account_id") REFERENCES "account" ("id")
          ON DELETE RESTRICT,
        CONSTRAINT "fk_task_destination" FOREIGN KEY ("destination_id") REFERENCES "destination" ("id")
          ON DELETE RESTRICT
      )`);
    await queryRunner.query(`CREATE INDEX "ix_task_account" ON "task" ("account_id", "id")`);
    await queryRunner.query(`CREATE INDEX "ix_task_queue" ON "task" ("state", "priority", "id")`);
    await queryRunner.query(`CREATE INDEX "ix_task_run" ON "task" ("run_id", "id")`);
  }
}
