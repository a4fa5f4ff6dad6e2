import type { SiteView } from '../api/site-views.js';
import { humanCount, plain } from './format.js';
import { table } from './table.js';

export function siteTable(sites: readonly SiteView[]): string {
  if (sites.length === 0) return 'No WordPress sites.';
  return table(sites, [
    { title: 'PATH', value: (site) => plain(site.path) },
    { title: 'TITLE', value: (site) => plain(site.title ?? '') },
    { title: 'ADDRESS', value: (site) => plain(site.url ?? '') },
    { title: 'WORDPRESS', value: (site) => plain(site.version ?? 'unknown') },
    { title: 'DATABASE', value: (site) => plain(databaseText(site)) },
    { title: 'PREFIX', value: (site) => plain(site.prefix ?? '') },
    { title: 'PLUGINS', value: (site) => humanCount(site.plugins.length), align: 'right' },
  ]);
}

function databaseText({ database, isDatabaseOwn }: SiteView): string {
  if (database === undefined) return 'unknown';
  return isDatabaseOwn ? database : `${database} (not the account's)`;
}
