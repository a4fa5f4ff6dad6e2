/**
 * Everything that notifies, in one table: its level, and what it is called and says. Texts are said
 * by `t` in the language of whoever is told. `admin` kinds go to channels, `owner` kinds by mail to
 * the owner of an account. One with `cleared` lasts: it is an open alert until it is over.
 */
import { msg } from '../platform/messages.js';

/** From the least to the most urgent. */
export const LEVELS = ['info', 'warning', 'error'] as const;
export type Level = (typeof LEVELS)[number];

export interface NoticeKindInfo {
  audience: 'admin' | 'owner';
  level: Level;
  title: string;
  /** An ICU message over the values of the notice. */
  text: string;
  /** What is said when it is over; undefined: it is a moment, not a state. */
  cleared?: string;
}

const KINDS = {
  'run-failed': {
    audience: 'admin',
    level: 'error',
    title: msg('A run failed'),
    text: msg('Run {run} ({work}: {subject}) failed.'),
  },
  'run-incomplete': {
    audience: 'admin',
    level: 'warning',
    title: msg('A run is incomplete'),
    text: msg('Run {run} ({work}: {subject}) is incomplete.'),
  },
  'run-interrupted': {
    audience: 'admin',
    level: 'warning',
    title: msg('A run was interrupted'),
    text: msg(
      'Run {run} ({work}: {subject}) was interrupted because the daemon stopped. Retry it to do the rest.',
    ),
  },
  'run-slow': {
    audience: 'admin',
    level: 'warning',
    title: msg('A run takes too long'),
    text: msg(
      'Run {run} ({work}: {subject}) has been going on for {hours, number} hours; {limit, number} were to be expected.',
    ),
    cleared: msg('The run has ended.'),
  },
  'job-silent': {
    audience: 'admin',
    level: 'error',
    title: msg('A job did not run'),
    text: msg(
      'The job {subject} should have run {days, plural, one {# day} other {# days}} ago and did not.',
    ),
    cleared: msg('The job ran again, or need not run any more.'),
  },
  'disk-filling': {
    audience: 'admin',
    level: 'warning',
    title: msg('A destination is filling up'),
    text: msg('The destination {subject} is {percent, number} % full.'),
    cleared: msg('There is room again.'),
  },
  'prune-overdue': {
    audience: 'admin',
    level: 'error',
    title: msg('Old snapshots are not removed'),
    text: msg(
      'No prune of the destination {subject} has succeeded for {days, plural, one {# day} other {# days}}.',
    ),
    cleared: msg('A prune succeeded.'),
  },
  'destination-unreachable': {
    audience: 'admin',
    level: 'error',
    title: msg('A destination cannot be reached'),
    text: msg('The destination {subject} cannot be used: {problem}'),
    cleared: msg('It can be used again.'),
  },
  'snapshot-damaged': {
    audience: 'admin',
    level: 'error',
    title: msg('A snapshot is damaged'),
    text: msg('The snapshot {snapshot} of the account {subject} is damaged.'),
    cleared: msg('The snapshot is whole again, or was removed.'),
  },
  'account-stale': {
    audience: 'admin',
    level: 'error',
    title: msg('An account has no good snapshot'),
    text: msg(
      'The account {subject} has had no good snapshot for {days, plural, one {# day} other {# days}}.',
    ),
    cleared: msg('There is a good snapshot again, or none is needed any more.'),
  },
  'account-source-failing': {
    audience: 'admin',
    level: 'error',
    title: msg('The accounts cannot be read'),
    text: msg('The account source {subject} fails: {problem}'),
    cleared: msg('The accounts can be read again.'),
  },
  'restore-finished': {
    audience: 'admin',
    level: 'info',
    title: msg('A restore has finished'),
    text: msg('The restore of {subject} has finished (run {run}).'),
  },
  'download-ready': {
    audience: 'admin',
    level: 'info',
    title: msg('A download is ready'),
    text: msg('The download of {subject} is ready (run {run}).'),
  },
  'on-demand-finished': {
    audience: 'admin',
    level: 'info',
    title: msg('A backup on demand has finished'),
    text: msg('The backup of {subject} that was asked for has finished (run {run}).'),
  },
  'sign-in-locked': {
    audience: 'admin',
    level: 'warning',
    title: msg('Signing in was locked'),
    text: msg(
      'After too many failed attempts, signing in has to wait from {count, plural, one {an address} other {# addresses}}.',
    ),
  },
  'owner-backup-failing': {
    audience: 'owner',
    level: 'error',
    title: msg('Backups of your account fail'),
    text: msg(
      'The last two backups of your account {subject} failed. Your earlier snapshots are still there. Whoever runs the server can see why.',
    ),
  },
  'owner-backup-working': {
    audience: 'owner',
    level: 'info',
    title: msg('Backups of your account work again'),
    text: msg('Your account {subject} has a new snapshot: backups work again.'),
  },
  'owner-restore-finished': {
    audience: 'owner',
    level: 'info',
    title: msg('Your restore has finished'),
    text: msg(
      '{state, select, complete {The restore that you asked for has finished.} incomplete {The restore that you asked for has finished, but not everything could be restored. Its page says what.} other {The restore that you asked for failed. Its page says why.}}',
    ),
  },
  'owner-download-ready': {
    audience: 'owner',
    level: 'info',
    title: msg('Your download is ready'),
    text: msg('The download that you asked for is ready.'),
  },
} as const satisfies Record<string, NoticeKindInfo>;

export type NoticeKind = keyof typeof KINDS;
type KindsFor<A extends 'admin' | 'owner'> = {
  [K in NoticeKind]: (typeof KINDS)[K] extends { audience: A } ? K : never;
}[NoticeKind];
/** What channels may be told of. */
export type AdminKind = KindsFor<'admin'>;
/** What owners of accounts may be told of. */
export type OwnerKind = KindsFor<'owner'>;
/** What lasts, and is an alert while it does. */
export type ConditionKind = {
  [K in NoticeKind]: (typeof KINDS)[K] extends { cleared: string } ? K : never;
}[NoticeKind];

/** What runs are about, for the value `work`. */
export const WORKS: Readonly<Record<string, string>> = {
  backup: msg('backup'),
  restore: msg('restore'),
  download: msg('download'),
  verify: msg('verification'),
  remove: msg('removal'),
  reindex: msg('reindex'),
  erase: msg('erasure'),
  prune: msg('prune'),
};

export const NOTICE_KINDS: Readonly<Record<NoticeKind, NoticeKindInfo>> = KINDS;

const ALL_KINDS = Object.keys(KINDS) as NoticeKind[];
export const ADMIN_KINDS = ALL_KINDS.filter((kind) => KINDS[kind].audience === 'admin') as [
  AdminKind,
  ...AdminKind[],
];

/** Whether something of this level is said where `lowest` is the lowest that is wanted. */
export function isAtLeast(level: Level, lowest: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(lowest);
}
