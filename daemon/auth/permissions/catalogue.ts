/**
 * Everything that can be permitted to resellers and end users, by section, and whether it is when
 * nobody has said anything. Admins may all of it. A name is for ever: settings are stored by it.
 */
import { ITEM_KINDS, type ItemKind } from '../../platform/config-schema.js';
import { msg } from '../../platform/messages.js';

export interface Permission {
  name: PermissionName;
  section: Section;
  title: string;
  /** When no level says otherwise. */
  isAllowed: boolean;
}

/** In the order in which they are shown. */
export const SECTIONS = {
  snapshots: msg('Snapshots'),
  restore: msg('Restore'),
  'restore-items': msg('Restore: which parts'),
  download: msg('Download'),
  'download-items': msg('Download: which parts'),
  account: msg('Account'),
  activity: msg('Activity'),
  server: msg('Server'),
} as const;
export type Section = keyof typeof SECTIONS;

const PLAIN = {
  'snapshots.view': ['snapshots', msg('See snapshots and what is in them'), true],
  'snapshots.note': ['snapshots', msg('Write notes and labels'), true],
  'snapshots.lock': ['snapshots', msg('Lock and unlock snapshots'), true],
  'snapshots.verify': ['snapshots', msg('Have a snapshot verified'), false],
  'snapshots.delete': ['snapshots', msg('Delete a snapshot'), false],
  'backup.on-demand': ['snapshots', msg('Ask for a snapshot now'), true],
  'restore.overwrite': ['restore', msg('Restore to the original place'), true],
  'restore.mirror': ['restore', msg('Mirror: delete what the snapshot does not hold'), true],
  'restore.new-folder': ['restore', msg('Restore into a new folder'), true],
  'restore.without-safety': ['restore', msg('Restore without keeping what is replaced'), false],
  'restore.undo': ['restore', msg('Undo a restore'), true],
  'download.cpmove': ['download', msg('Download the account as a cPanel package (cpmove)'), false],
  'account.excludes': ['account', msg('Say what backups leave out'), true],
  'activity.view': ['activity', msg('See what was done, and by whom'), true],
  'runs.log': ['activity', msg('Read the logs of runs'), true],
  'destinations.view': ['server', msg('See at which destination a snapshot lies'), false],
  'jobs.view': ['server', msg('See which job made a snapshot'), false],
} as const;

const KIND_TITLES: Record<ItemKind, string> = {
  files: msg('Files'),
  database: msg('Databases'),
  'database-user': msg('Database users'),
  mailbox: msg('Mailboxes'),
  cron: msg('Cron jobs'),
  zone: msg('DNS zones'),
  certificate: msg('Certificates'),
  ftp: msg('FTP accounts'),
  config: msg('Configuration of the account'),
};

/** What a customer's panel lets it change itself, too. */
const RESTORED = new Set<ItemKind>(['files', 'database', 'database-user', 'mailbox', 'cron']);
const DOWNLOADED = new Set<ItemKind>([...RESTORED, 'zone', 'certificate']);

export type ItemUse = 'restore' | 'download';
export type PermissionName = keyof typeof PLAIN | `${ItemUse}.${ItemKind}`;

export function itemPermission(use: ItemUse, kind: ItemKind): PermissionName {
  return `${use}.${kind}`;
}

function ofItems(use: ItemUse, allowed: ReadonlySet<ItemKind>): Permission[] {
  return ITEM_KINDS.map((kind) => ({
    name: itemPermission(use, kind),
    section: `${use}-items`,
    title: KIND_TITLES[kind],
    isAllowed: allowed.has(kind),
  }));
}

export const PERMISSIONS: readonly Permission[] = [
  ...Object.entries(PLAIN).map(([name, [section, title, isAllowed]]) => ({
    name: name as keyof typeof PLAIN,
    ...{ section, title, isAllowed },
  })),
  ...ofItems('restore', RESTORED),
  ...ofItems('download', DOWNLOADED),
];

const BY_NAME = new Map<string, Permission>(PERMISSIONS.map((one) => [one.name, one]));

export function findPermission(name: string): Permission | undefined {
  return BY_NAME.get(name);
}

export function permissionOf(name: PermissionName): Permission {
  const found = BY_NAME.get(name);
  if (found === undefined) throw new Error(`The permission ${name} is not in the catalogue.`);
  return found;
}
