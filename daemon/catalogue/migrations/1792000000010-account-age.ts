import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMNS = ['"created_at" TEXT', '"is_assumed" BOOLEAN NOT NULL DEFAULT (0)'];

/** When an account was made, and whether a reindex or an admin gave it an orphan's snapshots. */
export class AccountAge1792000000010 implements MigrationInterface {
  readonly name = 'AccountAge1792000000010';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const column of COLUMNS) {
      await queryRunner.query(`ALTER TABLE "account" ADD COLUMN ${column}`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const column of COLUMNS.toReversed()) {
      const [name = ''] = column.split(' ');
      await queryRunner.query(`ALTER TABLE "account" DROP COLUMN ${name}`);
    }
  }
}
