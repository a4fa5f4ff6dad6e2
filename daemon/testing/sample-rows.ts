/** Rows as the catalogue would give them, for specs of views. */
import { Account } from '../accounts/account.entity.js';
import { StoredDestination } from '../jobs/destination.entity.js';
import { Schedule } from '../jobs/schedule.entity.js';
import { WEEKDAYS } from '../jobs/schedule-input.js';
import { Run } from '../runs/run.entity.js';
import { Snapshot } from '../runs/snapshot.entity.js';
import { Task } from '../runs/task.entity.js';

export const now = new Date('2026-11-21T21:45:12Z');

export const HOSTILE = '<img src=x onerror=alert(1)>';

export const names = {
  accounts: new Map([['a1', 'alice']]),
  destinations: new Map([['d1', 'main']]),
  jobs: new Map([['j1', 'nightly']]),
};

export function secondsAgo(seconds: number): string {
  return new Date(now.getTime() - seconds * 1000).toISOString();
}

export function sampleAccount(given: Partial<Account> = {}): Account {
  return Object.assign(new Account(), {
    id: 'a1',
    name: 'alice',
    uid: 1001,
    gid: 1001,
    home: '/home/alice',
    user: 'alice',
    owner: null,
    package: null,
    email: null,
    source: 'linux',
    state: 'active',
    firstSeenAt: secondsAgo(86_400),
    lastSeenAt: secondsAgo(60),
    createdAt: null,
    excludes: [],
    origin: null,
    assignedTo: null,
    isAssumed: false,
    isSuspended: false,
    parts: null,
    tags: [],
    ...given,
  });
}

export function sampleSnapshot(given: Partial<Snapshot> = {}): Snapshot {
  return Object.assign(new Snapshot(), {
    id: '20261121T164512Z-3f9c2a',
    accountId: 'a1',
    destinationId: 'd1',
    jobId: 'j1',
    scheduleId: null,
    taskId: null,
    key: 'k',
    state: 'complete',
    structure: 'compressed',
    isDamaged: false,
    isLocked: false,
    lockedBy: null,
    isHidden: false,
    isSafety: false,
    startedAt: secondsAgo(18_000),
    finishedAt: secondsAgo(17_990),
    entries: 12,
    files: 10,
    contentBytes: 1_500_000,
    storedBytes: 600_000,
    problems: 0,
    excluded: 2,
    summary: null,
    note: '',
    labels: [],
    verifiedAt: null,
    missingAt: null,
    remark: null,
    pendingDeletionAt: null,
    pendingRule: null,
    pendingSinceMs: null,
    removedAt: null,
    ...given,
  });
}

export function sampleRun(given: Partial<Run> = {}): Run {
  return Object.assign(new Run(), {
    id: 7,
    kind: 'backup',
    jobId: 'j1',
    scheduleId: null,
    state: 'running',
    trigger: 'manual',
    request: {},
    requestedBy: 'root',
    requestedUid: 0,
    accountId: null,
    createdAt: secondsAgo(120),
    startedAt: secondsAgo(100),
    finishedAt: null,
    summary: null,
    error: null,
    retryOf: null,
    undoOf: null,
    partOf: null,
    ...given,
  });
}

/** Every day at 03:00. */
export function sampleSchedule(given: Partial<Schedule> = {}): Schedule {
  return Object.assign(new Schedule(), {
    id: 's1',
    jobId: 'j1',
    kind: 'daily',
    settings: { time: '03:00', weekdays: [...WEEKDAYS], jitterMinutes: 0 },
    retention: {},
    isEnabled: true,
    createdAt: secondsAgo(1000),
    lastDueAt: null,
    ...given,
  });
}

export function sampleTask(given: Partial<Task> = {}): Task {
  return Object.assign(new Task(), {
    id: 1,
    runId: 7,
    accountId: 'a1',
    destinationId: 'd1',
    snapshotId: null,
    state: 'queued',
    priority: 5,
    attempts: 0,
    phase: null,
    progress: null,
    result: null,
    error: null,
    createdAt: secondsAgo(120),
    startedAt: null,
    finishedAt: null,
    notBefore: null,
    ...given,
  });
}

export function sampleDestination(given: Partial<StoredDestination> = {}): StoredDestination {
  return Object.assign(new StoredDestination(), {
    id: 'd1',
    name: 'main',
    kind: 'local',
    settings: { path: '/backup' },
    sealedSecrets: null,
    diskLimitPercent: 90,
    owner: null,
    threads: null,
    bandwidthKib: null,
    isReadOnly: false,
    isVisible: true,
    notes: '',
    foreignServers: [],
    isEnabled: true,
    createdAt: secondsAgo(1000),
    removedAt: null,
    lastProbe: null,
    pruneStartedAt: null,
    lastPrunedAt: null,
    pruneAlarmAt: null,
    lastValidation: null,
    ...given,
  });
}
