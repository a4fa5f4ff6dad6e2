/** Packages for cPanel, made of the example server's account, opened with GNU tar, loaded into a real MariaDB. */
import { execFile } from 'node:child_process';
import { chmodSync, chownSync, linkSync, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CpanelSource } from '../../accounts/cpanel/cpanel.source.js';
import { partsOf } from '../../accounts/parts-of.js';
import { compareTrees } from '../../testing/compare-trees.js';
import { EngineHarness } from '../../testing/engine-harness.js';
import { below, serverOf } from '../../testing/panel-server.js';
import { MARIADB_TOOLS, startMariadb, type MariadbTestServer } from '../../testing/servers/mariadb-server.js'; // prettier-ignore
import { needsRoot, needsTool } from '../../testing/tools.js';
import type { BackupRequest, DownloadRequest, DownloadResult } from '../types.js';
import { downloadSnapshot } from './download-snapshot.js';

const run = promisify(execFile);
const UID = 4_150;
const KEY = '-----BEGIN PRIVATE KEY-----\na2V5\n-----END PRIVATE KEY-----\n';
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nY2VydA==\n-----END CERTIFICATE-----\n';
const CHAIN = CERTIFICATE.replace('Y2VydA==', 'Y2hhaW4=');
const NOTHING = {
  sandbox: true,
  accounts: { source: 'auto', uidMin: 1000, uidMax: 9000, mayRecreate: false, resellersOverSocket: false },
} as const; // prettier-ignore

const SQL = `
CREATE DATABASE alice_wp CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE TABLE alice_wp.posts (id INT PRIMARY KEY, title VARCHAR(100), image BLOB);
INSERT INTO alice_wp.posts VALUES (1, 'ü; it''s', x'00ff27'), (2, NULL, NULL);
CREATE VIEW alice_wp.titles AS SELECT title FROM alice_wp.posts;
CREATE DATABASE \`alice_a/b\`; CREATE TABLE \`alice_a/b\`.t (x INT);
CREATE USER alice_app@localhost IDENTIFIED BY 'secret';
GRANT SELECT, INSERT ON alice_wp.* TO alice_app@localhost;
`;
const OWN = { names: [], prefix: { own: 'alice_', longer: [] } };

