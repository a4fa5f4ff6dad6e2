/** The site that tests back up is one: it answers, shows what was posted, and runs its plugins. */
import { chmod, chown } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTempDir, removeTempDir } from '../temp-dir.js';
import { needsTool } from '../tools.js';
import { ownerOf } from '../runs-harness.js';
import { startMariadb, type MariadbTestServer } from './mariadb-server.js';
import { startWordpress, WORDPRESS_TOOLS, type WordpressSite } from './wordpress-site.js';

describe.skipIf(!needsTool(...WORDPRESS_TOOLS))('the WordPress of tests', () => {
  let home: string;
  let mariadb: MariadbTestServer;
  let site: WordpressSite;

  beforeAll(async () => {
    home = await makeTempDir();
    await chmod(home, 0o755);
    await chown(home, ...ownerOf(0));
    mariadb = await startMariadb();
    const place = { root: join(home, 'public_html'), database: 'shop_wp', prefix: 'wp_' };
    site = await startWordpress({ mariadb, ...place, owner: ownerOf(0), title: 'The shop' });
  }, 120_000);

  afterAll(async () => {
    await site.stop();
    await mariadb.close();
    await removeTempDir(home);
  });

  it('answers with posts and pictures of its own, the same each time', async () => {
    const { path, media } = await site.addPost('Hello <again>');
    const front = await site.fetch('/');
    expect(front.status).toBe(200);
    expect(front.body).toContain('The shop');
    expect(await site.fetch('/')).toEqual(front);
    const page = await site.fetch(path);
    expect(page.body).toContain('Hello &lt;again&gt; 🚀');
    expect((await site.fetch(media)).body).toContain('PNG');
    expect((await mariadb.sql('SELECT COUNT(*) FROM wp_posts', 'shop_wp')).trim()).not.toBe('0');
  }, 60_000);

  it('runs its plugins', async () => {
    await site.addPlugin('greeter', '1.0');
    expect((await site.fetch('/')).body).toContain('greeter 1.0');
    await site.addPlugin('greeter', '1.1');
    expect((await site.fetch('/')).body).toContain('greeter 1.1');
  }, 60_000);
});
