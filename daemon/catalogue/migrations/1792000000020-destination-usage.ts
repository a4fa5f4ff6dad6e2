import type { MigrationInterface, QueryRunner } from 'typeorm';

/** So that lists of snapshots need not look at those that they do not show. */
const PARTIAL = [
  ['ix_snapshot_incomplete', `state = 'incomplete'`],
  ['ix_snapshot_damaged', 'is_damaged = 1'],
  ['ix_snapshot_locked', 'is_locked = 1'],
  ['ix_snapshot_missing', 'missing_at IS NOT NULL'],
  ['ix_snapshot_to_go', 'pending_deletion_at IS NOT NULL'],
] as const;

/** How full destinations are day by day; snapshots found by job and state. */
export class DestinationUsage1792000000020 implements MigrationInterface {
  readonly name = 'DestinationUsage1792000000020';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "destination_usage" (
        "destination_id" TEXT NOT NULL,
        "day" TEXT NOT NULL,
        "stored_bytes" INTEGER NOT NULL,
        "snapshots" INTEGER NOT NULL,
        "free_bytes" INTEGER,
        CONSTRAINT "fk_destination_usage_destination" FOREIGN KEY ("destination_id") REFERENCES "destination" ("id")
          ON DELETE CASCADE,
        CONSTRAINT "pk_destination_usage" PRIMARY KEY ("destination_id", "day")
      )`);
    await queryRunner.query(
      `CREATE INDEX "ix_destination_usage_day" ON "destination_usage" ("day")`,
    );
    await queryRunner.query(`DROP INDEX "ix_snapshot_job"`);
    await queryRunner.query(
      `CREATE INDEX "ix_snapshot_job" ON "snapshot" ("job_id", "started_at", "id")`,
    );
    for (const [name, where] of PARTIAL) {
      await queryRunner.query(
        `CREATE INDEX "${name}" ON "snapshot" ("started_at", "id") WHERE ${where}`,
      );
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const [name] of PARTIAL) await queryRunner.query(`DROP INDEX "${name}"`);
    await queryRunner.query(`DROP INDEX "ix_snapshot_job"`);
    await queryRunner.query(`CREATE INDEX "ix_snapshot_job" ON "snapshot" ("job_id")`);
    await queryRunner.query(`DROP TABLE "destination_usage"`);
  }
}
