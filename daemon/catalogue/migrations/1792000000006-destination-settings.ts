import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMNS = [
  '"owner" TEXT',
  '"threads" INTEGER',
  '"bandwidth_kib" INTEGER',
  '"is_read_only" BOOLEAN NOT NULL DEFAULT (0)',
  '"is_visible" BOOLEAN NOT NULL DEFAULT (1)',
  `"notes" TEXT NOT NULL DEFAULT ('')`,
  '"last_validation" TEXT',
];

/** What an admin sets of every kind of destination, and what the last validation found. */
export class DestinationSettings1792000000006 implements MigrationInterface {
  readonly name = 'DestinationSettings1792000000006';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const column of COLUMNS) {
      await queryRunner.query(`ALTER TABLE "destination" ADD COLUMN ${column}`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const column of COLUMNS.toReversed()) {
      const [name = ''] = column.split(' ');
      await queryRunner.query(`ALTER TABLE "destination" DROP COLUMN ${name}`);
    }
  }
}
