import type { MigrationInterface, QueryRunner } from 'typeorm';

const ADDED = [
  ['user', '"totp_secret" TEXT'],
  ['user', '"totp_since" TEXT'],
  ['user', '"totp_last_step" INTEGER'],
  ['session', '"confirmed_at" TEXT'],
  ['session', '"viewing_account_id" TEXT'],
  ['api_token', '"is_read_only" BOOLEAN NOT NULL DEFAULT (0)'],
] as const;

/** Codes of an app beside a password, sessions that act as an account, tokens that only read. */
export class SignIn1792000000019 implements MigrationInterface {
  readonly name = 'SignIn1792000000019';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const [table, column] of ADDED) {
      await queryRunner.query(`ALTER TABLE "${table}" ADD COLUMN ${column}`);
    }
    await queryRunner.query(`
      CREATE TABLE "recovery_code" (
        "id" TEXT CONSTRAINT "pk_recovery_code" PRIMARY KEY NOT NULL,
        "user_id" TEXT NOT NULL,
        CONSTRAINT "fk_recovery_code_user" FOREIGN KEY ("user_id") REFERENCES "user" ("id")
          ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX "ix_recovery_code_user" ON "recovery_code" ("user_id")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "recovery_code"`);
    for (const [table, column] of [...ADDED].reverse()) {
      const name = column.split(' ')[0] ?? '';
      await queryRunner.query(`ALTER TABLE "${table}" DROP COLUMN ${name}`);
    }
  }
}
