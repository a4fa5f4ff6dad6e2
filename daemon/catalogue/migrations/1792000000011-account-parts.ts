import type { MigrationInterface, QueryRunner } from 'typeorm';

const ADDED = [
  '"is_suspended" BOOLEAN NOT NULL DEFAULT (0)',
  '"parts" TEXT',
  `"tags" TEXT NOT NULL DEFAULT ('[]')`,
];

/** What an account consists of besides its home, whether it is suspended, and what an admin calls it. */
export class AccountParts1792000000011 implements MigrationInterface {
  readonly name = 'AccountParts1792000000011';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const column of ADDED) {
      await queryRunner.query(`ALTER TABLE "account" ADD COLUMN ${column}`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const column of ADDED.toReversed()) {
      const [name = ''] = column.split(' ');
      await queryRunner.query(`ALTER TABLE "account" DROP COLUMN ${name}`);
    }
  }
}
