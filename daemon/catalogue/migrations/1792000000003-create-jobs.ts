import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateJobs1792000000003 implements MigrationInterface {
  readonly name = 'CreateJobs1792000000003';

  async up(queryRunner: QueryRunner): Promise<void> {
    await this.createDestination(queryRunner);
    await this.createJob(queryRunner);
    await this.createJobDestination(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "job_destination"`);
    await queryRunner.query(`DROP TABLE "job"`);
    await queryRunner.query(`DROP TABLE "destination"`);
  }

  private async createDestination(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "destination" (
        "id" TEXT CONSTRAINT "pk_destination" PRIMARY KEY NOT NULL,
        "name" TEXT NOT NULL,
        "kind" TEXT NOT NULL,
        "settings" TEXT NOT NULL,
        "sealed_secrets" TEXT,
        "disk_limit_percent" INTEGER,
        "is_enabled" BOOLEAN NOT NULL,
        "created_at" TEXT NOT NULL,
        "removed_at" TEXT,
        "last_probe" TEXT
      )`);
    await queryRunner.query(`
      CREATE UNIQUE INDEX "uq_destination_name"
      ON "destination" ("name") WHERE removed_at IS NULL`);
  }

  private async createJob(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "job" (
        "id" TEXT CONSTRAINT "pk_job" PRIMARY KEY NOT NULL,
        "name" TEXT NOT NULL,
        "accounts" TEXT NOT NULL,
        "structure" TEXT NOT NULL,
        "excludes" TEXT NOT NULL,
        "use_default_excludes" BOOLEAN NOT NULL,
        "retries" INTEGER NOT NULL,
        "is_enabled" BOOLEAN NOT NULL,
        "created_at" TEXT NOT NULL
      )`);
    await queryRunner.query(`CREATE UNIQUE INDEX "uq_job_name" ON "job" ("name")`);
  }

  private async createJobDestination(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "job_destination" (
        "job_id" TEXT NOT NULL,
        "destination_id" TEXT NOT NULL,
        CONSTRAINT "fk_job_destination_job" FOREIGN KEY ("job_id") REFERENCES "job" ("id")
          ON DELETE CASCADE,
        CONSTRAINT "fk_job_destination_destination" FOREIGN KEY ("destination_id") REFERENCES "destination" ("id")
          ON DELETE RESTRICT,
        CONSTRAINT "pk_job_destination" PRIMARY KEY ("job_id", "destination_id")
      )`);
    await queryRunner.query(`
      CREATE INDEX "ix_job_destination_destination"
      ON "job_destination" ("destination_id")`);
  }
}
