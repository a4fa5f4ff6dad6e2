import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAuth1792000000002 implements MigrationInterface {
  readonly name = 'CreateAuth1792000000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await this.createUser(queryRunner);
    await this.createSession(queryRunner);
    await this.createSignInLink(queryRunner);
    await this.createApiToken(queryRunner);
    await this.createEvent(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "event"`);
    await queryRunner.query(`DROP TABLE "api_token"`);
    await queryRunner.query(`DROP TABLE "sign_in_link"`);
    await queryRunner.query(`DROP TABLE "session"`);
    await queryRunner.query(`DROP TABLE "user"`);
  }

  private async createUser(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "user" (
        "id" TEXT CONSTRAINT "pk_user" PRIMARY KEY NOT NULL,
        "name" TEXT NOT NULL,
        "role" TEXT NOT NULL,
        "account_id" TEXT,
        "password_hash" TEXT,
        "created_at" TEXT NOT NULL,
        "disabled_at" TEXT,
        CONSTRAINT "fk_user_account" FOREIGN KEY ("account_id") REFERENCES "account" ("id")
          ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE UNIQUE INDEX "uq_user_name" ON "user" ("name")`);
  }

  private async createSession(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "session" (
        "id" TEXT CONSTRAINT "pk_session" PRIMARY KEY NOT NULL,
        "user_id" TEXT,
        "account_id" TEXT,
        "role" TEXT NOT NULL,
        "csrf_token" TEXT NOT NULL,
        "created_at" TEXT NOT NULL,
        "expires_at" TEXT NOT NULL,
        "last_seen_at" TEXT NOT NULL,
        "address" TEXT NOT NULL,
        "user_agent" TEXT NOT NULL,
        CONSTRAINT "fk_session_user" FOREIGN KEY ("user_id") REFERENCES "user" ("id")
          ON DELETE CASCADE,
        CONSTRAINT "fk_session_account" FOREIGN KEY ("account_id") REFERENCES "account" ("id")
          ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX "ix_session_expires" ON "session" ("expires_at")`);
    await queryRunner.query(`CREATE INDEX "ix_session_account" ON "session" ("account_id")`);
    await queryRunner.query(`CREATE INDEX "ix_session_user" ON "session" ("user_id")`);
  }

  private async createSignInLink(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "sign_in_link" (
        "id" TEXT CONSTRAINT "pk_sign_in_link" PRIMARY KEY NOT NULL,
        "user_id" TEXT,
        "account_id" TEXT,
        "role" TEXT NOT NULL,
        "created_at" TEXT NOT NULL,
        "expires_at" TEXT NOT NULL,
        "used_at" TEXT,
        CONSTRAINT "fk_sign_in_link_user" FOREIGN KEY ("user_id") REFERENCES "user" ("id")
          ON DELETE CASCADE,
        CONSTRAINT "fk_sign_in_link_account" FOREIGN KEY ("account_id") REFERENCES "account" ("id")
          ON DELETE CASCADE
      )`);
    await queryRunner.query(`
      CREATE INDEX "ix_sign_in_link_expires"
      ON "sign_in_link" ("expires_at")`);
    await queryRunner.query(`
      CREATE INDEX "ix_sign_in_link_account"
      ON "sign_in_link" ("account_id")`);
    await queryRunner.query(`CREATE INDEX "ix_sign_in_link_user" ON "sign_in_link" ("user_id")`);
  }

  private async createApiToken(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "api_token" (
        "id" TEXT CONSTRAINT "pk_api_token" PRIMARY KEY NOT NULL,
        "name" TEXT NOT NULL,
        "user_id" TEXT NOT NULL,
        "created_at" TEXT NOT NULL,
        "expires_at" TEXT,
        "last_used_at" TEXT,
        CONSTRAINT "fk_api_token_user" FOREIGN KEY ("user_id") REFERENCES "user" ("id")
          ON DELETE CASCADE
      )`);
    await queryRunner.query(`
      CREATE UNIQUE INDEX "uq_api_token_user_name"
      ON "api_token" ("user_id", "name")`);
  }

  private async createEvent(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "event" (
        "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
        "at" TEXT NOT NULL,
        "actor" TEXT NOT NULL,
        "actor_uid" INTEGER,
        "origin" TEXT NOT NULL,
        "address" TEXT,
        "action" TEXT NOT NULL,
        "subject_kind" TEXT NOT NULL,
        "subject_id" TEXT NOT NULL,
        "account_id" TEXT,
        "details" TEXT NOT NULL
      )`);
    await queryRunner.query(`CREATE INDEX "ix_event_account" ON "event" ("account_id", "id")`);
    await queryRunner.query(`CREATE INDEX "ix_event_at" ON "event" ("at")`);
  }
}
