import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Destination } from '../../../destinations/destination.js';
import { EngineHarness } from '../../testing/engine-harness.js';
import {
  MARIADB_TOOLS,
  startMariadb,
  type MariadbTestServer,
} from '../../testing/servers/mariadb-server.js';
import { makeTempDir, removeTempDir } from '../../testing/temp-dir.js';
import { needsTool } from '../../testing/tools.js';
import { run } from '../../platform/processes.js';
import { restoreNotes } from '../capture/restore-notes.js';
import { connectMariadb } from './mariadb-server.js';
import { downloadSnapshot } from '../download/download-snapshot.js';
import type { BackupRequest, SnapshotSummary } from '../types.js';

const AWKWARD = `
CREATE DATABASE alice_shop CHARACTER SET utf8mb4;
USE alice_shop;
CREATE TABLE posts (id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(200), body LONGTEXT, image LONGBLOB,
  loud VARCHAR(300) GENERATED ALWAYS AS (CONCAT(title, '!')) STORED, at TIMESTAMP NULL, n BIT(9), d DOUBLE);
INSERT INTO posts (title, body, image, at, n, d) VALUES
  ('a\\nb''c\\\\', '(x),(y); -- no', x'00ff27285c', '2026-01-02 03:04:05', b'101', 1.5e300),
  ('ü 😀 \\0', NULL, '', NULL, NULL, -0.1);
CREATE TABLE \`odd/na.me \`\`q%\` (x INT) COMMENT 'c\\nd';
INSERT INTO \`odd/na.me \`\`q%\` VALUES (1), (2), (3);
CREATE TABLE empty (x INT);
CREATE TABLE parent (id INT PRIMARY KEY);
CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id));
INSERT INTO parent VALUES (1); INSERT INTO child VALUES (7, 1);
CREATE SEQUENCE numbers START WITH 5;
SELECT NEXTVAL(numbers);
CREATE VIEW titles AS SELECT id, title FROM posts;
CREATE VIEW a_loud AS SELECT UPPER(title) AS t FROM titles;
DELIMITER ;;
CREATE TRIGGER shout BEFORE INSERT ON posts FOR EACH ROW BEGIN SET NEW.title = UPPER(NEW.title); END ;;
CREATE PROCEDURE speak() BEGIN SELECT '//'; SELECT ';;'; END ;;
CREATE FUNCTION two() RETURNS INT DETERMINISTIC RETURN 2 ;;
DELIMITER ;
CREATE EVENT daily ON SCHEDULE EVERY 1 DAY DO DELETE FROM empty;
CREATE DATABASE alice_empty;
CREATE USER alice_app@localhost IDENTIFIED BY 'se''cret', 'alice_app'@'10.%' IDENTIFIED BY 'other', bob_app@localhost, alice_boss@localhost;
GRANT ALL ON *.* TO alice_boss@localhost;
GRANT SELECT, INSERT ON alice_shop.* TO alice_app@localhost;
CREATE DATABASE bob_shop;
CREATE TABLE bob_shop.secret (x INT);
`;

const OWN = { names: [], prefix: { own: 'alice_', longer: [] } };
const OF_ALICE = { ownership: OWN, users: OWN };

