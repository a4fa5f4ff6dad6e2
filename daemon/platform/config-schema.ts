/**
 * What the configuration may hold. The description of a key is what the page Settings says of it, that
 * of a section its title; a test holds that none is missing.
 */
import { z } from 'zod';
import { databases } from './config-databases.js';
import { downloads } from './config-downloads.js';
import { notices } from './config-notices.js';
import { msg, t } from './messages.js';

/** What defaults depend on. */
export interface Machine {
  cores: number;
  hostname: string;
  /** IANA name. */
  timeZone: string;
}

const port = z.int().min(0).max(65_535);
const filePath = z.string().min(1);
const uid = z.int().min(0).max(4_294_967_294);

const panel = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe(
      msg('Address the panel listens on; put a reverse proxy or TLS before leaving the machine'),
    ),
  port: port.default(3035).describe(msg('Port of the panel; 0 lets the system choose')),
  enabled: z.boolean().default(true).describe(msg('Whether there is a panel at all')),
  publicUrl: z
    .url({ protocol: /^https?$/, error: () => t('must be an http:// or https:// address') })
    .optional()
    .describe(msg('Where browsers reach the panel; sign-in links start with it')),
  tls: z
    .strictObject({
      certFile: filePath.describe(msg('Certificate of the panel, a PEM file')),
      keyFile: filePath.describe(msg('Its private key, a PEM file')),
    })
    .optional(),
});

const accounts = z
  .strictObject({
    source: z
      .enum([
        'auto',
        'linux',
        'directory',
        'cpanel',
        'directadmin',
        'hestiacp',
        'plesk',
        'virtualmin',
      ])
      .default('auto')
      .describe(
        msg(
          'Where accounts come from: the panel that is installed (auto), the users of this server, a list in a file, or one panel by name',
        ),
      ),
    uidMin: uid
      .default(1000)
      .describe(msg('The lowest uid that is an account, of the users of this server')),
    uidMax: uid.default(59_999).describe(msg('The highest uid that is an account')),
    file: filePath
      .optional()
      .describe(msg('The YAML file that lists the accounts, with the source “directory”')),
    mayRecreate: z
      .boolean()
      .default(false)
      .describe(msg('Whether a panel’s command may be run that makes an account again')),
    resellersOverSocket: z
      .boolean()
      .default(false)
      .describe(
        msg(
          'Whether the Unix user of an account that owns others acts as their reseller over the socket',
        ),
      ),
    crontabFolder: filePath
      .optional()
      .describe(msg('Where the crontabs of users are; looked for when not given')),
  })
  .refine((value) => value.uidMin <= value.uidMax, {
    path: ['uidMin'],
    error: () => t('must not be above accounts.uidMax'),
  })
  .refine((value) => value.source !== 'directory' || value.file !== undefined, {
    path: ['file'],
    error: () =>
      t('is needed with accounts.source "directory": the YAML file that lists the accounts'),
  });

const log = z.strictObject({
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe(msg('How much the log of the daemon says')),
});

function queue(machine: Machine) {
  return z.strictObject({
    concurrency: z
      .int()
      .min(1)
      .max(256)
      .default(machine.cores)
      .describe(msg('Tasks that run at once; the number of cores when not given')),
    nice: z
      .int()
      .min(0)
      .max(19)
      .default(10)
      .describe(msg('How far workers stand back for a processor: 0 not at all, 19 the most')),
    ioClass: z
      .enum(['idle', 'best-effort', 'none'])
      .default('best-effort')
      .describe(msg('How workers stand in line for disks')),
    ioLevel: z
      .int()
      .min(0)
      .max(7)
      .default(7)
      .describe(msg('Their place within the class “best-effort”: 0 first, 7 last')),
  });
}

/** Measured against 6: a quarter less time for 0.2 % more bytes on a typical account. */
export const DEFAULT_COMPRESSION_LEVEL = 4;

function backup(machine: Machine) {
  return z.strictObject({
    compressionLevel: z
      .int()
      .min(1)
      .max(9)
      .default(DEFAULT_COMPRESSION_LEVEL)
      .describe(msg('How hard compressed snapshots are compressed: 1 fast, 9 small')),
    threads: z
      .int()
      .min(1)
      .max(256)
      .default(machine.cores)
      .describe(msg('Threads that compress within one worker; the number of cores when not given')),
    retries: z
      .int()
      .min(0)
      .max(20)
      .default(1)
      .describe(
        msg('How often a failed task is tried again within its run, unless its job says otherwise'),
      ),
    retryDelaySeconds: z
      .number()
      .min(0)
      .max(86_400)
      .default(30)
      .describe(msg('How long a failed task waits before it is tried again')),
    maxDeadPercent: z
      .int()
      .min(5)
      .max(90)
      .default(30)
      .describe(
        msg(
          'How much of what incremental archives hold may be of no use to any snapshot, in per cent, before what is still of use is stored again',
        ),
      ),
    wordpressChecksums: z
      .string()
      .startsWith('/', { error: () => t('must be an absolute path') })
      .optional()
      .describe(
        msg('Folder with checksums of WordPress releases, for jobs that leave out core files'),
      ),
    crossMounts: z
      .boolean()
      .default(false)
      .describe(msg('Whether a backup enters file systems mounted inside an account’s home')),
  });
}

const timeZone = z
  .string()
  .refine(isTimeZone, { error: () => t('must name a time zone, as in "Europe/Berlin"') });

