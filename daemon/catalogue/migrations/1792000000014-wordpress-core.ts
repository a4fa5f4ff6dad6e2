import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Jobs that leave out core files of WordPress which match the checksums of their release. */
export class WordpressCore1792000000014 implements MigrationInterface {
  readonly name = 'WordpressCore1792000000014';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE "job" ADD COLUMN "skip_wordpress_core" BOOLEAN NOT NULL DEFAULT (0)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "job" DROP COLUMN "skip_wordpress_core"`);
  }
}
