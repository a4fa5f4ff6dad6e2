/** The sections of the panel, in groups, as whoever is signed in sees them. Pure. */
import type { Actor } from '../daemon/auth/actor.js';
import { msg, t } from '../daemon/platform/messages.js';
import { urls } from './routes.js';
import type { IconName } from './wording.js';

interface Item {
  label: string;
  href: string;
  icon: IconName;
  /** Who sees it; undefined: everybody. */
  roles?: readonly Actor['role'][];
}

const ADMINS = ['admin'] as const;
const HOSTS = ['admin', 'reseller'] as const;

const ITEMS = {
  dashboard: { label: msg('Dashboard'), href: urls.dashboard(), icon: 'speedometer' },
  accounts: { label: msg('Accounts'), href: urls.accounts(), icon: 'person-lines-fill', roles: HOSTS },
  days: { label: msg('Restore'), href: urls.days(), icon: 'arrow-counterclockwise' },
  find: { label: msg('Find a file'), href: urls.find(), icon: 'search' },
  snapshots: { label: msg('Snapshots'), href: urls.snapshots(), icon: 'camera' },
  queue: { label: msg('Queue'), href: urls.queue(), icon: 'hourglass-split' },
  downloads: { label: msg('Downloads'), href: urls.downloads(), icon: 'download' },
  runs: { label: msg('Runs'), href: urls.runs(), icon: 'list-task' },
  activity: { label: msg('Activity'), href: urls.activity(), icon: 'clock' },
  alerts: { label: msg('Alerts'), href: urls.alerts(), icon: 'bell', roles: ADMINS },
  jobs: { label: msg('Jobs'), href: urls.jobs(), icon: 'stack', roles: ADMINS },
  schedules: { label: msg('Schedules'), href: urls.schedules(), icon: 'calendar3', roles: ADMINS },
  destinations: { label: msg('Destinations'), href: urls.destinations(), icon: 'hdd', roles: ADMINS },
  hooks: { label: msg('Hooks'), href: urls.hooks(), icon: 'plug', roles: ADMINS },
  conditions: { label: msg('Conditions'), href: urls.conditions(), icon: 'shield-check', roles: ADMINS },
  permissions: { label: msg('Permissions'), href: urls.permissions(), icon: 'lock', roles: HOSTS },
  users: { label: msg('Users'), href: urls.users(), icon: 'people', roles: ADMINS },
  settings: { label: msg('Settings'), href: urls.settings(), icon: 'gear', roles: ADMINS },
  about: { label: msg('About Holdfast'), href: urls.about(), icon: 'info-circle' },
  'my-account': { label: msg('My account'), href: urls.myAccount(), icon: 'person' },
} as const satisfies Record<string, Item>; // prettier-ignore

export type Section = keyof typeof ITEMS;

/** What is done every day, what is set up once, who may do it. */
const GROUPS: readonly (readonly Section[])[] = [
  [
    'dashboard',
    'accounts',
    'days',
    'find',
    'snapshots',
    'downloads',
    'queue',
    'runs',
    'activity',
    'alerts',
  ],
  ['jobs', 'schedules', 'destinations', 'hooks', 'conditions'],
  ['permissions', 'users', 'settings', 'my-account', 'about'],
];

export interface NavItem {
  label: string;
  href: string;
  icon: IconName;
  isHere: boolean;
  /** Of what waits for somebody there; 0 is not shown. */
  count: number;
}
export type NavGroup = NavItem[];

/** Without groups that are empty for this actor. */
export function navigationOf(
  actor: Actor | undefined,
  here: Section | undefined,
  counts: Partial<Record<Section, number>> = {},
): NavGroup[] {
  if (actor === undefined) return [];
  const toItem = (section: Section): NavItem => {
    const { label, href, icon } = ITEMS[section];
    return { label: t(label), href, icon, isHere: section === here, count: counts[section] ?? 0 };
  };
  return GROUPS.map((group) =>
    group.filter((section) => isSeenBy(actor, section)).map(toItem),
  ).filter((group) => group.length > 0);
}

function isSeenBy(actor: Actor, section: Section): boolean {
  const { roles }: Item = ITEMS[section];
  return roles === undefined || roles.includes(actor.role);
}
