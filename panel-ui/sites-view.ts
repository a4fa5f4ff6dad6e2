/** WordPress sites and what became of them, ready to show. Their texts are a tenant's. */
import type { RecordedEvent } from '../daemon/auth/event.entity.js';
import type { Site } from '../daemon/engine/sites/site.js';
import { displayReference, formReference } from './pages/snapshot/path-trail.js';
import { countOf, displayText, timeView, type TimeView } from './wording.js';

export interface SiteRow {
  title: string;
  /** As text: nobody vouches for where it leads. */
  address: string;
  path: string;
  /** As a form carries it. */
  reference: string;
  version: string;
  database: string;
  /** Why only its files are in the snapshot. */
  databaseNote: string | undefined;
  plugins: string;
}

export function toSiteRow(site: Site): SiteRow {
  const { database, prefix } = site;
  const active = site.plugins.filter(({ isActive }) => isActive === true).length;
  const isKnown = site.plugins.some(({ isActive }) => isActive !== undefined);
  return {
    title: displayText(site.title ?? 'Untitled'),
    address: displayText(site.url ?? ''),
    path: displayReference(site.path),
    reference: formReference(site.path),
    version: displayText(site.version ?? 'unknown'),
    database: displayText([database, prefix].filter((text) => text !== undefined).join(', ')),
    databaseNote: site.isDatabaseOwn ? undefined : 'not in the snapshot',
    plugins: countOf(site.plugins.length, 'plugin') + (isKnown ? `, ${String(active)} active` : ''),
  };
}

export interface SiteEventRow {
  at: TimeView;
  text: string;
  path: string;
}

const SUBJECTS = /^site\.(?:(core|plugin|theme|database|prefix)-)?([a-z-]+)$/;
const THINGS: Record<string, string> = {
  core: 'WordPress',
  plugin: 'Plugin',
  theme: 'Theme',
  database: 'Database',
  prefix: 'Table prefix',
};

/** `Plugin SEO updated, 1.2 → 1.3`. */
export function toSiteEventRow({ at, action, details }: RecordedEvent, now: Date): SiteEventRow {
  const detail = (name: string): string => textOf(details[name]);
  const [, thing, what = ''] = SUBJECTS.exec(action) ?? [];
  const [from, to, name] = [detail('from'), detail('to'), detail('name')];
  const subject = thing === undefined ? 'Site' : [THINGS[thing] ?? thing, name].join(' ').trim();
  const versions = from !== '' && to !== '' ? `${from} → ${to}` : from || to;
  const head = action === 'site.more-changed' ? `and ${detail('more')} more changes` : `${subject} ${what}`; // prettier-ignore
  return {
    at: timeView(at, now),
    text: displayText(versions === '' ? head : `${head}, ${versions}`),
    path: detail('path') === '' ? '' : displayReference(detail('path')),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
