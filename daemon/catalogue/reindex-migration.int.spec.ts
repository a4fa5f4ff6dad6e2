import 'reflect-metadata';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { entities } from '../entities.js';
import { tempDir } from '../testing/temp-dir.js';
import { Reindex1792000000007 } from './migrations/1792000000007-reindex.js';
import { migrations } from './migrations/migrations.js';
import { openCatalogue } from './open-catalogue.js';

const AT = `'2026-01-01T00:00:00.000Z'`;

it('keeps tasks, the tasks of snapshots, and the next task’s number', async () => {
  const file = join(await tempDir(), 'catalogue.sqlite');
  const older = await openCatalogue(file, entities);
  const later = migrations.slice(migrations.indexOf(Reindex1792000000007));
  for (const _ of later) await older.undoLastMigration();
  await older.destroy();
  const before = new BetterSqlite3(file);
  before.pragma('foreign_keys = ON');
  before.exec(`
    INSERT INTO "account" (id, name, uid, gid, home, user, source, state, first_seen_at, last_seen_at, excludes)
      VALUES ('a1', 'alice', 1, 1, '/h', 'alice', 'linux', 'active', ${AT}, ${AT}, '[]');
    INSERT INTO "destination" (id, name, kind, settings, is_enabled, created_at)
      VALUES ('d1', 'disk', 'local', '{}', 1, ${AT});
    INSERT INTO "run" (kind, state, trigger, request, requested_by, created_at)
      VALUES ('backup', 'complete', 'manual', '{}', 'root', ${AT});
    INSERT INTO "task" (id, run_id, account_id, destination_id, state, priority, attempts, created_at)
      VALUES (41, 1, 'a1', 'd1', 'complete', 10, 1, ${AT});
    INSERT INTO "snapshot" (id, account_id, destination_id, task_id, key, state, structure, is_damaged,
        is_locked, is_hidden, started_at, entries, files, content_bytes, stored_bytes, problems, excluded)
      VALUES ('s1', 'a1', 'd1', 41, 'k', 'complete', 'archived', 0, 0, 0, ${AT}, 0, 0, 0, 0, 0, 0);`);
  before.close();

  const migrated = await openCatalogue(file, entities);
  const one = async (sql: string): Promise<unknown> => (await migrated.query<[object]>(sql))[0];
  expect(await one(`SELECT id, run_id, account_id, priority FROM "task"`)).toEqual({ id: 41, run_id: 1, account_id: 'a1', priority: 10 }); // prettier-ignore
  expect(await one(`SELECT task_id, missing_at FROM "snapshot"`)).toEqual({ task_id: 41, missing_at: null }); // prettier-ignore
  await migrated.query(`INSERT INTO "task" (run_id, account_id, destination_id, state, priority, attempts, created_at)
    VALUES (1, NULL, 'd1', 'queued', 5, 0, ${AT})`);
  expect(await one(`SELECT MAX(id) AS id FROM "task"`)).toEqual({ id: 42 });
  expect(await migrated.query(`PRAGMA foreign_key_check`)).toEqual([]);
  await migrated.destroy();
});