describe.skipIf(!needsRoot() || !needsTool('tar', 'sha256sum', ...MARIADB_TOOLS))(
  'a package for cPanel',
  () => {
    let mariadb: MariadbTestServer;
    let root: string;
    let harness: EngineHarness;
    let capture: Partial<BackupRequest>;

    beforeAll(async () => {
      mariadb = await startMariadb();
      await mariadb.sql(SQL);
    }, 60_000);
    afterAll(() => mariadb.close());

    beforeEach(async () => {
      root = await serverOf('cpanel');
      const found = await new CpanelSource({ root, warn: () => undefined }).discover();
      const alice = found.find(({ name }) => name === 'alice');
      if (alice === undefined) throw new Error('alice was not found');
      const { parts, home } = below(root, alice);
      for (const path of parts.certificates.flatMap(({ paths }) => paths)) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, `${KEY}${CERTIFICATE}${CHAIN}`, { mode: 0o600 });
      }
      fillHome(home);
      chmodSync(join(root, 'var/spool/cron/alice'), 0o600);
      harness = await EngineHarness.make(root, { home, name: 'alice', source: 'cpanel', uid: UID, gid: UID }); // prettier-ignore
      capture = {
        parts: partsOf({ parts, source: 'cpanel', user: 'alice', uid: UID }, NOTHING),
        databases: { mariadb: mariadb.server, ownership: OWN, users: OWN },
      };
    });

    function fillHome(home: string): void {
      mkdirSync(join(home, 'mail/alice.example/info/cur'), { recursive: true });
      writeFileSync(join(home, 'mail/alice.example/info/cur/1:2,S'), 'Subject: one\n');
      writeFileSync(join(home, 'public_html/secret.php'), '<?php', { mode: 0o600 });
      linkSync(join(home, 'public_html/secret.php'), join(home, 'public_html/again.php'));
      symlinkSync('public_html', join(home, 'www'));
      mkdirSync(join(home, 'cp'));
      symlinkSync('/etc/passwd', join(home, 'cp/..passwd'));
      for (const path of ['', 'public_html', 'public_html/secret.php']) chownSync(join(home, path), UID, UID); // prettier-ignore
      chmodSync(home, 0o711);
    }

    async function download(given: Partial<DownloadRequest> = {}): Promise<DownloadResult> {
      const { id } = await harness.backup(capture);
      const request = {
        snapshotKey: harness.keyOf(id),
        selection: { paths: [], items: [] },
        trustedKeysPem: [harness.publicKeyPem],
        outputPath: join(root, 'download'),
        format: 'cpmove' as const,
        ...given,
      };
      return downloadSnapshot(request, harness.context());
    }

    /** Unpacks as root does; answers where. */
    async function unpacked(): Promise<string> {
      const target = join(root, 'unpacked');
      mkdirSync(target);
      await run('tar', ['-x', '-p', '-C', target, '-f', join(root, 'download')]);
      return join(target, 'cpmove-alice');
    }

    async function listed(): Promise<string[]> {
      const { stdout } = await run('tar', ['-t', '-f', join(root, 'download')]);
      return stdout.trimEnd().split('\n');
    }

    it('is laid out as cPanel makes it, each member once and all in one folder', async () => {
      const result = await download();
      expect(result).toMatchObject({ fileName: 'cpmove-alice.tar.gz', format: 'tar.gz' });
      const names = await listed();
      expect(new Set(names).size).toBe(names.length);
      expect(names.filter((name) => !name.startsWith('cpmove-alice/'))).toEqual([]);
      const tops = names.map((name) => name.split('/')[1]).filter((name) => name !== '');
      expect([...new Set(tops)].sort()).toEqual([
        'HOLDFAST-MANIFEST.jsonl', 'HOLDFAST-README.txt', 'HOLDFAST-SHA256SUMS', 'apache_tls', 'cp', 'cron',
        'dnszones', 'holdfast', 'homedir', 'homedir_paths', 'meta', 'mysql', 'mysql.sql', 'mysql.sql-auth.json',
        'proftpdpasswd', 'shadow', 'sslcerts', 'sslkeys', 'userdata', 'va', 'vad', 'version', 'vf',
      ]); // prettier-ignore
      const folder = await unpacked();
      const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
      const server = (name: string): string => readFileSync(join(root, name), 'utf8');
      expect(text('version')).toBe('pkgacct version: 10\narchive version: 4\n');
      expect(text('homedir_paths')).toBe(`${harness.account.home}\n`);
      expect(text('cp/alice')).toBe(server('var/cpanel/users/alice'));
      expect(text('cron/alice')).toBe(server('var/spool/cron/alice'));
      expect(text('dnszones/shop.example.db')).toBe(server('var/named/shop.example.db'));
      expect(text('va/alice.example')).toBe(server('etc/valiases/alice.example'));
      expect(text('vad/alice.test')).toBe(server('etc/vdomainaliases/alice.test'));
      expect(text('vf/shop.example')).toBe(server('etc/vfilters/shop.example'));
      expect(text('proftpdpasswd')).toBe(server('etc/proftpd/alice'));
      expect(text('shadow')).toBe('$6$Xk2vExampleOnly$abc.');
      expect(text('apache_tls/alice.example')).toBe(`${KEY}${CERTIFICATE}${CHAIN}`);
      expect(text('sslkeys/alice.example.key')).toBe(KEY);
      expect(text('sslcerts/alice.example.crt')).toBe(CERTIFICATE);
      const userdata = join(root, 'var/cpanel/userdata/alice');
      expect(await compareTrees(userdata, join(folder, 'userdata'), { skip: ({ path }) => path === '' })).toEqual([]); // prettier-ignore
      expect(text('holdfast/config/account.json')).toContain('"name": "alice"');
    });

    it('has the home with its modes, owners and links, and keeps secrets to root', async () => {
      await download();
      const folder = await unpacked();
      // GNU tar makes links to elsewhere last, after it has set the times of folders.
      const skip = ({ path }: { path: string }): boolean => path === 'cp';
      expect(await compareTrees(harness.account.home, join(folder, 'homedir'), { skip })).toEqual(
        [],
      );
      expect(readlinkSync(join(folder, 'homedir/cp/..passwd'))).toBe('/etc/passwd');
      for (const name of ['', 'mysql', 'cp', 'sslkeys', 'holdfast/config']) {
        expect(statSync(join(folder, name)).mode & 0o7777).toBe(0o700);
      }
      for (const name of ['mysql.sql', 'shadow', 'sslkeys/alice.example.key', 'mysql/alice_wp.sql', 'cron/alice']) {
        expect(statSync(join(folder, name)).mode & 0o7777).toBe(0o600);
      } // prettier-ignore
    });

    it('is checked by sha256sum, and says how it is used and what it lacks', async () => {
      await download({ notes: ['Left out: nothing much.'] });
      const cwd = await unpacked();
      const check = ['--check', '--strict', '--quiet', 'HOLDFAST-SHA256SUMS'];
      expect(await run('sha256sum', check, { cwd })).toEqual({ stdout: '', stderr: '' });
      const sums = readFileSync(join(cwd, 'HOLDFAST-SHA256SUMS'), 'latin1');
      const { stdout } = await run('find', ['.', '-type', 'f', '-printf', 'x'], { cwd });
      expect(sums.split('\n')).toHaveLength(stdout.length);
      const readme = readFileSync(join(cwd, 'HOLDFAST-README.txt'), 'utf8');
      for (const words of ['restorepkg /home/cpmove-alice.tar.gz', 'bandwidth data', 'lies below holdfast/', 'Left out: nothing much.']) {
        expect(readme).toContain(words);
      } // prettier-ignore
      expect(readme).not.toContain('cp/alice is missing');
      const manifest = readFileSync(join(cwd, 'HOLDFAST-MANIFEST.jsonl'), 'utf8');
      expect(manifest).toMatch(/"path":"cron\/alice".*"from":"cron\/crontab"/);
    });

    it('gives databases and their users back to a MariaDB', async () => {
      await download();
      const folder = await unpacked();
      const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
      await mariadb.sql('DROP DATABASE alice_wp; DROP USER alice_app@localhost');
      await mariadb.sql(read('mysql/alice_wp.create'));
      await mariadb.sql(read('mysql/alice_wp.sql'), 'alice_wp');
      await mariadb.sql(read('mysql.sql'));
      const ask = async (sql: string): Promise<string> => (await mariadb.sql(sql)).trim();
      expect(await ask('SELECT COUNT(*), MAX(HEX(image)), MAX(title) FROM alice_wp.posts')).toContain('2\t00FF27\tü; it\'s'); // prettier-ignore
      expect(await ask('SELECT COUNT(*) FROM alice_wp.titles')).toContain('2');
      expect(await ask("SELECT @@character_set_database, DEFAULT_COLLATION_NAME FROM information_schema.schemata WHERE schema_name = 'alice_wp'")).toContain('utf8mb4_unicode_ci'); // prettier-ignore
      expect(await ask('SHOW GRANTS FOR alice_app@localhost')).toContain(
        'SELECT, INSERT ON `alice_wp`',
      );
      const [hash] = /\*[0-9A-F]{40}/.exec(read('mysql.sql')) ?? [];
      const known = { auth_plugin: 'mysql_native_password', pass_hash: hash };
      expect(JSON.parse(read('mysql.sql-auth.json'))).toEqual({ alice_app: { localhost: known } });
      // A name that would be a path keeps its file name of the snapshot.
      expect(read('mysql/alice_a%2fb.create')).toContain('`alice_a/b`');
    });

    it('gives no right that only the name of a database speaks of', async () => {
      const said = "GRANT ALL ON *.* TO 'alice_app'@'localhost';";
      for (const name of [`alice_x;\n${said}\n`, `alice_y\n${said}\n`]) {
        await mariadb.sql(`GRANT SELECT ON \`${name}\`.* TO alice_app@localhost`);
      }
      await download();
      const folder = await unpacked();
      const grants = readFileSync(join(folder, 'mysql.sql'), 'utf8').trimEnd().split('\n');
      expect(grants.join('\n')).not.toContain("*.* TO 'alice_app'@'localhost';");
      expect(grants.slice(1).every((line) => /^GRANT (?:USAGE|SELECT, INSERT) ON /.test(line))).toBe(true); // prettier-ignore
      expect(grants).toHaveLength(3);
      const readme = readFileSync(join(folder, 'HOLDFAST-README.txt'), 'utf8');
      expect(readme).toContain('could be taken for other rights');
      expect(readme).not.toMatch(/^GRANT/m);
    });

    it('holds what was chosen only, and says that it is no whole account then', async () => {
      await download({ selection: { paths: [], items: ['files', 'database:alice_wp'] } });
      const names = await listed();
      const tops = new Set(names.map((name) => name.split('/')[1]));
      for (const top of [
        'cp',
        'cron',
        'mysql.sql',
        'shadow',
        'sslkeys',
        'apache_tls',
        'holdfast',
      ]) {
        expect(tops).not.toContain(top);
      }
      expect(names).toContain('cpmove-alice/mysql/alice_wp.sql');
      expect(names.filter((name) => name.includes('alice_a'))).toEqual([]);
      const folder = await unpacked();
      const readme = readFileSync(join(folder, 'HOLDFAST-README.txt'), 'utf8');
      expect(readme).toContain('cp/alice is missing');
    });

    it('is not made of an account of another panel, nor beyond the limit', async () => {
      await expect(download({ maxBytes: 10 })).rejects.toMatchObject({
        code: 'download.too-large',
      });
      harness.account.source = 'plesk';
      await expect(download()).rejects.toMatchObject({ kind: 'conflict', code: 'download.no-cpmove' }); // prettier-ignore
    });
  },
);
