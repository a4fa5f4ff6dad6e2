import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = {
  channel: `
    "id" TEXT CONSTRAINT "pk_channel" PRIMARY KEY NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "settings" TEXT NOT NULL,
    "sealed_secrets" TEXT,
    "level" TEXT NOT NULL,
    "events" TEXT,
    "digest_hour" INTEGER,
    "is_enabled" BOOLEAN NOT NULL,
    "created_at" TEXT NOT NULL`,
  notice: `
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "at" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "level" TEXT NOT NULL,
    "phase" TEXT NOT NULL,
    "facts" TEXT NOT NULL,
    "account_id" TEXT,
    CONSTRAINT "fk_notice_account" FOREIGN KEY ("account_id") REFERENCES "account" ("id")
      ON DELETE CASCADE`,
  delivery: `
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "notice_id" INTEGER NOT NULL,
    "channel_id" TEXT NOT NULL,
    "address" TEXT,
    "language" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "due_at" TEXT NOT NULL,
    "is_digest" BOOLEAN NOT NULL,
    "batch" TEXT,
    "attempts" INTEGER NOT NULL,
    "first_tried_at" TEXT,
    "error" TEXT,
    "created_at" TEXT NOT NULL,
    "finished_at" TEXT,
    CONSTRAINT "fk_delivery_notice" FOREIGN KEY ("notice_id") REFERENCES "notice" ("id")
      ON DELETE CASCADE,
    CONSTRAINT "fk_delivery_channel" FOREIGN KEY ("channel_id") REFERENCES "channel" ("id")
      ON DELETE CASCADE`,
  alert: `
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "level" TEXT NOT NULL,
    "facts" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "since" TEXT NOT NULL,
    "last_seen_at" TEXT NOT NULL,
    "acknowledged_at" TEXT,
    "acknowledged_by" TEXT,
    "cleared_at" TEXT`,
  account_contact: `
    "account_id" TEXT CONSTRAINT "pk_account_contact" PRIMARY KEY NOT NULL,
    "address" TEXT,
    "muted" TEXT NOT NULL,
    "language" TEXT,
    CONSTRAINT "fk_account_contact_account" FOREIGN KEY ("account_id") REFERENCES "account" ("id")
      ON DELETE CASCADE`,
  backup_streak: `
    "account_id" TEXT NOT NULL,
    "job_id" TEXT NOT NULL,
    "failures" INTEGER NOT NULL,
    "is_told" BOOLEAN NOT NULL,
    CONSTRAINT "fk_backup_streak_account" FOREIGN KEY ("account_id") REFERENCES "account" ("id")
      ON DELETE CASCADE,
    CONSTRAINT "fk_backup_streak_job" FOREIGN KEY ("job_id") REFERENCES "job" ("id")
      ON DELETE CASCADE,
    CONSTRAINT "pk_backup_streak" PRIMARY KEY ("account_id", "job_id")`,
  noticed_run: `
    "run_id" INTEGER CONSTRAINT "pk_noticed_run" PRIMARY KEY NOT NULL,
    CONSTRAINT "fk_noticed_run_run" FOREIGN KEY ("run_id") REFERENCES "run" ("id")
      ON DELETE CASCADE`,
};

const INDEXES = [
  `UNIQUE INDEX "uq_channel_name" ON "channel" ("name")`,
  `INDEX "ix_notice_at" ON "notice" ("at")`,
  `INDEX "ix_notice_kind" ON "notice" ("kind", "id")`,
  `INDEX "ix_delivery_state" ON "delivery" ("state", "due_at")`,
  `INDEX "ix_delivery_channel" ON "delivery" ("channel_id", "finished_at")`,
  `INDEX "ix_delivery_notice" ON "delivery" ("notice_id")`,
  `UNIQUE INDEX "uq_alert_open" ON "alert" ("kind", "key") WHERE state <> 'cleared'`,
  `INDEX "ix_alert_state" ON "alert" ("state", "id")`,
];

/** Channels, what is told by them, what is wrong and lasts, and how owners of accounts are told. */
export class Notices1792000000018 implements MigrationInterface {
  readonly name = 'Notices1792000000018';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const [table, columns] of Object.entries(TABLES)) {
      await queryRunner.query(`CREATE TABLE "${table}" (${columns})`);
    }
    for (const index of INDEXES) await queryRunner.query(`CREATE ${index}`);
    // Nobody is told of what ended before there was anybody to tell.
    await queryRunner.query(
      `INSERT INTO "noticed_run" SELECT "id" FROM "run" WHERE "finished_at" IS NOT NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of Object.keys(TABLES).toReversed()) {
      await queryRunner.query(`DROP TABLE "${table}"`);
    }
  }
}
