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
