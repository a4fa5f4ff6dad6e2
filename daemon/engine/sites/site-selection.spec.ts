import { describe, expect, it } from 'vitest';
import { foldersToSplit, siteSelection, type SiteContent } from './site-selection.js';
import type { Site } from './site.js';

const NOTHING: SiteContent = { tables: [], within: new Map() };

function site(path: string, more: Partial<Site> = {}): Site {
  const place = { path, configPath: `${path}/wp-config.php`, isDatabaseOwn: true };
  return { ...place, database: 'shop.wp', prefix: 'wp_', plugins: [], themes: [], ...more };
}

const SHOP = site('homedir/public_html');

function tablesOf(chosen: Site, tables: string[], sites: Site[] = []): string[] {
  const { paths } = siteSelection(chosen, { ...NOTHING, tables }, [chosen, ...sites]);
  const start = 'databases/mariadb/shop%2ewp/tables/';
  return paths
    .filter((path) => path.startsWith(start))
    .map((path) => path.slice(start.length, -'.sql'.length));
}

describe('siteSelection', () => {
  it('is the folder and the tables with the prefix', () => {
    const tables = ['wp_posts', 'wp_my-own', 'WP_x', 'wpx_posts', 'other'];
    expect(siteSelection(SHOP, { ...NOTHING, tables }, [SHOP])).toEqual({
      paths: [
        'homedir/public_html',
        'databases/mariadb/shop%2ewp/tables/wp_posts.sql',
        'databases/mariadb/shop%2ewp/tables/wp_my-own.sql',
      ],
      items: [],
    });
  });

  it('has the tables of its network, but not of another site', () => {
    const network = ['wp_options', 'wp_posts', 'wp_users', 'wp_2_options', 'wp_2_posts'];
    expect(tablesOf(SHOP, network)).toEqual(network);
    const other = site('homedir/blog', { prefix: 'wp_2_' });
    expect(tablesOf(SHOP, network, [other])).toEqual(network.slice(0, 3));
    expect(tablesOf(other, network, [SHOP])).toEqual(network.slice(3));
    const elsewhere = site('homedir/blog', { prefix: 'wp_2_', database: 'shop_2' });
    expect(tablesOf(SHOP, network, [elsewhere])).toEqual(network);
  });

  it('leaves alone a site that was not found, which has users of its own', () => {
    const hidden = ['wp_old_options', 'wp_old_posts', 'wp_old_users'];
    expect(tablesOf(SHOP, ['wp_posts', 'wp_forum_users', ...hidden])).toEqual([
      'wp_posts',
      'wp_forum_users',
    ]);
  });

  it('takes a copy with the same prefix for the same data', () => {
    expect(tablesOf(SHOP, ['wp_posts'], [site('homedir/copy')])).toEqual(['wp_posts']);
  });

  it.each([{ isDatabaseOwn: false }, { prefix: undefined }, { database: undefined }])(
    'has no tables where %o',
    (more) => {
      const chosen = { ...SHOP, ...more };
      expect(siteSelection(chosen, { ...NOTHING, tables: ['wp_posts'] }, [chosen])).toEqual({
        paths: ['homedir/public_html'],
        items: [],
      });
    },
  );

  it('has its configuration, also from the folder above', () => {
    const chosen = site('homedir/www/blog', { configPath: 'homedir/www/wp-config.php' });
    expect(siteSelection(chosen, NOTHING, [chosen]).paths).toEqual([
      'homedir/www/blog',
      'homedir/www/wp-config.php',
    ]);
  });

  it('leaves out other sites below it', () => {
    const top = SHOP.path;
    const sites = [SHOP, site(`${top}/blog`), site(`${top}/a/b/deep`), site(`${top}x`)];
    expect(foldersToSplit(SHOP, sites)).toEqual([top, `${top}/a`, `${top}/a/b`]);
    expect(foldersToSplit(sites[1] as Site, sites)).toEqual([]);
    const within = new Map([
      [top, [`${top}/a`, `${top}/blog`, `${top}/index.php`]],
      [`${top}/a`, [`${top}/a/b`, `${top}/a/c`]],
      [`${top}/a/b`, [`${top}/a/b/deep`]],
    ]);
    expect(siteSelection(SHOP, { tables: [], within }, sites).paths).toEqual([
      `${top}/a/c`,
      `${top}/index.php`,
    ]);
  });

  it('names bytes that are no text as they are', () => {
    const chosen = site('base64:aG9tZWRpci//', {
      configPath: 'base64:aG9tZWRpci//L3dwLWNvbmZpZy5waHA=',
    });
    expect(siteSelection(chosen, NOTHING, [chosen]).paths).toEqual(['base64:aG9tZWRpci//']);
  });
});
