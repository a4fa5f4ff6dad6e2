/** WordPress sites and what became of them, ready to show. Their texts are a tenant's. */
import { msg, t } from '../daemon/platform/messages.js';
import type { RecordedEvent } from '../daemon/auth/event.entity.js';
import type { Site } from '../daemon/engine/sites/site.js';
import { displayReference, formReference } from './pages/snapshot/path-trail.js';
import { displayText, timeView, type TimeView } from './wording.js';

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
    title: displayText(site.title ?? t('Untitled')),
    address: displayText(site.url ?? ''),
    path: displayReference(site.path),
    reference: formReference(site.path),
    version: displayText(site.version ?? 'unknown'),
    database: displayText([database, prefix].filter((text) => text !== undefined).join(', ')),
    databaseNote: site.isDatabaseOwn ? undefined : t('not in the snapshot'),
    plugins:
      t('{count, plural, one {# plugin} other {# plugins}}', { count: site.plugins.length }) +
      (isKnown ? t(', {active} active', { active: String(active) }) : ''),
  };
}

export interface SiteEventRow {
  at: TimeView;
  text: string;
  path: string;
}

const SUBJECTS = /^site\.(?:(core|plugin|theme|database|prefix)-)?([a-z-]+)$/;
const THINGS: Record<string, string> = {
  core: msg('WordPress'),
  plugin: msg('Plugin'),
  theme: msg('Theme'),
  database: msg('Database'),
  prefix: msg('Table prefix'),
};

const WHAT: Record<string, string> = {
  found: msg('found'),
  gone: msg('gone'),
  changed: msg('changed'),
  installed: msg('installed'),
  updated: msg('updated'),
  removed: msg('removed'),
  activated: msg('activated'),
  deactivated: msg('deactivated'),
};

/** `Plugin SEO updated, 1.2 → 1.3`. */
export function toSiteEventRow({ at, action, details }: RecordedEvent, now: Date): SiteEventRow {
  const detail = (name: string): string => textOf(details[name]);
  const [, thing, what = ''] = SUBJECTS.exec(action) ?? [];
  const [from, to, name] = [detail('from'), detail('to'), detail('name')];
  const subject =
    thing === undefined ? t('Site') : [t(THINGS[thing] ?? thing), name].join(' ').trim();
  const versions = from !== '' && to !== '' ? `${from} → ${to}` : from || to;
  const head = action === 'site.more-changed' ? t('and {more} more changes', { more: detail('more') }) : `${subject} ${t(WHAT[what] ?? what)}`; // prettier-ignore
  return {
    at: timeView(at, now),
    text: displayText(versions === '' ? head : `${head}, ${versions}`),
    path: detail('path') === '' ? '' : displayReference(detail('path')),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
