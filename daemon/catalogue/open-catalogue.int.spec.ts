import 'reflect-metadata';
import { readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { entities } from '../entities.js';
import { tempDir } from '../testing/temp-dir.js';
import { migrations } from './migrations/migrations.js';
import { openCatalogue } from './open-catalogue.js';

async function newFile(): Promise<string> {
  return join(await tempDir(), 'catalogue.sqlite');
}

/** Opens, lets `change` do something to the closed file's tables. */
async function makeCatalogue(file: string, change?: (db: BetterSqlite3.Database) => void) {
  await (await openCatalogue(file, entities)).destroy();
  if (!change) return;
  const database = new BetterSqlite3(file);
  change(database);
  database.close();
}

describe('openCatalogue', () => {
  it('makes a private file with every table', async () => {
    const file = await newFile();
    const dataSource = await openCatalogue(file, entities);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    for (const { tableName } of dataSource.entityMetadatas) {
      await expect(dataSource.query(`SELECT COUNT(*) AS n FROM "${tableName}"`)).resolves.toEqual([
        { n: 0 },
      ]);
    }
    await dataSource.destroy();
  });

  it('uses a write-ahead log and holds foreign keys', async () => {
    const dataSource = await openCatalogue(await newFile(), entities);
    const pragma = async (name: string): Promise<unknown> =>
      Object.values((await dataSource.query<[object]>(`PRAGMA ${name}`))[0])[0];
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('foreign_keys')).toBe(1);
    expect(await pragma('busy_timeout')).toBe(5000);
    expect(await pragma('synchronous')).toBe(1);
    await dataSource.destroy();
  });

  it('has tables that agree with the entities', async () => {
    const dataSource = await openCatalogue(await newFile(), entities);
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
    await dataSource.destroy();
  });

  it('takes every migration back', async () => {
    const dataSource = await openCatalogue(await newFile(), entities);
    for (let left = migrations.length; left > 0; left -= 1) await dataSource.undoLastMigration();
    const tables: unknown = await dataSource.query(
      `SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND name <> 'migration'`,
    );
    expect(tables).toEqual([]);
    await dataSource.destroy();
  });

  it('copies an existing file aside before it migrates it', async () => {
    const file = await newFile();
    const last = migrations.at(-1)?.name ?? '';
    const older = await openCatalogue(file, entities);
    await older.undoLastMigration();
    await older.destroy();
    const now = new BetterSqlite3(file);
    now.exec(`INSERT INTO "event" (at, actor, origin, action, subject_kind, subject_id, details)
        VALUES ('2026-01-01T00:00:00.000Z', 'root', 'cli', 'job.created', 'job', '1', '{}')`);
    now.close();
    const dataSource = await openCatalogue(file, entities);
    const newest = `SELECT name FROM "migration" ORDER BY timestamp DESC LIMIT 1`;
    expect(await dataSource.query(newest)).toEqual([{ name: last }]);
    await dataSource.destroy();

    const copy = `${file}.before-${last}`;
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
    const before = new BetterSqlite3(copy, { readonly: true });
    expect(before.prepare(`SELECT actor FROM "event"`).all()).toEqual([{ actor: 'root' }]);
    expect(before.prepare(newest).get()).toEqual({ name: migrations.at(-2)?.name });
    before.close();
  });

  it('copies nothing when there is nothing to migrate', async () => {
    const file = await newFile();
    await makeCatalogue(file);
    await makeCatalogue(file);
    expect(await readdir(join(file, '..'))).toEqual(['catalogue.sqlite']);
  });

  it('refuses a catalogue of a newer version and leaves it as it was', async () => {
    const file = await newFile();
    await makeCatalogue(file, (database) => {
      database.exec(`INSERT INTO "migration" (timestamp, name) VALUES (9999, 'FromTheFuture9999')`);
    });
    await expect(openCatalogue(file, entities)).rejects.toMatchObject({
      kind: 'conflict',
      code: 'catalogue.newer',
      message: expect.stringContaining('newer Holdfast') as unknown,
    });
    expect(await readdir(join(file, '..'))).toEqual(['catalogue.sqlite']);
  });

  const damages: [string, (file: string) => Promise<void>][] = [
    ['other text', (file) => writeFile(file, 'this is no database at all'.repeat(100))],
    [
      'another database',
      (file) => {
        const database = new BetterSqlite3(file);
        database.exec('CREATE TABLE other (id INTEGER)');
        database.close();
        return Promise.resolve();
      },
    ],
    [
      'a truncated catalogue',
      async (file) => {
        await makeCatalogue(file);
        await truncate(file, (await stat(file)).size / 2);
      },
    ],
  ];
  it.each(damages)('refuses %s and says what to do', async (_, damage) => {
    const file = await newFile();
    await damage(file);
    await expect(openCatalogue(file, entities)).rejects.toMatchObject({
      kind: 'integrity',
      code: 'catalogue.damaged',
      message: expect.stringMatching(/damaged.*put back your newest copy/) as unknown,
    });
  });
});
