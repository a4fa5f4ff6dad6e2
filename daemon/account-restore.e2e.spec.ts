/** An account with a real WordPress is destroyed and comes back whole; so do parts of it; then it is all undone. */
import 'reflect-metadata';
import { chmod, chown, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, describe, it } from 'vitest';
import type { AccountActor } from './auth/actor.js';
import type { RestoreReport } from './engine/types.js';
import type { RestoreInput } from './runs/restore-input.js';
import { SnapshotReaders } from './snapshots/snapshot-readers.js';
import { SnapshotSites } from './snapshots/snapshot-sites.service.js';
import { admin, openHarness, ownerOf, type Harness } from './testing/runs-harness.js';
import { startMariadb, type MariadbTestServer } from './testing/servers/mariadb-server.js';
import { startWordpress, WORDPRESS_TOOLS } from './testing/servers/wordpress-site.js';
import { makeTempDir, removeTempDir } from './testing/temp-dir.js';
import { needsRoot, needsTool } from './testing/tools.js';

const workerModule = fileURLToPath(new URL('../dist/worker/worker.js', import.meta.url));
const CRONTAB = '5 4 * * * wp cron event run --due-now\n';
const SENT = 'mail/example.com/anna/.Sent/cur/1.mail:2,S';

describe.skipIf(!needsTool(...WORDPRESS_TOOLS) || !needsRoot())('a destroyed account', () => {
  let mariadb: MariadbTestServer;
  let crontabFolder: string;
  beforeAll(async () => {
    mariadb = await startMariadb();
    crontabFolder = await makeTempDir();
  }, 60_000);
  afterAll(async () => {
    await mariadb.close();
    await removeTempDir(crontabFolder);
  });

  it('comes back whole and in parts, its pages answer the same, and all of it is undone', async () => {
    const { harness, home } = await openStage();
    const owner = ownerOf(0);
    const site = await startWordpress({ mariadb, root: join(home, 'public_html'), database: 'shop_wp', title: 'The shop', owner }); // prettier-ignore
    try {
      const post = await site.addPost('A post that must not be lost');
      const pages = async (): Promise<unknown[]> =>
        Promise.all(['/', post.path, post.media, '/?feed=rss2'].map((path) => site.fetch(path)));
      await writeFile(join(crontabFolder, 'shop'), CRONTAB, { mode: 0o600 });
      await write(join(home, SENT), 'a mail', owner);
      await ended(harness, await harness.runs.startBackup(admin, 'nightly'));
      const before = await pages();
      expect(before[0]).toMatchObject({ status: 200, body: expect.stringContaining('A post that must') as string }); // prettier-ignore
      const tenant = await harness.actorOf('shop');
      const [snapshot] = await harness.snapshots.list({ limit: 1, accountId: tenant.accountId });
      const id = snapshot?.id ?? '';
      const restore = async (input: RestoreInput, state = 'complete') => {
        const run = await harness.runs.startRestore(tenant, id, input);
        return { run, report: await ended(harness, run, state) };
      };

      await rm(home, { recursive: true });
      await mariadb.sql('DROP DATABASE shop_wp; DROP USER shop_wp@localhost');
      await writeFile(join(crontabFolder, 'shop'), '');
      const whole = await restore({});
      expect(whole.report.parts?.map(({ title, action }) => [title, action])).toEqual([
        ['the database user "shop_wp"', 'created'],
        ['the database "shop_wp"', 'created'],
        [join(crontabFolder, 'shop'), 'replaced'],
      ]);
      expect(await pages()).toEqual(before);
      expect(await readFile(join(crontabFolder, 'shop'), 'utf8')).toBe(CRONTAB);

      await mariadb.sql(`UPDATE wp_posts SET post_title = 'Defaced'`, 'shop_wp');
      const table = await restore({ paths: ['databases/mariadb/shop_wp/tables/wp_posts.sql'] });
      expect(await pages()).toEqual(before);
      await undo(harness, tenant, table.run.id);
      expect(await site.fetch('/')).toMatchObject({ body: expect.stringContaining('Defaced') as string }); // prettier-ignore

      await write(join(home, 'public_html/index.php'), '<?php echo "owned";', owner);
      const readers = new SnapshotReaders(harness.destinations, harness.trust);
      const sites = new SnapshotSites(harness.snapshots, harness.accounts, readers);
      const { paths } = await sites.selectionOf(tenant, id, 'homedir/public_html');
      await readers.closeAll();
      const one = await restore({ paths });
      expect(await pages()).toEqual(before);
      await undo(harness, tenant, one.run.id);
      expect(await site.fetch('/')).toMatchObject({ body: 'owned' });
      await restore({ paths });

      await rm(dirname(join(home, SENT)), { recursive: true });
      const folder = await restore({ paths: [`homedir/${dirname(dirname(SENT))}`] });
      expect(await readFile(join(home, SENT), 'utf8')).toBe('a mail');
      await undo(harness, tenant, folder.run.id);
      await expect(readFile(join(home, SENT))).rejects.toThrow('ENOENT');

      const undone = await harness.undos.start(tenant, whole.run.id, { force: true });
      await harness.runs.waitFor(undone.id);
      expect(await readdir(home)).toEqual([]);
      expect(await mariadb.sql("SHOW DATABASES LIKE 'shop_wp'")).toBe('');
      expect(await readFile(join(crontabFolder, 'shop'), 'utf8')).toBe('');
    } finally {
      await site.stop();
    }
  }, 180_000);

  async function openStage(): Promise<{ harness: Harness; home: string }> {
    const { socketPath, user } = mariadb.server;
    const databases = { mariadbSocket: socketPath, mariadbUser: user };
    const harness = await openHarness({ accounts: ['shop'], workerModule, databases, crontabFolder }); // prettier-ignore
    const home = join(harness.home, 'homes', 'shop');
    await mkdir(home, { recursive: true });
    // PHP works as the account's user.
    for (const path of [harness.home, join(harness.home, 'homes'), home]) await chmod(path, 0o755);
    await chown(home, ...ownerOf(0));
    await harness.queue.start();
    await harness.addJob('nightly', 'all');
    return { harness, home };
  }
});

async function write(path: string, content: string, owner: [number, number]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chown(path, ...owner);
}

async function undo(harness: Harness, tenant: AccountActor, runId: number): Promise<void> {
  await ended(harness, await harness.undos.start(tenant, runId, {}));
}

async function ended(
  harness: Harness,
  run: { id: number },
  expected = 'complete',
): Promise<RestoreReport> {
  const { state, error } = await harness.runs.waitFor(run.id);
  const [task] = await harness.records.listTasks(run.id);
  const log = (await harness.runs.log(admin, run.id)).map(({ message }) => message);
  expect({ state, error, log, result: task?.result }).toMatchObject({ state: expected, error: null });
  return task?.result as unknown as RestoreReport;
} // prettier-ignore
