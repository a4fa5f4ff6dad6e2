import { closeSync, constants, openSync } from 'node:fs';
import { link, mkdir, open, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../../testing/temp-dir.js';
import { excludeMatcher } from '../capture/excludes.js';
import { findSites, headerOf, LOOK_LIMITS, type FoundSite } from './find-sites.js';
import { HomeLook, type LookLimits } from './home-look.js';

const CONFIG = `<?php
define( 'DB_NAME', 'shop_wp' );
define( 'DB_HOST', 'localhost' );
$table_prefix = 'wp_';
`;

interface Wanted {
  patterns?: string[];
  documentRoots?: string[];
  limits?: Partial<LookLimits>;
}

function look(home: string, { patterns = [], documentRoots, limits }: Wanted = {}) {
  const homeFd = openSync(home, constants.O_RDONLY | constants.O_DIRECTORY);
  onTestFinished(() => {
    closeSync(homeFd);
  });
  const links = { isForeignLinkAllowed: false, accountUid: process.getuid?.() ?? 0 };
  const within = new HomeLook(homeFd, links, { ...LOOK_LIMITS, ...limits });
  const excludes = excludeMatcher({ patterns, useDefaults: false });
  const sites = findSites({ account: { home }, documentRoots }, within, excludes);
  return { sites, isCut: within.isCut };
}

function find(home: string, wanted?: Wanted): FoundSite[] {
  return look(home, wanted).sites;
}

function pathsOf(sites: readonly FoundSite[]): string[] {
  return sites.map(({ path }) => path);
}

async function write(path: string, text: string | Buffer = ''): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function makeSite(root: string, config: string | Buffer = CONFIG): Promise<string> {
  await write(join(root, 'wp-includes', 'version.php'), "<?php\n$wp_version = '6.4.2';\n");
  await write(join(root, 'wp-config.php'), config);
  return root;
}

describe('findSites', () => {
  it('reads what the files of a site tell', async () => {
    const home = await tempDir();
    const root = await makeSite(
      join(home, 'public_html'),
      `${CONFIG}define('WP_HOME', 'https://shop.example');`,
    );
    await write(
      join(root, 'wp-includes/version.php'),
      "<?php $wp_version = '6.4.2'; $wp_local_package = 'de_DE';",
    );
    const content = join(root, 'wp-content');
    await write(join(content, 'plugins/index.php'), '<?php // Silence is golden.');
    await write(join(content, 'plugins/hello.php'), '<?php\n/*\nPlugin Name: Hello Dolly\n*/');
    await write(join(content, 'plugins/seo/aaa.php'), '<?php');
    await write(
      join(content, 'plugins/seo/main.php'),
      '<?php /**\n * Plugin Name: SEO \n * Version: 1.2.3-beta */',
    );
    await write(join(content, 'plugins/readme/readme.txt'), 'Plugin Name: none');
    await write(
      join(content, 'themes/child/style.css'),
      '/*\r\nTheme Name: Child\r\nVersion: 2\r\n*/',
    );
    expect(find(home)).toEqual([
      {
        path: 'homedir/public_html',
        configPath: 'homedir/public_html/wp-config.php',
        version: '6.4.2',
        locale: 'de_DE',
        url: 'https://shop.example',
        database: 'shop_wp',
        host: 'localhost',
        prefix: 'wp_',
        plugins: [
          { id: 'hello.php', name: 'Hello Dolly' },
          { id: 'seo/main.php', name: 'SEO', version: '1.2.3-beta' },
        ],
        themes: [{ id: 'child', name: 'Child', version: '2' }],
      },
    ]);
  });

  it('takes a configuration from the folder above, unless that is a site itself', async () => {
    const home = await tempDir();
    const root = await makeSite(join(home, 'public_html', 'blog'));
    const above = join(home, 'public_html', 'wp-config.php');
    await rename(join(root, 'wp-config.php'), above);
    expect(find(home)).toMatchObject([
      { path: 'homedir/public_html/blog', configPath: 'homedir/public_html/wp-config.php' },
    ]);
    await write(join(home, 'public_html', 'wp-settings.php'));
    expect(find(home)).toEqual([]);
  });

  it('looks in the usual places, in document roots and three folders below', async () => {
    const home = await tempDir();
    const places = [
      ...['www', 'htdocs/a/b/c', 'htdocs/a/b/c/d', 'domains/x.org/public_html'],
      ...['web/y.org/public_html', 'apps/live', 'mail/z', 'public_html/wp-content/copy'],
    ];
    for (const place of places) await makeSite(join(home, place));
    const roots = [join(home, 'apps/live'), '/etc', `${home}/../elsewhere`];
    expect(pathsOf(find(home, { documentRoots: roots }))).toEqual([
      'homedir/apps/live',
      'homedir/domains/x.org/public_html',
      'homedir/htdocs/a/b/c',
      'homedir/web/y.org/public_html',
      'homedir/www',
    ]);
    await makeSite(home);
    expect(pathsOf(find(home, { documentRoots: [home] }))).toContain('homedir');
  });

  it('leaves out what the snapshot leaves out', async () => {
    const home = await tempDir();
    for (const name of ['a', 'b', 'c']) await makeSite(join(home, 'public_html', name));
    await write(join(home, 'public_html/b/.donotbackup'));
    const patterns = ['/public_html/a/'];
    expect(pathsOf(find(home, { patterns }))).toEqual(['homedir/public_html/c']);
  });

  it('follows no link and opens nothing that is no file', async () => {
    const home = await tempDir();
    const elsewhere = await makeSite(join(await tempDir(), 'site'));
    await mkdir(join(home, 'public_html'));
    await symlink(elsewhere, join(home, 'www'));
    await symlink(elsewhere, join(home, 'public_html', 'linked'));
    const half = await makeSite(join(home, 'public_html', 'half'));
    await rename(join(half, 'wp-config.php'), join(half, 'aside'));
    await symlink(join(elsewhere, 'wp-config.php'), join(half, 'wp-config.php'));
    const other = await makeSite(join(home, 'public_html', 'other'));
    await rename(join(other, 'wp-includes'), join(other, 'aside'));
    await symlink(join(elsewhere, 'wp-includes'), join(other, 'wp-includes'));
    expect(find(home)).toEqual([]);
  });

  it('reads the beginning of files without end', async () => {
    const home = await tempDir();
    const root = await makeSite(join(home, 'public_html'));
    const huge = await open(join(root, 'wp-config.php'), 'r+');
    await huge.truncate(2 ** 40);
    await huge.close();
    const plugin = join(root, 'wp-content/plugins/huge/huge.php');
    await write(plugin, '\nPlugin Name: x'.repeat(4096));
    expect(find(home)).toMatchObject([{ database: 'shop_wp', plugins: [{ id: 'huge/huge.php' }] }]);
  });

  it.each([
    ['binary', Buffer.from(`<?php \0\xff\xfe${"'".repeat(3)}`, 'latin1')],
    ['a text without end', `<?php define('DB_NAME', 'shop_wp`],
    ['nothing', ''],
  ])('lists a site whose configuration is %s without a database', async (_, config) => {
    const home = await tempDir();
    await makeSite(join(home, 'public_html'), config);
    const [site] = find(home);
    expect(site).toMatchObject({ path: 'homedir/public_html', version: '6.4.2' });
    expect(site?.database).toBeUndefined();
  });

  it('knows no prefix that could end a name', async () => {
    const home = await tempDir();
    await makeSite(join(home, 'public_html'), "<?php $table_prefix = 'x`; DROP';");
    expect(find(home)[0]?.prefix).toBeUndefined();
  });

  it('lists a hundred sites of thousands, and says that there are more', async () => {
    const home = await tempDir();
    const first = await makeSite(join(home, 'public_html', '0'));
    for (let i = 1; i < 1500; i += 1) {
      const root = join(home, 'public_html', String(i));
      await mkdir(join(root, 'wp-includes'), { recursive: true });
      for (const name of ['wp-includes/version.php', 'wp-config.php']) {
        await link(join(first, name), join(root, name));
      }
    }
    const { sites, isCut } = look(home);
    expect([sites.length, isCut]).toEqual([100, true]);
  });

  it('stops at its limits', async () => {
    const home = await tempDir();
    for (const name of ['a', 'b', 'c']) await makeSite(join(home, 'public_html', name));
    for (const limits of [{ folders: 4 }, { files: 2 }, { bytes: 200_000 }, { names: 1 }]) {
      const { sites, isCut } = look(home, { limits });
      expect(isCut).toBe(true);
      expect(sites.length).toBeLessThan(3);
    }
  });
});

describe('headerOf', () => {
  it.each([
    ['<?php // Plugin Name: A', 'A'],
    ['x // Plugin Name: A', undefined],
    ['<?php\n// Plugin Name: A', 'A'],
    ['\t<?php /* Plugin Name: A ?>', 'A'],
    [' * plugin name:  A\x07B  */ x', 'A B'],
    ['Plugin Name:', undefined],
  ])('reads %j', (head, name) => {
    expect(headerOf(head, 'Plugin Name')).toBe(name);
  });
});
