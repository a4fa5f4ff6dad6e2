import type { MigrationInterface, QueryRunner } from 'typeorm';

const ADDED = [
  ['account', '"created_at" TEXT'],
  ['account', '"is_assumed" BOOLEAN NOT NULL DEFAULT (0)'],
  ['snapshot', `"note" TEXT NOT NULL DEFAULT ('')`],
  ['snapshot', `"labels" TEXT NOT NULL DEFAULT ('[]')`],
] as const;

const INDEXES = [
  ['ix_event_subject', `"event" ("subject_kind", "subject_id", "id")`],
  [
    'ix_snapshot_holdings',
    `"snapshot" ("destination_id", "state", "stored_bytes") WHERE removed_at IS NULL`,
  ],
  ['ix_snapshot_labelled', `"snapshot" ("started_at", "id") WHERE labels <> '[]'`],
] as const;

/** When an account was made, and whether a reindex or an admin gave it an orphan's snapshots; what
 * people say of a snapshot; indexes for what pages ask of many rows. */
export class NotesAndAges1792000000010 implements MigrationInterface {
  readonly name = 'NotesAndAges1792000000010';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const [table, column] of ADDED) {
      await queryRunner.query(`ALTER TABLE "${table}" ADD COLUMN ${column}`);
    }
    for (const [name, on] of INDEXES) {
      await queryRunner.query(`CREATE INDEX "${name}" ON ${on}`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const [name] of INDEXES) await queryRunner.query(`DROP INDEX "${name}"`);
    for (const [table, column] of ADDED.toReversed()) {
      const [name = ''] = column.split(' ');
      await queryRunner.query(`ALTER TABLE "${table}" DROP COLUMN ${name}`);
    }
  }
}
