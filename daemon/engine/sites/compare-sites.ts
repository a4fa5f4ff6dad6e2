/** What became of an account's sites between two snapshots. Pure. */
import type { Site, SitePart } from './site.js';

type PartChange = 'installed' | 'updated' | 'removed' | 'activated' | 'deactivated';

export interface SiteChange {
  what:
    | 'found'
    | 'gone'
    | 'core-updated'
    | 'database-changed'
    | 'prefix-changed'
    | `plugin-${PartChange}`
    | `theme-${PartChange}`;
  /** Path reference of the site's folder. */
  path: string;
  url?: string;
  /** Of the plugin or theme. */
  name?: string;
  from?: string;
  to?: string;
}

/** In the order of the sites; a site is the same as long as its folder is. */
export function compareSites(before: readonly Site[], now: readonly Site[]): SiteChange[] {
  const earlier = new Map(before.map((site) => [site.path, site]));
  const later = new Set(now.map(({ path }) => path));
  return [
    ...before.filter(({ path }) => !later.has(path)).map((site) => change(site, 'gone')),
    ...now.flatMap((site) => {
      const old = earlier.get(site.path);
      if (old === undefined) return [change(site, 'found', moved(undefined, site.version))];
      return changesOf(old, site);
    }),
  ];
}

function changesOf(old: Site, site: Site): SiteChange[] {
  const changed = (what: SiteChange['what'], from?: string, to?: string): SiteChange[] =>
    from === to ? [] : [change(site, what, moved(from, to))];
  return [
    ...changed('core-updated', old.version, site.version),
    ...changed('database-changed', old.database, site.database),
    ...changed('prefix-changed', old.prefix, site.prefix),
    ...partChanges(site, 'plugin', old.plugins, site.plugins),
    ...partChanges(site, 'theme', old.themes, site.themes),
  ];
}

function partChanges(
  site: Site,
  kind: 'plugin' | 'theme',
  before: readonly SitePart[],
  now: readonly SitePart[],
): SiteChange[] {
  const earlier = new Map(before.map((part) => [part.id, part]));
  const later = new Set(now.map(({ id }) => id));
  const told = (what: PartChange, { name }: SitePart, more?: Partial<SiteChange>): SiteChange =>
    change(site, `${kind}-${what}`, { name, ...more });
  const gone = before.filter(({ id }) => !later.has(id));
  return [
    ...gone.map((part) => told('removed', part, moved(part.version, undefined))),
    ...now.flatMap((part) => {
      const old = earlier.get(part.id);
      const changes: SiteChange[] = [];
      if (old === undefined) changes.push(told('installed', part, moved(undefined, part.version)));
      else if (old.version !== part.version) {
        changes.push(told('updated', part, moved(old.version, part.version)));
      }
      const switched = switchOf(old, part);
      if (switched !== undefined) changes.push(told(switched, part));
      return changes;
    }),
  ];
}

/** Only where both are known: a database that does not answer switches nothing. */
function switchOf(old: SitePart | undefined, { isActive }: SitePart): PartChange | undefined {
  if (old === undefined) return isActive === true ? 'activated' : undefined;
  if (old.isActive === undefined || isActive === undefined || old.isActive === isActive) return;
  return isActive ? 'activated' : 'deactivated';
}

function change(
  { path, url }: Site,
  what: SiteChange['what'],
  more: Partial<SiteChange> = {},
): SiteChange {
  return { what, path, ...(url === undefined ? {} : { url }), ...more };
}

function moved(from: string | undefined, to: string | undefined): Partial<SiteChange> {
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}
