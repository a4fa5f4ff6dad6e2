import type { MigrationInterface, QueryRunner } from 'typeorm';

const ADDED = [
  ['account', '"origin" TEXT'],
  ['account', '"assigned_to" TEXT'],
  ['destination', `"foreign_servers" TEXT NOT NULL DEFAULT ('[]')`],
  ['snapshot', '"missing_at" TEXT'],
  ['snapshot', '"remark" TEXT'],
] as const;

const TASK_INDEXES = [
  `CREATE INDEX "ix_task_account" ON "task" ("account_id", "id")`,
  `CREATE INDEX "ix_task_queue" ON "task" ("state", "priority", "id")`,
  `CREATE INDEX "ix_task_run" ON "task" ("run_id", "id")`,
];

/** Tasks about a destination and no account; accounts that only snapshots tell of; what a reindex
 * finds of servers and of missing files. */
export class Reindex1792000000007 implements MigrationInterface {
  readonly name = 'Reindex1792000000007';

  async up(queryRunner: QueryRunner): Promise<void> {
    await this.rebuildTask(queryRunner, '"account_id" TEXT');
    for (const [table, column] of ADDED) {
      await queryRunner.query(`ALTER TABLE "${table}" ADD COLUMN ${column}`);
    }
    await queryRunner.query(
      `CREATE INDEX "ix_snapshot_key" ON "snapshot" ("destination_id", "key")`,
    );
    await queryRunner.query(`CREATE UNIQUE INDEX "uq_account_origin" ON "account" ("origin")`);
    await queryRunner.query(`DROP INDEX "uq_account_name_uid"`);
    await queryRunner.query(`
      CREATE UNIQUE INDEX "uq_account_name_uid" ON "account" ("name", "uid")
      WHERE source <> 'snapshot'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "uq_account_name_uid"`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "uq_account_name_uid" ON "account" ("name", "uid")`,
    );
    await queryRunner.query(`DROP INDEX "uq_account_origin"`);
    await queryRunner.query(`DROP INDEX "ix_snapshot_key"`);
    for (const [table, column] of ADDED.toReversed()) {
      const [name = ''] = column.split(' ');
      await queryRunner.query(`ALTER TABLE "${table}" DROP COLUMN ${name}`);
    }
    await queryRunner.query(`DELETE FROM "task" WHERE "account_id" IS NULL`);
    await this.rebuildTask(queryRunner, '"account_id" TEXT NOT NULL');
  }

  /**
   * SQLite changes no column of a table that is there. Foreign keys stay on within a transaction, so
   * dropping the old table would clear `task_id` of every snapshot: it is kept aside meanwhile.
   */
  private async rebuildTask(queryRunner: QueryRunner, accountColumn: string): Promise<void> {
    const statements = [
      `CREATE TEMPORARY TABLE "snapshot_task" AS
       SELECT "id", "task_id" FROM "snapshot" WHERE "task_id" IS NOT NULL`,
      newTask(accountColumn),
      `INSERT INTO "new_task" SELECT * FROM "task"`,
      `DROP TABLE "task"`,
      `ALTER TABLE "new_task" RENAME TO "task"`,
      ...TASK_INDEXES,
      `UPDATE "snapshot" SET "task_id" =
         (SELECT "task_id" FROM "snapshot_task" WHERE "snapshot_task"."id" = "snapshot"."id")
       WHERE "id" IN (SELECT "id" FROM "snapshot_task")`,
      `DROP TABLE "snapshot_task"`,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }
}

function newTask(accountColumn: string): string {
  return `
      CREATE TABLE "new_task" (
        "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
        "run_id" INTEGER NOT NULL,
        ${accountColumn},
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
      )`;
}