describe.skipIf(!needsTool(...MARIADB_TOOLS))('databases of an account', () => {
  let mariadb: MariadbTestServer;
  let directory: string;
  let harness: EngineHarness;
  const request = (given: Partial<BackupRequest> = {}): Partial<BackupRequest> => ({
    databases: { mariadb: mariadb.server, ...OF_ALICE },
    ...given,
  });

  beforeAll(async () => {
    mariadb = await startMariadb();
    await mariadb.sql(AWKWARD);
  }, 60_000);
  afterAll(() => mariadb.close());

  beforeEach(async () => {
    directory = await makeTempDir();
    onTestFinished(() => removeTempDir(directory));
    await mkdir(join(directory, 'home'));
    harness = await EngineHarness.make(directory, { home: join(directory, 'home') });
  });

  it("are parts of their own, and nobody else's", async () => {
    const summary = await harness.backup(request());
    expect(summary).toMatchObject({ state: 'complete', leftOut: [] });
    expect(summary.items.map(({ name }) => name).sort()).toEqual([
      'config',
      'database-user:alice_app',
      'database:alice_empty',
      'database:alice_shop',
      'files',
    ]);
    expect((await pathsOf(summary.id)).filter((path) => path.startsWith('databases/'))).toEqual([
      'databases/mariadb',
      'databases/mariadb/alice_empty',
      'databases/mariadb/alice_shop',
      'databases/mariadb/alice_empty/database.json',
      'databases/mariadb/alice_empty/tables',
      ...['database.json', 'events', 'functions', 'procedures', 'sequences', 'tables', 'triggers', 'views']
        .map((name) => `databases/mariadb/alice_shop/${name}`),
      'databases/mariadb/alice_shop/events/daily.sql',
      'databases/mariadb/alice_shop/functions/two.sql',
      'databases/mariadb/alice_shop/procedures/speak.sql',
      'databases/mariadb/alice_shop/sequences/numbers.sql',
      ...['child', 'empty', 'odd%2fna%2eme%20%60q%25', 'parent', 'posts']
        .map((name) => `databases/mariadb/alice_shop/tables/${name}.sql`),
      'databases/mariadb/alice_shop/triggers/shout.sql',
      'databases/mariadb/alice_shop/views/a_loud.sql',
      'databases/mariadb/alice_shop/views/titles.sql',
    ]); // prettier-ignore
    expect(await harness.verify(summary.id)).toMatchObject({ state: 'complete' });
  });

  it.each(['archived', 'incremental'] as const)(
    'come back from a download (%s)',
    async (structure) => {
      const { id } = await harness.backup(request({ structure }));
      const outputPath = join(directory, 'shop.sql.gz');
      const selection = { paths: [], items: ['database:alice_shop'] };
      const what = { snapshotKey: harness.keyOf(id), trustedKeysPem: [harness.publicKeyPem], selection }; // prettier-ignore
      const result = await downloadSnapshot({ ...what, outputPath }, harness.context());
      expect(result).toMatchObject({ format: 'sql.gz' });
      expect(result.fileName).toMatch(/^alice_shop-\d{4}-\d\d-\d\d\.sql\.gz$/);
      await mariadb.sql('CREATE DATABASE copy CHARACTER SET utf8mb4');
      onTestFinished(async () => {
        await mariadb.sql('DROP DATABASE copy');
      });
      await mariadb.sql(gunzipSync(await readFile(outputPath)).toString('utf8'), 'copy');
      for (const table of [
        'posts',
        '`odd/na.me ``q%`',
        'child',
        'parent',
        'empty',
        'titles',
        'a_loud',
      ]) {
        // prettier-ignore
        const rows = `SELECT * FROM ${table} ORDER BY 1; CHECKSUM TABLE ${table};`;
        const [mine, theirs] = [await mariadb.sql(rows, 'copy'), await mariadb.sql(rows, 'alice_shop')]; // prettier-ignore
        expect(mine.replaceAll('copy.', '')).toBe(theirs.replaceAll('alice_shop.', ''));
      }
      for (const kind of [
        'routines WHERE routine',
        'triggers WHERE trigger',
        'events WHERE event',
      ]) {
        const count = `SELECT COUNT(*) FROM information_schema.${kind}_schema`;
        const [mine, theirs] = [`${count} = 'copy'`, `${count} = 'alice_shop'`];
        expect(await mariadb.sql(mine)).toBe(await mariadb.sql(theirs));
      }
      expect(await mariadb.sql('SELECT NEXTVAL(numbers), two()', 'copy')).toMatch(/^\d+\t2\n$/);
    },
  );

  it('come back by what RESTORE.md says', async () => {
    const { id } = await harness.backup(request());
    const target = { place: 'directory', path: join(directory, 'out'), mode: 'overlay' } as const;
    await harness.restore(id, { target, selection: { paths: ['databases'], items: [] } });
    const [, said = ''] = /\n\n( {7}export LC_ALL=C\n[^]*? {7}done\n)/.exec(restoreNotes({ name: 'alice' })) ?? []; // prettier-ignore
    const place = `mariadb --no-defaults --socket=${mariadb.server.socketPath}`;
    const commands = said
      .replace(
        '/root/restored/databases/mariadb/shop',
        `${target.path}/databases/mariadb/alice_shop`,
      )
      .replaceAll('mariadb --binary-mode shop', `${place} --binary-mode copy`);
    await mariadb.sql('CREATE DATABASE copy CHARACTER SET utf8mb4');
    onTestFinished(async () => {
      await mariadb.sql('DROP DATABASE copy');
    });
    await run('sh', ['-c', commands]);
    for (const table of ['posts', '`odd/na.me ``q%`', 'child', 'titles', 'a_loud']) {
      const rows = `SELECT * FROM ${table} ORDER BY 1`;
      expect(await mariadb.sql(rows, 'copy')).toBe(await mariadb.sql(rows, 'alice_shop'));
    }
    expect(await mariadb.sql('SELECT two()', 'copy')).toBe('2\n');
  });

  describe.each([{ isTree: true }, { isTree: false }])('as a tree: $isTree', ({ isTree }) => {
    it('store only what changed', async () => {
      if (!isTree) harness.destination = withoutTrees(harness.destination);
      await fillTable();
      const first = await harness.backup(request({ structure: 'incremental' }));
      const again = await harness.backup(following(first));
      expect(again.newBytes).toBe(0);
      await mariadb.sql("UPDATE big SET v = 'other' WHERE id = 20000", 'alice_shop');
      const changed = await harness.backup(following(again));
      expect(changed.newBytes).toBeGreaterThan(0);
      expect(changed.newBytes).toBeLessThan(2 * 1024 * 1024 + 1);
      for (const { id } of [first, again, changed]) {
        expect(await harness.verify(id)).toMatchObject({ state: 'complete', damageCount: 0 });
      }
      await mariadb.sql('DROP TABLE big', 'alice_shop');
      const gone = await harness.backup(following(changed));
      expect((await pathsOf(gone.id)).filter((path) => path.includes('/big.'))).toEqual([]);
    });
  });

  it('come with their users', async () => {
    const { id } = await harness.backup(request());
    const target = { place: 'directory', path: join(directory, 'out'), mode: 'overlay' } as const;
    await harness.restore(id, { target, selection: { paths: [], items: ['database-user:alice_app'] } }); // prettier-ignore
    const folder = join(target.path, 'database-users/mariadb/alice_app');
    expect(await readdir(folder)).toEqual(['10%2e%25.sql', 'localhost.sql']);
    const script = await readFile(join(folder, 'localhost.sql'), 'utf8');
    await mariadb.sql('DROP USER alice_app@localhost');
    await mariadb.sql(script);
    const { socketPath } = mariadb.server;
    const connection = await connectMariadb({ socketPath, user: 'alice_app', password: "se'cret" });
    expect(await connection.query('SELECT COUNT(*) AS n FROM alice_shop.posts')).toEqual([
      { n: 2 },
    ]);
    await connection.end();
  });

  it('make the snapshot incomplete when a dump ends early', async () => {
    const bin = join(directory, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'mariadb-dump'), '#!/bin/sh\n/usr/bin/mariadb-dump "$@" | head -c 2500\n', { mode: 0o755 }); // prettier-ignore
    const summary = await harness.backup(
      request({
        databases: { mariadb: { ...mariadb.server, programs: bin }, ...OF_ALICE },
      }),
    );
    expect(summary.state).toBe('incomplete');
    expect(summary.leftOut).toEqual([
      {
        path: 'databases/mariadb/alice_shop/tables',
        code: 'unreadable',
        message: expect.stringMatching(
          /^the database "alice_shop" is not whole: .* ends early/,
        ) as string,
      },
    ]);
  });

  it('make the snapshot incomplete when nobody knows whether there are more', async () => {
    const ownership = { names: ['alice_shop'], problem: 'the list could not be read' };
    const summary = await harness.backup(
      request({ databases: { mariadb: mariadb.server, ownership, users: ownership } }),
    );
    expect(summary.state).toBe('incomplete');
    expect(summary.leftOut).toEqual([
      { path: 'databases/mariadb', code: 'unreadable', message: 'the list could not be read' },
    ]);
    expect(summary.items.map(({ name }) => name)).toContain('database:alice_shop');
  });

  it('make the snapshot incomplete when no server was found', async () => {
    const summary = await harness.backup(
      request({ databases: { mariadb: undefined, ...OF_ALICE } }),
    );
    expect(summary.state).toBe('incomplete');
    expect(summary.leftOut).toMatchObject([{ path: 'databases', code: 'unreadable' }]);
    expect(await harness.verify(summary.id)).toMatchObject({ state: 'complete' });
  });

  it('say why when the server is not there', async () => {
    const nowhere = { socketPath: join(directory, 'none.sock'), user: 'root' };
    const summary = await harness.backup(request({ databases: { mariadb: nowhere, ...OF_ALICE } })); // prettier-ignore
    expect(summary.state).toBe('incomplete');
    expect(summary.leftOut[0]?.message).toMatch(/none\.sock does not let us in/);
  });

  it('cost nothing but themselves when the server dies meanwhile', async () => {
    const mortal = await startMariadb();
    onTestFinished(() => mortal.close());
    await mortal.sql(`CREATE DATABASE alice_big; USE alice_big; CREATE TABLE t AS
      SELECT seq, REPEAT(MD5(seq), 100) AS v FROM seq_1_to_20000`);
    const bin = join(directory, 'bin');
    await mkdir(bin);
    const dump = `#!/bin/sh\nmariadb-dump "$@" | { head -c 1000000; kill -9 ${String(mortal.pid)}; cat; }\n`;
    await writeFile(join(bin, 'mariadb-dump'), dump.replace('mariadb-dump', '/usr/bin/mariadb-dump'), { mode: 0o755 }); // prettier-ignore
    const summary = await harness.backup(
      request({ databases: { mariadb: { ...mortal.server, programs: bin }, ...OF_ALICE } }),
    );
    expect(summary.state).toBe('incomplete');
    expect(summary.leftOut.map(({ path }) => path)).toEqual(['databases/mariadb/alice_big/tables']);
    expect(await harness.verify(summary.id)).toMatchObject({ state: 'complete' });
  });

  function following({ id }: SnapshotSummary): Partial<BackupRequest> {
    const parent = { snapshotKey: harness.keyOf(id), expiringArchives: [] };
    return request({ structure: 'incremental', parent });
  }

  /** Some 6 MB, so several pieces. */
  async function fillTable(): Promise<void> {
    const rows = 'SELECT seq, REPEAT(MD5(seq), 4) FROM seq_1_to_40000';
    await mariadb.sql(`CREATE OR REPLACE TABLE big (id INT PRIMARY KEY, v TEXT); INSERT INTO big ${rows}`, 'alice_shop'); // prettier-ignore
  }

  async function pathsOf(id: string): Promise<string[]> {
    const reader = await harness.reader(id);
    const paths: string[] = [];
    for await (const { path } of reader.entries()) paths.push(path);
    return paths;
  }
});

function withoutTrees(destination: Destination): Destination {
  const capabilities = { ...destination.capabilities, hardLinkTrees: false };
  return new Proxy(destination, {
    get: (target, name) => {
      if (name === 'capabilities') return capabilities;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
