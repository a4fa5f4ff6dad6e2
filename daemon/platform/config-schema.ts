/** What the configuration may hold. Keys are documented here, in the words of the README. */
import { z } from 'zod';
import { LANGUAGES, type Language } from './messages.js';
import { OWNER_NOTICES } from './owner-notices.js';

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
  /** Address the panel listens on; put a reverse proxy or TLS before leaving the machine. */
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 lets the system choose. */
  port: port.default(3035),
  enabled: z.boolean().default(true),
  /** Where browsers reach the panel; sign-in links start with it. */
  publicUrl: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .optional(),
  tls: z.strictObject({ certFile: filePath, keyFile: filePath }).optional(),
});

const accounts = z
  .strictObject({
    /** `linux`: passwd entries from the uid range; `directory`: the YAML list in `file`; a panel; or
     * `auto`: the panel that is installed here, else `linux`. */
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
      .default('auto'),
    uidMin: uid.default(1000),
    uidMax: uid.default(59_999),
    file: filePath.optional(),
    /** Whether a panel's command may be run that makes an account again. */
    mayRecreate: z.boolean().default(false),
    /** Whether the Unix user of an account that owns others acts as their reseller over the socket. */
    resellersOverSocket: z.boolean().default(false),
    /** Where the crontabs of users are; looked for when not given. */
    crontabFolder: filePath.optional(),
  })
  .refine((value) => value.uidMin <= value.uidMax, {
    path: ['uidMin'],
    error: 'must not be above accounts.uidMax',
  })
  .refine((value) => value.source !== 'directory' || value.file !== undefined, {
    path: ['file'],
    error: 'is needed with accounts.source "directory": the YAML file that lists the accounts',
  });

