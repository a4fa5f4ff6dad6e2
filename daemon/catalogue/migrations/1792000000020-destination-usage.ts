import type { MigrationInterface, QueryRunner } from 'typeorm';

/** So that lists of snapshots need not look at those that they do not show. */
const PARTIAL = [
  ['ix_snapshot_incomplete', `state = 'incomplete'`],
  ['ix_snapshot_damaged', 'is_damaged = 1'],
  ['ix_snapshot_locked', 'is_locked = 1'],
  ['ix_snapshot_missing', 'missing_at IS NOT NULL'],
  ['ix_snapshot_to_go', 'pending_deletion_at IS NOT NULL'],
] as const;

/** Snapshots found by job and state. */
export class DestinationUsage1792000000020 implements MigrationInterface {
  readonly name = 'DestinationUsage1792000000020';

  async up(queryRunner: QueryRunner): Promise<void> {
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
  }
}
