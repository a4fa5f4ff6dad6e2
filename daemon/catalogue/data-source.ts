/**
 * The connection to the catalogue: one SQLite file, everything the daemon knows besides what lies
 * at destinations. Lies below the folders that own the entities, so it is handed their list.
 * Neighbours: open-catalogue.ts opens it safely, migrations/ makes its tables, atomically.ts runs
 * transactions. Never synchronizes a schema from entities and never queries a table of its own.
 */
import type BetterSqlite3 from 'better-sqlite3';
import { DataSource, type EntitySchema, type MixedList } from 'typeorm';
import { migrations } from './migrations/migrations.js';

export type Entities = Extract<MixedList<NewableFunction | EntitySchema>, unknown[]>;

export const MIGRATIONS_TABLE = 'migration';

/** A data source for the file, not yet opened. */
export function catalogueDataSource(file: string, entities: Entities): DataSource {
  return new DataSource({
    type: 'better-sqlite3',
    database: file,
    entities,
    migrations,
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    enableWAL: true,
    prepareDatabase: setPragmas,
  });
}

/**
 * TypeORM itself adds `foreign_keys = ON`. `synchronous = NORMAL`: in WAL mode a power cut may lose
 * the last moments but never corrupts, and no commit waits for a disk that backups keep busy — the
 * driver is synchronous, so each such wait would stop the whole daemon. What can be lost is told
 * by the destinations (snapshots) or by the scrub at boot (runs).
 */
function setPragmas(database: BetterSqlite3.Database): void {
  database.pragma('busy_timeout = 5000');
  database.pragma('synchronous = NORMAL');
}
