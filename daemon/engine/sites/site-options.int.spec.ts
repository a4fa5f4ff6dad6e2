import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  MARIADB_TOOLS,
  startMariadb,
  type MariadbTestServer,
} from '../../testing/servers/mariadb-server.js';
import { needsTool } from '../../testing/tools.js';
import type { FoundSite } from './find-sites.js';
import { withOptions } from './site-options.js';
import type { Site } from './site.js';

const SITE: FoundSite = {
  path: 'homedir/public_html',
  configPath: 'homedir/public_html/wp-config.php',
  database: 'shop_wp',
  host: 'localhost',
  prefix: 'wp_',
  plugins: [
    { id: 'seo/seo.php', name: 'SEO' },
    { id: 'hello.php', name: 'Hello' },
  ],
  themes: [{ id: 'child', name: 'Child' }],
};

const OPTIONS = '(option_name VARCHAR(191) PRIMARY KEY, option_value LONGTEXT)';

describe.skipIf(!needsTool(...MARIADB_TOOLS))('withOptions', () => {
  let mariadb: MariadbTestServer;

  beforeAll(async () => {
    mariadb = await startMariadb();
    await mariadb.sql(`CREATE DATABASE shop_wp; CREATE DATABASE other_wp; USE shop_wp;
      CREATE TABLE wp_options ${OPTIONS} CHARACTER SET utf8mb4;
      INSERT INTO wp_options VALUES ('home', 'https://shop.example'), ('blogname', 'Läden\\n🚀'),
        ('active_plugins', 'a:1:{i:0;s:11:"seo/seo.php";}'), ('stylesheet', 'child');
      CREATE TABLE other_wp.wp_options AS SELECT * FROM wp_options;
      CREATE TABLE broken_options ${OPTIONS};
      INSERT INTO broken_options VALUES ('active_plugins', 'O:8:"stdClass":0:{}'),
        ('blogname', REPEAT('x', 1000000));
      CREATE SQL SECURITY INVOKER VIEW view_options AS
        SELECT 'blogname' option_name, GROUP_CONCAT(user) option_value FROM mysql.global_priv;
      CREATE TABLE blind_options (x INT)`);
  }, 60_000);
  afterAll(() => mariadb.close());

  async function tell(site: { [Key in keyof FoundSite]?: FoundSite[Key] | undefined }): Promise<{
    site: Site;
    problems: string[];
  }> {
    const problems: string[] = [];
    const ownership = { names: ['shop_wp'] };
    const databases = { mariadb: mariadb.server, ownership, users: ownership };
    const [told] = await withOptions([{ ...SITE, ...site } as FoundSite], databases, (problem) => {
      problems.push(problem);
    });
    return { site: told as Site, problems };
  }

  it('adds title, address, and what is active', async () => {
    const { host: _, ...plain } = SITE;
    expect(await tell({})).toEqual({
      site: {
        ...plain,
        title: 'Läden 🚀',
        url: 'https://shop.example',
        isDatabaseOwn: true,
        plugins: [
          { id: 'seo/seo.php', name: 'SEO', isActive: true },
          { id: 'hello.php', name: 'Hello', isActive: false },
        ],
        themes: [{ id: 'child', name: 'Child', isActive: true }],
      },
      problems: [],
    });
  });

  it('lets wp-config.php win', async () => {
    expect((await tell({ url: 'https://new.example' })).site.url).toBe('https://new.example');
  });

  it.each([
    ["another account's database", { database: 'other_wp' }],
    ['the database of the server', { database: 'mysql' }],
    ['a database elsewhere', { host: 'db.example.com' }],
    ['no database', { database: undefined }],
  ])('asks nothing of %s', async (_, site) => {
    const told = await tell(site);
    expect(told.site.isDatabaseOwn).toBe(false);
    expect(told.site.title).toBeUndefined();
  });

  it.each(['localhost:/run/mysqld/mysqld.sock', '127.0.0.1:3306', '::1', ''])(
    'knows %j as this server',
    async (host) => {
      expect((await tell({ host })).site.isDatabaseOwn).toBe(true);
    },
  );

  it('reads no view: it would read with our rights', async () => {
    const { site, problems } = await tell({ prefix: 'view_' });
    expect([site.title, problems]).toEqual([undefined, []]);
  });

  it('bounds what it reads, and believes no other data', async () => {
    const { site } = await tell({ prefix: 'broken_' });
    expect(site.title).toBe('x'.repeat(200));
    expect(site.plugins).toEqual(SITE.plugins);
  });

  it.each(['none_', 'blind_'])('lists the site all the same without %soptions', async (prefix) => {
    const { site, problems } = await tell({ prefix });
    expect([site.title, problems.length]).toEqual([undefined, 1]);
    expect(problems[0]).toContain('homedir/public_html');
  });

  it('lists it without a server, too', async () => {
    const problems: string[] = [];
    const sites = await withOptions([SITE], undefined, (problem) => problems.push(problem));
    expect([sites[0]?.isDatabaseOwn, problems]).toEqual([false, []]);
  });
});
