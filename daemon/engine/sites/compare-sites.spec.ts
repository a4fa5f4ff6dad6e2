import { describe, expect, it } from 'vitest';
import { compareSites } from './compare-sites.js';
import type { Site } from './site.js';

const PATH = 'homedir/public_html';
const SITE: Site = {
  path: PATH,
  configPath: `${PATH}/wp-config.php`,
  version: '6.4.1',
  database: 'shop_wp',
  isDatabaseOwn: true,
  prefix: 'wp_',
  plugins: [
    { id: 'seo/seo.php', name: 'SEO', version: '1', isActive: false },
    { id: 'old.php', name: 'Old', version: '9', isActive: true },
  ],
  themes: [{ id: 'child', name: 'Child', isActive: true }],
};

describe('compareSites', () => {
  it('finds nothing where nothing changed', () => {
    expect(compareSites([SITE], [SITE])).toEqual([]);
  });

  it('tells of sites that came and went', () => {
    const other = { ...SITE, path: 'homedir/blog', url: 'https://blog.example' };
    expect(compareSites([other], [SITE])).toEqual([
      { what: 'gone', path: 'homedir/blog', url: 'https://blog.example' },
      { what: 'found', path: PATH, to: '6.4.1' },
    ]);
  });

  it('tells of updates and of another place of the data', () => {
    const now = { ...SITE, version: '6.4.2', prefix: 'x_', database: 'shop_new' };
    expect(compareSites([SITE], [now])).toEqual([
      { what: 'core-updated', path: PATH, from: '6.4.1', to: '6.4.2' },
      { what: 'database-changed', path: PATH, from: 'shop_wp', to: 'shop_new' },
      { what: 'prefix-changed', path: PATH, from: 'wp_', to: 'x_' },
    ]);
  });

  it('tells of plugins and themes', () => {
    const now: Site = {
      ...SITE,
      plugins: [
        { id: 'seo/seo.php', name: 'SEO', version: '2', isActive: true },
        { id: 'new.php', name: 'New', isActive: true },
      ],
      themes: [
        { id: 'child', name: 'Child', isActive: false },
        { id: 'fresh', name: 'Fresh', version: '1', isActive: false },
      ],
    };
    expect(compareSites([SITE], [now])).toEqual([
      { what: 'plugin-removed', path: PATH, name: 'Old', from: '9' },
      { what: 'plugin-updated', path: PATH, name: 'SEO', from: '1', to: '2' },
      { what: 'plugin-activated', path: PATH, name: 'SEO' },
      { what: 'plugin-installed', path: PATH, name: 'New' },
      { what: 'plugin-activated', path: PATH, name: 'New' },
      { what: 'theme-deactivated', path: PATH, name: 'Child' },
      { what: 'theme-installed', path: PATH, name: 'Fresh', to: '1' },
    ]);
  });

  it('takes a database that did not answer for no change', () => {
    const plugins = SITE.plugins.map(({ id, name, version = '' }) => ({ id, name, version }));
    expect(compareSites([SITE], [{ ...SITE, plugins }])).toEqual([]);
    expect(compareSites([{ ...SITE, plugins }], [SITE])).toEqual([]);
  });
});
