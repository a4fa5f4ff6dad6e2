import type { MigrationInterface, QueryRunner } from 'typeorm';

const ADDED = [
  ['snapshot', '"pending_deletion_at" TEXT'],
  ['snapshot', '"pending_rule" TEXT'],
  ['snapshot', '"pending_since_ms" INTEGER'],
  ['snapshot', '"locked_by" TEXT'],
  ['destination', '"prune_started_at" TEXT'],
  ['destination', '"last_pruned_at" TEXT'],
  ['destination', '"prune_alarm_at" TEXT'],
] as const;

/** What is to go, since when it waits, and what lies at destinations without use. */
export class Retention1792000000009 implements MigrationInterface {
  readonly name = 'Retention1792000000009';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const [table, column] of ADDED) {
      await queryRunner.query(`ALTER TABLE "${table}" ADD COLUMN ${column}`);
    }
    // Until now only an admin could have done it.
    await queryRunner.query(`UPDATE "snapshot" SET "locked_by" = 'admin' WHERE "is_locked" = 1`);
    await queryRunner.query(`
      CREATE INDEX "ix_snapshot_pending"
      ON "snapshot" ("destination_id", "account_id")
      WHERE pending_deletion_at IS NOT NULL AND removed_at IS NULL`);
    await queryRunner.query(`
      CREATE TABLE "steady_time" (
        "id" INTEGER CONSTRAINT "pk_steady_time" PRIMARY KEY NOT NULL,
        "boot_id" TEXT NOT NULL,
        "uptime_ms" INTEGER NOT NULL,
        "elapsed_ms" INTEGER NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE "garbage" (
        "destination_id" TEXT NOT NULL,
        "key" TEXT NOT NULL,
        "account_id" TEXT NOT NULL,
        "size_bytes" INTEGER NOT NULL,
        "modified_at" TEXT NOT NULL,
        "first_seen_at" TEXT NOT NULL,
        "first_seen_ms" INTEGER NOT NULL,
        "first_run_id" INTEGER NOT NULL,
        "last_run_id" INTEGER NOT NULL,
        CONSTRAINT "fk_garbage_destination" FOREIGN KEY ("destination_id") REFERENCES "destination" ("id")
          ON DELETE CASCADE,
        CONSTRAINT "fk_garbage_account" FOREIGN KEY ("account_id") REFERENCES "account" ("id")
          ON DELETE CASCADE,
        CONSTRAINT "pk_garbage" PRIMARY KEY ("destination_id", "key")
      )`);
    await queryRunner.query(`CREATE INDEX "ix_garbage_account" ON "garbage" ("account_id")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "garbage"`);
    await queryRunner.query(`DROP TABLE "steady_time"`);
    await queryRunner.query(`DROP INDEX "ix_snapshot_pending"`);
    for (const [table, column] of ADDED.toReversed()) {
      const [name = ''] = column.split(' ');
      await queryRunner.query(`ALTER TABLE "${table}" DROP COLUMN ${name}`);
    }
  }
}