const log = z.strictObject({
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

function queue(machine: Machine) {
  return z.strictObject({
    /** Tasks that run at once; the number of cores when not given. */
    concurrency: z.int().min(1).max(256).default(machine.cores),
    nice: z.int().min(0).max(19).default(10),
    ioClass: z.enum(['idle', 'best-effort', 'none']).default('best-effort'),
    ioLevel: z.int().min(0).max(7).default(7),
  });
}

/** Measured against 6: a quarter less time for 0.2 % more bytes on a typical account. */
export const DEFAULT_COMPRESSION_LEVEL = 4;

function backup(machine: Machine) {
  return z.strictObject({
    compressionLevel: z.int().min(1).max(9).default(DEFAULT_COMPRESSION_LEVEL),
    /** Threads that compress within one worker; the number of cores when not given. */
    threads: z.int().min(1).max(256).default(machine.cores),
    /** How often a failed task is tried again within its run. */
    retries: z.int().min(0).max(20).default(1),
    retryDelaySeconds: z.number().min(0).max(86_400).default(30),
    /** How much of what incremental archives hold may be of no use to any snapshot, in per cent, before
     * what is still of use is stored again. */
    maxDeadPercent: z.int().min(5).max(90).default(30),
    /** Folder with checksums of WordPress releases, for jobs that leave out core files. */
    wordpressChecksums: z.string().startsWith('/', 'must be an absolute path').optional(),
    /** Whether a backup enters file systems mounted inside an account's home. */
    crossMounts: z.boolean().default(false),
  });
}

const timeZone = z.string().refine(isTimeZone, 'must name a time zone, as in "Europe/Berlin"');

function schedule(machine: Machine) {
  return z.strictObject({
    /** Of every time of day in schedules; the system's when not given. */
    timeZone: timeZone.default(machine.timeZone),
    /** Who starts what is due by the clock: the daemon, or timers of systemd that call it. */
    driver: z.enum(['internal', 'systemd']).default('internal'),
  });
}
const days = z.int().min(1).max(36_500);

/** Beside the rules of each schedule. */
const retention = z.strictObject({
  /** Snapshots that someone asked for without a schedule; for ever when not given. */
  manualDays: days.optional(),
  /** Those of accounts that have been gone for so long; for ever when not given. */
  orphanDays: days.optional(),
  /** What is younger is never removed and pushes nothing out. */
  floorDays: z.number().min(0).max(365).default(1),
  /** From being shown as pending deletion to being removed. */
  graceDays: z.number().min(0).max(365).default(1),
  /** How many of its snapshots an account may lock itself. */
  accountLocks: z.int().min(0).max(1_000).default(3),
});

/** The kinds of parts of an account that are restored on their own. */
export const ITEM_KINDS = ['files', 'database', 'database-user', 'mailbox', 'cron', 'zone', 'certificate', 'ftp', 'config'] as const; // prettier-ignore
export type ItemKind = (typeof ITEM_KINDS)[number];

/** Of keys that permissions took the place of. */
const nowPermission = (permission: string) =>
  z
    .undefined({
      error: `is no longer a setting: remove it, and use permissions instead, as in: holdfast permission set ${permission} yes`,
    })
    .optional();

const restore = z.strictObject({
  /** How long what a restore replaced is kept, and the restore can be undone. */
  safetyDays: z.number().min(0.01).max(365).default(7),
  tenantsMaySkipSafety: nowPermission('restore.without-safety'),
  /** How many restores and how many downloads an account may ask for itself within `tenantHours`. */
  tenantRestores: z.int().min(0).max(100_000).default(20),
  tenantDownloads: z.int().min(0).max(100_000).default(50),
  tenantHours: z.number().min(0.01).max(8_760).default(24),
  tenantItems: nowPermission('restore.mailbox'),
  tenantDownloadItems: nowPermission('download.mailbox'),
});

const prune = z.strictObject({
  /** How long something must have been without use before it is removed. */
  minAgeHours: z.number().min(0).max(8_760).default(24),
  /** Without a successful prune of a destination for so long, the daemon says so. */
  alarmDays: z.number().min(0.01).max(365).default(7),
});

const notices = z.strictObject({
  /** Of messages to channels, and to owners who chose none. */
  language: z
    .enum(Object.keys(LANGUAGES) as [Language, ...Language[]], {
      error: `must be one of ${Object.keys(LANGUAGES).join(', ')}`,
    })
    .default('en'),
  /** How late a job may be before it is told. */
  jobDays: z.number().min(0.01).max(365).default(1),
  /** A run is slow that takes longer than this, */
  runHours: z.number().min(0.01).max(8_760).default(24),
  /** or more than so many times as long as usual. */
  runFactor: z.number().min(1).max(1_000).default(3),
  /** A destination that is fuller is told. */
  diskPercent: z.int().min(1).max(100).default(90),
  /** How long an account may be without a good snapshot. */
  accountDays: z.number().min(0.01).max(365).default(3),
  /** How often destinations are tried. */
  probeMinutes: z.number().min(1).max(1_440).default(15),
  /** Messages of one channel within an hour; what is more becomes one. Also mails to owners a minute. */
  perHour: z.int().min(1).max(1_000).default(20),
  /** What owners of accounts are told of at all. */
  ownerKinds: z
    .array(z.enum(OWNER_NOTICES, { error: `must be of these: ${OWNER_NOTICES.join(', ')}` }))
    .default([...OWNER_NOTICES]),
});

const databases = z.strictObject({
  /** MariaDB or MySQL. `auto`: if its socket is found; `on`: its absence is an error. */
  mariadb: z.enum(['auto', 'on', 'off']).default('auto'),
  mariadbSocket: filePath.optional(),
  /** Whoever runs the daemon when neither this nor the option file tells. */
  mariadbUser: z.string().min(1).max(128).optional(),
  /** With user and password in its [client] section; /root/.my.cnf when it is there. */
  mariadbOptionFile: filePath.optional(),
  /** `auto`: if its socket is found; `on`: its absence is an error. */
  postgresql: z.enum(['auto', 'on', 'off']).default('auto'),
  /** The folder of its socket. */
  postgresqlSocket: filePath.optional(),
  postgresqlPort: z.int().min(1).max(65_535).optional(),
  /** A role that may do everything. */
  postgresqlUser: z.string().min(1).max(63).optional(),
  /** With its password, as `psql` has it: host:port:database:user:password. */
  postgresqlPassFile: filePath.optional(),
  /** The Unix user whom the server knows as that role; root becomes `postgres` unless there is a
   * password. */
  postgresqlSystemUser: z.string().min(1).max(32).optional(),
  /** Where the account source names no databases: those called like the account and `_` are its own. */
  byPrefix: z.boolean().default(true),
});

const auth = z.strictObject({
  /** Who must type a code of an app after the password; whoever has none yet sets one up first. */
  requireTotp: z.enum(['none', 'admins', 'all']).default('none'),
});

const history = z.strictObject({
  /** Runs and events older than this are forgotten; never a run that made a snapshot still kept. */
  keepDays: z.int().min(1).max(36_500).default(365),
});

function server(machine: Machine) {
  return z.strictObject({ name: z.string().min(1).max(255).default(machine.hostname) });
}

export function buildConfigSchema(machine: Machine) {
  return z.strictObject({
    server: server(machine).prefault({}),
    panel: panel.prefault({}),
    accounts: accounts.prefault({}),
    queue: queue(machine).prefault({}),
    backup: backup(machine).prefault({}),
    databases: databases.prefault({}),
    schedule: schedule(machine).prefault({}),
    auth: auth.prefault({}),
    history: history.prefault({}),
    retention: retention.prefault({}),
    restore: restore.prefault({}),
    prune: prune.prefault({}),
    notices: notices.prefault({}),
    log: log.prefault({}),
    /** An instance without root: checks that only root can pass are skipped. */
    sandbox: z.boolean().default(false),
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
