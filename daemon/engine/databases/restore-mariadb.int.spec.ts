import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { EngineHarness } from '../../testing/engine-harness.js';
import {
  MARIADB_TOOLS,
  startMariadb,
  type MariadbTestServer,
} from '../../testing/servers/mariadb-server.js';
import { makeTempDir, removeTempDir } from '../../testing/temp-dir.js';
import { needsTool } from '../../testing/tools.js';
import { run } from '../../platform/processes.js';
import { SnapshotReader } from '../manifest/snapshot-reader.js';
import {
  restoreMariadb,
  settleMariadb,
  type MariadbPlace,
  type MariadbRestore,
} from './restore-mariadb.js';
import { writeJournal } from './swap-journal.js';

const SHOP = `
SET foreign_key_checks = 0;
DROP DATABASE IF EXISTS alice_shop; DROP DATABASE IF EXISTS alice_other;
SET foreign_key_checks = 1; CREATE DATABASE alice_other; CREATE DATABASE alice_shop CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
USE alice_shop;
CREATE TABLE parent (id INT PRIMARY KEY);
CREATE TABLE posts (id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(200), image LONGBLOB, p INT,
  loud VARCHAR(300) GENERATED ALWAYS AS (CONCAT(title, '!')) STORED,
  CONSTRAINT posts_parent FOREIGN KEY (p) REFERENCES parent (id));
INSERT INTO parent VALUES (1), (2);
INSERT INTO posts (title, image, p) VALUES ('ü 😀 \\0 ''q''', x'00ff27285c', 1), ('zwei', NULL, 2);
CREATE TABLE comments (id INT PRIMARY KEY, post INT, CONSTRAINT of_post FOREIGN KEY (post) REFERENCES posts (id) ON DELETE CASCADE);
INSERT INTO comments VALUES (1, 1);
CREATE TABLE log (x INT) ENGINE=MyISAM;
CREATE TABLE alice_other.reads (post INT, CONSTRAINT from_far FOREIGN KEY (post) REFERENCES alice_shop.posts (id));
INSERT INTO alice_other.reads VALUES (2);
CREATE SEQUENCE numbers START WITH 5;
SELECT NEXTVAL(numbers);
CREATE VIEW a_loud AS SELECT UPPER(title) AS t FROM posts;
CREATE VIEW b_both AS SELECT * FROM a_loud, parent;
DELIMITER ;;
CREATE TRIGGER shout BEFORE INSERT ON posts FOR EACH ROW BEGIN INSERT INTO log VALUES (1); SET NEW.title = UPPER(NEW.title); END ;;
CREATE PROCEDURE speak() BEGIN SELECT '//'; SELECT ';;'; SELECT 'ü'; END ;;
SET sql_mode='ANSI_QUOTES' ;;
CREATE FUNCTION two() RETURNS INT DETERMINISTIC RETURN (SELECT COUNT("id") FROM posts) ;;
SET sql_mode=DEFAULT ;;
CREATE EVENT daily ON SCHEDULE EVERY 1 DAY DO DELETE FROM log ;;
DELIMITER ;
`;
/** Something of everything is other than it was. */
const CHANGED = `
USE alice_shop;
ALTER DATABASE alice_shop CHARACTER SET latin1;
DROP TRIGGER shout; DROP VIEW a_loud, b_both; DROP PROCEDURE speak; DROP EVENT daily; DROP TABLE log;
CREATE TRIGGER late AFTER DELETE ON comments FOR EACH ROW DELETE FROM late_table;
CREATE TABLE late_table (x INT); CREATE VIEW late_view AS SELECT 1; CREATE FUNCTION late_f() RETURNS INT RETURN 1;
CREATE EVENT late_event ON SCHEDULE EVERY 1 DAY DO SET @x = 1;
ALTER TABLE posts ADD late INT; DELETE FROM posts WHERE id = 1; UPDATE posts SET title = 'changed';
SELECT NEXTVAL(numbers);
`;
const ROOT = 'databases/mariadb/alice_shop';