function schedule(machine: Machine) {
  return z.strictObject({
    timeZone: timeZone
      .default(machine.timeZone)
      .describe(msg('Of every time of day in schedules; the system’s when not given')),
    driver: z
      .enum(['internal', 'systemd'])
      .default('internal')
      .describe(
        msg(
          'Who starts what is due by the clock: the daemon (internal), or timers of systemd that call it',
        ),
      ),
  });
}
const days = z.int().min(1).max(36_500);

/** Beside the rules of each schedule. */
const retention = z.strictObject({
  manualDays: days
    .optional()
    .describe(
      msg(
        'How long snapshots are kept that someone asked for without a schedule; for ever when not given',
      ),
    ),
  orphanDays: days
    .optional()
    .describe(
      msg('How long snapshots of accounts are kept that are gone; for ever when not given'),
    ),
  floorDays: z
    .number()
    .min(0)
    .max(365)
    .default(1)
    .describe(msg('What is younger is never removed and pushes nothing out')),
  graceDays: z
    .number()
    .min(0)
    .max(365)
    .default(1)
    .describe(msg('From being shown as pending deletion to being removed')),
  accountLocks: z
    .int()
    .min(0)
    .max(1_000)
    .default(3)
    .describe(msg('How many of its snapshots an account may lock itself')),
});

/** The kinds of parts of an account that are restored on their own. */
export const ITEM_KINDS = ['files', 'database', 'database-user', 'mailbox', 'cron', 'zone', 'certificate', 'ftp', 'config'] as const; // prettier-ignore
export type ItemKind = (typeof ITEM_KINDS)[number];

/** Of keys that permissions took the place of. */
const nowPermission = (permission: string) =>
  z
    .undefined({
      error: () =>
        t(
          'is no longer a setting: remove it, and use permissions instead, as in: holdfast permission set {permission} yes',
          { permission },
        ),
    })
    .optional();

const restore = z.strictObject({
  safetyDays: z
    .number()
    .min(0.01)
    .max(365)
    .default(7)
    .describe(msg('How long what a restore replaced is kept, and the restore can be undone')),
  tenantsMaySkipSafety: nowPermission('restore.without-safety'),
  tenantRestores: z
    .int()
    .min(0)
    .max(100_000)
    .default(20)
    .describe(msg('How many restores an account may ask for itself within the hours below')),
  tenantDownloads: z
    .int()
    .min(0)
    .max(100_000)
    .default(50)
    .describe(msg('How many downloads an account may ask for itself within the hours below')),
  tenantHours: z
    .number()
    .min(0.01)
    .max(8_760)
    .default(24)
    .describe(msg('The hours that the two limits above count in')),
  tenantItems: nowPermission('restore.mailbox'),
  tenantDownloadItems: nowPermission('download.mailbox'),
});

const prune = z.strictObject({
  minAgeHours: z
    .number()
    .min(0)
    .max(8_760)
    .default(24)
    .describe(msg('How long something must have been without use before it is removed')),
  alarmDays: z
    .number()
    .min(0.01)
    .max(365)
    .default(7)
    .describe(msg('Without a successful prune of a destination for so long, the daemon says so')),
});

const auth = z.strictObject({
  requireTotp: z
    .enum(['none', 'admins', 'all'])
    .default('none')
    .describe(
      msg(
        'Who must type a code of an app after the password; whoever has none yet sets one up first',
      ),
    ),
});

const history = z.strictObject({
  keepDays: z
    .int()
    .min(1)
    .max(36_500)
    .default(365)
    .describe(
      msg(
        'Runs and events older than this are forgotten; never a run that made a snapshot still kept',
      ),
    ),
});

function server(machine: Machine) {
  return z.strictObject({
    name: z
      .string()
      .min(1)
      .max(255)
      .default(machine.hostname)
      .describe(
        msg(
          'What this server is called in messages and at destinations; its host name when not given',
        ),
      ),
  });
}

export function buildConfigSchema(machine: Machine) {
  return z.strictObject({
    server: server(machine).prefault({}).describe(msg('This server')),
    panel: panel.prefault({}).describe(msg('The panel')),
    accounts: accounts.prefault({}).describe(msg('Accounts')),
    queue: queue(machine).prefault({}).describe(msg('The queue and its workers')),
    backup: backup(machine).prefault({}).describe(msg('Backups')),
    databases: databases.prefault({}).describe(msg('Databases')),
    schedule: schedule(machine).prefault({}).describe(msg('Schedules')),
    auth: auth.prefault({}).describe(msg('Signing in')),
    history: history.prefault({}).describe(msg('What is remembered')),
    retention: retention.prefault({}).describe(msg('How long snapshots are kept')),
    restore: restore.prefault({}).describe(msg('Restores and downloads')),
    downloads: downloads.prefault({}).describe(msg('Prepared downloads')),
    prune: prune.prefault({}).describe(msg('Pruning')),
    notices: notices.prefault({}).describe(msg('Notifications')),
    log: log.prefault({}).describe(msg('The log of the daemon')),
    sandbox: z
      .boolean()
      .default(false)
      .describe(msg('An instance without root: checks that only root can pass are skipped')),
  });
}

export type ConfigSchema = ReturnType<typeof buildConfigSchema>;
export type Config = z.infer<ConfigSchema>;

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}
