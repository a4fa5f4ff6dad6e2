/** The panel's pages as they are looked at: with rows as wide as they get, and the address of each page. */
import { DataSource } from 'typeorm';
import { accountParts } from '../accounts/account-parts.js';
import { Account } from '../accounts/account.entity.js';
import { systemActor } from '../auth/actor.js';
import { UsersService } from '../auth/users.service.js';
import { columns } from '../catalogue/columns.js';
import { parseFilter } from '../jobs/account-filter-text.js';
import { StoredDestination } from '../jobs/destination.entity.js';
import { HooksService } from '../jobs/hooks.service.js';
import { JobsService } from '../jobs/jobs.service.js';
import { Snapshot } from '../runs/snapshot.entity.js';
import { paths } from '../../panel-ui/routes.js';
import { fillPath, type PanelDaemon } from './panel-daemon.js';
import { ROUTES, type RouteName } from './panel-routes.js';
import { HOSTILE, sampleDestination, secondsAgo } from './sample-rows.js';

export type Looker = 'admin' | 'reseller' | 'owner' | 'nobody';

const LOOKERS: readonly Looker[] = ['admin', 'reseller', 'owner', 'nobody'];
const LONG_DESTINATION = 'one-with-a-long-name';
const LONG_USER = 'u'.repeat(64);

/** The same page otherwise: `anna` and her snapshot are put in as in the paths. */
const MORE: Partial<Record<RouteName, readonly string[]>> = {
  snapshot: ['/snapshots/:id?path=homedir/public_html', '/snapshots/:id?q=index'],
  destination: [`/destinations/${LONG_DESTINATION}`],
  permissions: ['/permissions?level=account&name=anna'],
  job: ['/jobs/filtered'],
  hook: ['/hooks/flush'],
  newChannel: ['mail', 'webhook', 'slack', 'ntfy'].map((kind) => `/new-channel?kind=${kind}`),
  newDestination: ['ssh', 's3'].map((kind) => `/new-destination?kind=${kind}`),
  newSchedule: ['hourly', 'weekly', 'monthly', 'on-demand'].map(
    (kind) => `/jobs/:name/new-schedule?kind=${kind}`,
  ),
  user: [`/users/${LONG_USER}`],
  days: ['/restore?account=anna', '/restore?account=anna&day=2026-11-21'],
  find: ['/find?account=anna&q=*.txt', '/find?account=anna&q=nothing'],
  account: ['/accounts/:name?month=2026-10'],
  snapshots: ['/snapshots?label=nothing-has-it'],
  activity: ['/activity?account=anna'],
};

/** Denied to others. */
const ADMINS_MORE: Partial<Record<RouteName, readonly string[]>> = {
  sessions: ['/my-account/sessions?whose=all'],
};

export interface Look {
  name: RouteName;
  url: string;
}

/** Every page that this looker may see, and one where nothing is. */
export function looksOf(panel: PanelDaemon, looker: Looker): Look[] {
  const index = LOOKERS.indexOf(looker);
  const names = Object.keys(ROUTES) as RouteName[];
  return names.flatMap((name) => {
    const { get } = ROUTES[name];
    const status = get?.answers[index] ?? 303;
    if (get?.kind !== 'page' || status === 303 || status === 403) return [];
    const forms = [...(MORE[name] ?? []), ...(looker === 'admin' ? (ADMINS_MORE[name] ?? []) : [])];
    const more = forms.map((pattern) => fillPath(pattern, panel, 'anna'));
    return [addressOf(name, panel, 'anna'), ...more].map((url) => ({ name, url }));
  });
}

/** A path of the panel's table with what belongs to an account in its places, and the query it needs. */
export function addressOf(name: RouteName, panel: PanelDaemon, whose: 'anna' | 'bob'): string {
  const filled = fillPath(paths[name], panel, whose);
  if (name !== 'versions' && name !== 'versionDiff') return filled;
  const path = `homedir/public_html/${HOSTILE.replaceAll('/', '')}.txt`;
  const query = new URLSearchParams({ account: whose, path });
  const snapshot = whose === 'anna' ? panel.annasSnapshot : panel.bobsSnapshot;
  if (name === 'versionDiff') query.set('before', snapshot);
  if (name === 'versionDiff') query.set('after', snapshot);
  return `${filled}?${query.toString()}`;
}

/** What a panel may tell of an account, long names with it. */
const parts = accountParts.parse({
  domains: [{ name: `${'sub.'.repeat(60)}anna.example` }, { name: 'anna.example' }],
  databases: [{ engine: 'mariadb', name: 'd'.repeat(64) }],
  mailboxes: Array.from({ length: 25 }, (_, i) => ({
    address: `box${i}@anna.example`,
    path: '/m',
  })),
  crontab: '/var/spool/cron/anna',
  problems: [`"/var/cpanel/${'x'.repeat(200)}" was not used: it is a symlink.`],
});

/** Rows as wide as they get. */
export async function strain({ daemon, annasSnapshot }: PanelDaemon): Promise<void> {
  const get = <T>(type: new (...args: never[]) => T): T => daemon.app.get(type, { strict: false });
  const rows = get(DataSource);
  const destination = sampleDestination({
    name: LONG_DESTINATION,
    owner: 'reseller-with-a-long-name',
    isVisible: false,
    lastProbe: {
      ...{ at: secondsAgo(9), isOk: false, freeBytes: 123e9, totalBytes: 271e9 },
      message: `It is not mounted: ${HOSTILE}`,
    },
  });
  await rows.getRepository(StoredDestination).insert(columns(destination));
  const said = { note: 'w'.repeat(500), labels: ['before-update', 'k'.repeat(32)] };
  await rows.getRepository(Snapshot).update({ id: annasSnapshot }, said);
  await rows.getRepository(Account).update({ name: 'anna' }, { isSuspended: true, parts });
  await get(JobsService).add(systemActor, {
    ...{ name: 'filtered', structure: 'archived', destinations: ['main'] },
    accounts: parseFilter(['name~^[ab]', 'not tag=vip']),
  });
  const flush = { moment: 'before', subject: 'task', program: '/usr/bin/env' } as const;
  const args = ['--', 'w'.repeat(300)];
  await get(HooksService).add(systemActor, { ...flush, name: 'flush', args });
  const user = { name: LONG_USER, role: 'account', account: 'anna' } as const;
  await get(UsersService).add(systemActor, user);
}