describe.skipIf(!needsTool(...MARIADB_TOOLS))('a restore of a database', () => {
  let mariadb: MariadbTestServer;
  let directory: string;
  let harness: EngineHarness;
  const own = { names: [], prefix: { own: 'alice_', longer: [] } };

  beforeAll(async () => {
    mariadb = await startMariadb();
    await mariadb.sql('CREATE USER alice_app@localhost');
  }, 60_000);
  afterAll(() => mariadb.close());

  beforeEach(async () => {
    directory = await makeTempDir();
    onTestFinished(() => removeTempDir(directory));
    await mkdir(join(directory, 'home'));
    harness = await EngineHarness.make(directory, { home: join(directory, 'home') });
    await mariadb.sql(SHOP);
  });

  const backUp = async (): Promise<string> => {
    const databases = { mariadb: mariadb.server, ownership: own, users: own };
    const { id, leftOut } = await harness.backup({ databases });
    expect(leftOut).toEqual([]);
    return id;
  };
  const restore = async (
    snapshotId: string,
    wanted: Partial<MariadbRestore> = {},
    definers: MariadbPlace['definers'] = { isOwn: () => false, allowsOthers: true },
  ) => {
    const keys = [harness.publicKeyPem];
    const reader = await SnapshotReader.open(harness.destination, harness.keyOf(snapshotId), keys);
    const place = { server: mariadb.server, definers, journalFolder: join(directory, 'journals') };
    const what = { root: ROOT, database: 'alice_shop', ...wanted };
    return restoreMariadb(reader, what, place, harness.context());
  };
  /** Everything there is of it, as statements. */
  const stateOf = async (database: string): Promise<string> => {
    const { socketPath, user } = mariadb.server;
    const what = ['--routines', '--events', '--triggers', '--skip-comments', '--hex-blob'];
    const args = ['--no-defaults', `--socket=${socketPath}`, `--user=${user}`, ...what, database];
    const { stdout } = await run('mariadb-dump', args);
    return `${await mariadb.sql(`SHOW CREATE DATABASE ${database}`)}${stdout.toString('utf8')}`;
  };
  const leftovers = (): Promise<string> =>
    mariadb.sql(`SHOW DATABASES LIKE 'holdfast%'; SELECT user FROM mysql.user WHERE user LIKE 'holdfast%'`); // prettier-ignore

  it('brings all of it back, and nothing else', async () => {
    const before = await stateOf('alice_shop');
    const others = await stateOf('alice_other');
    const id = await backUp();
    await mariadb.sql(CHANGED);
    expect(await stateOf('alice_shop')).not.toBe(before);
    expect(await restore(id)).toEqual({ tables: 4, problems: [] });
    expect(await stateOf('alice_shop')).toBe(before);
    expect(await stateOf('alice_other')).toBe(others);
    expect(await leftovers()).toBe('');
  });

  it('makes one that was dropped', async () => {
    const before = await stateOf('alice_shop');
    const id = await backUp();
    await mariadb.sql('SET foreign_key_checks = 0; DROP DATABASE alice_shop');
    await restore(id);
    expect(await stateOf('alice_shop')).toBe(before);
    expect(await leftovers()).toBe('');
  });

  it('leaves what someone made under its name alone when it was cut off before', async () => {
    const folder = join(directory, 'journals');
    const swap = {
      ...{ database: 'alice_new', isNew: true, scratch: 'holdfast_restore_0123456789ab' },
      ...{ old: 'holdfast_old_0123456789ab', out: [], in: [{ from: 't', to: 't' }], links: [] },
      ...{ before: undefined, after: undefined, drop: [], create: [] },
    };
    const journal = { format: 'holdfast-swap', id: '0123456789ab', swap } as const;
    await mariadb.sql('CREATE DATABASE holdfast_restore_0123456789ab; CREATE TABLE holdfast_restore_0123456789ab.t (x INT)'); // prettier-ignore
    await writeJournal(folder, journal);
    await mariadb.sql('CREATE DATABASE alice_new; CREATE TABLE alice_new.theirs (x INT)');
    expect(await settleMariadb(mariadb.server, folder)).toEqual([
      'The restore of the database "alice_new" was cut off; it is whole, the old one.',
    ]);
    expect(await mariadb.sql('SHOW TABLES FROM alice_new')).toBe('theirs\n');
    expect(await leftovers()).toBe('');
    await mariadb.sql('DROP TABLE alice_new.theirs; CREATE DATABASE holdfast_restore_0123456789ab; CREATE TABLE holdfast_restore_0123456789ab.t (x INT)'); // prettier-ignore
    await writeJournal(folder, journal);
    await settleMariadb(mariadb.server, folder);
    expect(await mariadb.sql("SHOW DATABASES LIKE 'alice_new'")).toBe('');
    expect(await settleMariadb(mariadb.server, folder)).toEqual([]);
  });

  it('brings one table back, with its triggers and keys as they are now', async () => {
    const id = await backUp();
    const before = await stateOf('alice_shop');
    await mariadb.sql('USE alice_shop; SET foreign_key_checks = 0; UPDATE posts SET title = 5; DELETE FROM posts WHERE id = 1; UPDATE comments SET id = 9;'); // prettier-ignore
    expect(await restore(id, { tables: ['posts'] })).toEqual({ tables: 1, problems: [] });
    await mariadb.sql('USE alice_shop; UPDATE comments SET id = 1');
    expect(await stateOf('alice_shop')).toBe(before);
    await expect(mariadb.sql('INSERT INTO alice_shop.comments VALUES (3, 99)')).rejects.toThrow(/foreign key/); // prettier-ignore
    await expect(mariadb.sql('INSERT INTO alice_other.reads VALUES (99)')).rejects.toThrow(/foreign key/); // prettier-ignore
    await expect(mariadb.sql("INSERT INTO alice_shop.posts (title, p) VALUES ('x', 99)")).rejects.toThrow(/foreign key/); // prettier-ignore
    expect(await leftovers()).toBe('');
  });

  it('puts a table beside the one that is there', async () => {
    const id = await backUp();
    await mariadb.sql('DELETE FROM alice_shop.comments; DELETE FROM alice_other.reads; DELETE FROM alice_shop.posts'); // prettier-ignore
    await restore(id, { tables: ['posts'], suffix: '__restored_1' });
    expect(await mariadb.sql('SELECT title FROM alice_shop.posts__restored_1')).toContain('zwei');
    expect(await mariadb.sql('SELECT COUNT(*) FROM alice_shop.posts')).toBe('0\n');
    await expect(restore(id, { tables: ['posts'], suffix: '__restored_1' })).rejects.toThrow(/there is a table "posts__restored_1" already/); // prettier-ignore
    await expect(restore(id, { tables: ['nope'] })).rejects.toThrow('has no table "nope"');
    expect(await leftovers()).toBe('');
  });

  it('runs what a tenant gets back as a user of its own', async () => {
    const id = await backUp();
    const definers = { isOwn: (user: string) => user === 'alice_app', allowsOthers: false };
    const { problems } = await restore(id, {}, definers);
    expect(problems).toContain('The trigger "shout" ran as root@localhost and now runs as alice_app@localhost.'); // prettier-ignore
    const sql = `SELECT DISTINCT definer FROM information_schema.routines WHERE routine_schema = 'alice_shop'
      UNION SELECT definer FROM information_schema.triggers WHERE trigger_schema = 'alice_shop'
      UNION SELECT definer FROM information_schema.views WHERE table_schema = 'alice_shop'
      UNION SELECT definer FROM information_schema.events WHERE event_schema = 'alice_shop'`;
    expect(await mariadb.sql(sql)).toBe('alice_app@localhost\n');
    const nobody = await restore(id, {}, { isOwn: () => false, allowsOthers: false });
    expect(nobody.problems).toHaveLength(6);
    expect(await mariadb.sql(sql)).toBe('');
  });

  it('touches nothing when a table is in use', async () => {
    const id = await backUp();
    // Routines keep the database's collation of when they were made, which nothing shows us.
    await mariadb.sql(CHANGED.replace(/ALTER DATABASE.*/, ''));
    const before = await stateOf('alice_shop');
    await mariadb.sql('SET GLOBAL lock_wait_timeout = 1');
    onTestFinished(async () => {
      await mariadb.sql('SET GLOBAL lock_wait_timeout = DEFAULT');
    });
    const using = mariadb.sql('USE alice_shop; LOCK TABLES parent READ; DO SLEEP(5);');
    await expect(restore(id)).rejects.toThrow(/"alice_shop" stays as it was: .*Lock wait timeout/);
    await using;
    expect(await stateOf('alice_shop')).toBe(before);
    expect(await leftovers()).toBe('');
  });

  it.each([
    ['a row twice', 's/^(2);$/(1);/', /could not be loaded/],
    ['another database', '/^DROP TABLE IF EXISTS `parent`/i DROP DATABASE bob_shop;', /denied/],
    ['a file of the host', "/^DROP TABLE IF EXISTS `posts`/i LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE parent;", /disabled|not allowed/],
    ['a file of the server', "/^DROP TABLE IF EXISTS `posts`/i SELECT 1 INTO OUTFILE '/tmp/holdfast-out';", /denied/],
    ['a command', '/^DROP TABLE IF EXISTS `posts`/i \\\\! touch /tmp/holdfast-ran', /exit code 1/],
    ['more rows than it says', '/^DROP TABLE IF EXISTS `posts`/i INSERT INTO parent VALUES (77);', /has 3 rows, not the 2/],
  ])('does no harm when a script holds %s', async (_, sed, problem) => {
    await mariadb.sql('CREATE DATABASE IF NOT EXISTS bob_shop');
    const programs = join(directory, 'programs');
    await mkdir(programs);
    // The text of a table's script is whatever comes before the next one's.
    const text = `#!/bin/sh\nmariadb-dump "$@" | sed -e '${sed.replaceAll("'", `'\\''`)}'\n`;
    await writeFile(join(programs, 'mariadb-dump'), text, { mode: 0o755 });
    const databases = { mariadb: { ...mariadb.server, programs }, ownership: own, users: own };
    const { id } = await harness.backup({ databases });
    const before = await stateOf('alice_shop');
    await expect(restore(id)).rejects.toThrow(problem);
    expect(await stateOf('alice_shop')).toBe(before);
    expect(await mariadb.sql("SHOW DATABASES LIKE 'bob_shop'")).not.toBe('');
    expect([existsSync('/tmp/holdfast-out'), existsSync('/tmp/holdfast-ran')]).toEqual([false, false]);
    expect(await leftovers()).toBe('');
  }); // prettier-ignore
});
