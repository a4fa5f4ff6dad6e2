/** What Holdfast is to reach against its peers, as ratios. */
import type { Target } from './report.js';

export const ARCHIVE_TARGETS: Target[] = [
  {
    work: 'archived, first',
    ours: 'holdfast-archived',
    theirs: 'tar',
    quantity: 'wallSeconds',
    atMost: 0.9,
  },
  {
    work: 'archived, first',
    ours: 'holdfast-archived',
    theirs: 'tar-synced',
    quantity: 'wallSeconds',
  },
  {
    work: 'archived, first',
    ours: 'holdfast-archived',
    theirs: 'tar-hashed',
    quantity: 'wallSeconds',
  },
  {
    work: 'compressed, first',
    ours: 'holdfast-compressed',
    theirs: 'gzip',
    quantity: 'wallSeconds',
    atMost: 0.2,
  },
  {
    work: 'compressed, first',
    ours: 'holdfast-compressed',
    theirs: 'pigz',
    quantity: 'wallSeconds',
    atMost: 0.4,
  },
  {
    work: 'compressed, size',
    ours: 'holdfast-compressed',
    theirs: 'gzip',
    quantity: 'sizeBytes',
    atMost: 1.02,
  },
  {
    work: 'compressed, size',
    ours: 'holdfast-compressed',
    theirs: 'pigz',
    quantity: 'sizeBytes',
    atMost: 1.02,
  },
  {
    work: 'one file of a .tar.gz',
    ours: 'holdfast-one',
    theirs: 'tar-one',
    quantity: 'wallSeconds',
    atMost: 0.03,
  },
  {
    work: 'one file',
    ours: 'holdfast-one',
    theirs: 'restic-one',
    quantity: 'wallSeconds',
    atMost: 0.4,
  },
  {
    work: 'restore, compressed',
    ours: 'holdfast-restore-compressed',
    theirs: 'targz-restore',
    quantity: 'wallSeconds',
    atMost: 0.5,
  },
  {
    work: 'restore, compressed',
    ours: 'holdfast-restore-compressed',
    theirs: 'restic-restore',
    quantity: 'wallSeconds',
    atMost: 0.5,
  },
  {
    work: 'restore, archived',
    ours: 'holdfast-restore-archived',
    theirs: 'tar-restore',
    quantity: 'wallSeconds',
  },
];

const TREE = ['tree', 'rsync'] as const;
const ARCHIVES = ['archives', 'restic'] as const;

/** Of one kind of day: what is compared, and how much it may take. */
function onDay(
  day: string,
  work: string,
  [ours, theirs]: readonly [string, string],
  atMost: number,
): Target[] {
  const target = { work, ours: `${ours}-${day}`, theirs: `${theirs}-${day}`, atMost };
  return [{ ...target, quantity: 'wallSeconds' }];
}

/** Wall and processor time. */
function bothOnDay(...args: Parameters<typeof onDay>): Target[] {
  return onDay(...args).flatMap((target) => [target, { ...target, quantity: 'cpuSeconds' }]);
}

export const INCREMENTAL_TARGETS: Target[] = [
  ...onDay('first', 'tree, first', TREE, 0.6),
  ...bothOnDay('nothing-changed', 'tree, nothing changed', TREE, 0.25),
  ...bothOnDay('1-changed', 'tree, 1 % changed', TREE, 0.4),
  ...bothOnDay('after-a-month-1-changed', 'tree, after a month', TREE, 0.4),
  ...onDay('first', 'archives, first', ARCHIVES, 0.6),
  ...onDay('nothing-changed', 'archives, nothing changed', ARCHIVES, 0.4),
  ...onDay('1-changed', 'archives, 1 % changed', ARCHIVES, 0.7),
  ...onDay('after-a-month-1-changed', 'archives, after a month', ARCHIVES, 0.7),
];

export const DATABASE_TARGETS: Target[] = [
  {
    work: '200 databases, compressed',
    ours: 'holdfast-databases-compressed',
    theirs: 'dumps',
    quantity: 'wallSeconds',
    atMost: 1.3,
  },
  {
    work: '200 databases, incremental, first',
    ours: 'holdfast-databases-incremental0',
    theirs: 'dumps',
    quantity: 'wallSeconds',
    atMost: 1.3,
  },
  {
    work: '200 databases, incremental, one row changed',
    ours: 'holdfast-databases-incremental1',
    theirs: 'dumps',
    quantity: 'wallSeconds',
    atMost: 1.3,
  },
];
