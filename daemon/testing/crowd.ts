/**
 * Fills a catalogue with as much as a busy server has after months: rows as its daemon would have
 * written them, made from one seed. For measuring and looking at pages, not for backing up.
 */
import { DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { Account } from '../accounts/account.entity.js';
import { ApiToken } from '../auth/api-token.entity.js';
import { RecordedEvent } from '../auth/event.entity.js';
import { Session } from '../auth/session.entity.js';
import { User } from '../auth/user.entity.js';
import { columns } from '../catalogue/columns.js';
import type { SnapshotSummary } from '../engine/types.js';
import { StoredDestination } from '../jobs/destination.entity.js';
import { Hook } from '../jobs/hook.entity.js';
import { Job } from '../jobs/job.entity.js';
import { Alert } from '../notices/alert.entity.js';
import { Run } from '../runs/run.entity.js';
import { Snapshot } from '../runs/snapshot.entity.js';
import { Task } from '../runs/task.entity.js';
import { sampleAccount, sampleDestination, sampleRun, sampleSnapshot, sampleTask } from './sample-rows.js'; // prettier-ignore

export interface Crowd {
  accounts: number;
  /** Of each account. */
  snapshotsEach: number;
  /** Backups of all accounts, with a task for each. */
  runs: number;
  events: number;
  destinations: number;
  jobs: number;
  hooks: number;
  /** Each an end user of an account, signed in, with a token. */
  users: number;
  /** About an account each; no more than there are. */
  alerts: number;
  /** What every snapshot is said to hold. */
  summary: SnapshotSummary | null;
}

const DAY_MS = 86_400_000;
const BATCH = 500;

/** How snapshots come out: one of the hundred has failed, some are incomplete, locked, noted. */
function fateOf(index: number): Partial<Snapshot> {
  if (index % 97 === 0) return { state: 'failed', finishedAt: null };
  if (index % 31 === 0) return { state: 'incomplete', problems: 3 };
  if (index % 53 === 0) return { isLocked: true, lockedBy: 'admin', note: 'Before the move' };
  return index % 41 === 0 ? { labels: ['before-update'] } : {};
}

export async function addCrowd(rows: DataSource, crowd: Crowd): Promise<{ accountIds: string[] }> {
  const now = Date.now();
  const ago = (days: number): string => new Date(now - days * DAY_MS).toISOString();
  const pad = (index: number): string => String(index).padStart(4, '0');
  const accountIds = Array.from({ length: crowd.accounts }, (_, i) => `crowd-a${pad(i)}`);
  const destinationIds = Array.from({ length: crowd.destinations }, (_, i) => `crowd-d${pad(i)}`);
  const jobIds = Array.from({ length: crowd.jobs }, (_, i) => `crowd-j${pad(i)}`);
  await fill(rows, Account, crowd.accounts, (i) =>
    sampleAccount({
      ...{ id: accountIds[i] ?? '', name: `crowd${pad(i)}`, user: `crowd${pad(i)}` },
      ...{ uid: 70_000 + i, gid: 70_000 + i, home: `/home/crowd${pad(i)}` },
      ...{ owner: `reseller${String(i % 7)}`, package: ['small', 'large'][i % 2] ?? null },
      firstSeenAt: ago(200),
    }),
  );
  await fill(
    rows,
    StoredDestination,
    crowd.destinations,
    (i) =>
    sampleDestination({ id: destinationIds[i] ?? '', name: `store-${pad(i)}`, settings: { path: `/backup/${pad(i)}` } }), // prettier-ignore
  );
  await fill(rows, Job, crowd.jobs, (i) =>
    Object.assign(new Job(), {
      ...{ id: jobIds[i] ?? '', name: `job-${pad(i)}`, structure: 'compressed' },
      ...{ accounts: 'all', excludes: [], useDefaultExcludes: true, skipWordpressCore: false },
      ...{ retries: 1, isEnabled: true, createdAt: ago(200) },
    }),
  );
  await fill(rows, Snapshot, crowd.accounts * crowd.snapshotsEach, (i) => {
    const account = i % crowd.accounts;
    const round = Math.floor(i / crowd.accounts);
    const startedAt = ago(round + account / crowd.accounts);
    const stamp = startedAt.replaceAll(/[-:]|\.\d+/g, '');
    return sampleSnapshot({
      ...{ id: `${stamp}-${i.toString(16).padStart(6, '0')}`, key: `crowd/${String(i)}` },
      ...{ accountId: accountIds[account] ?? '', jobId: null, startedAt, finishedAt: startedAt },
      destinationId: destinationIds[i % Math.max(1, crowd.destinations)] ?? '',
      ...{ contentBytes: 1_000_000 * (1 + (account % 900)), storedBytes: 300_000 + i },
      summary: crowd.summary,
      ...fateOf(i),
    });
  });
  await fill(rows, Run, crowd.runs, (i) => {
    const { id: _, ...run } = sampleRun({
      ...{ jobId: jobIds[i % Math.max(1, crowd.jobs)] ?? null, state: i % 20 === 0 ? 'failed' : 'complete' },
      ...{ createdAt: ago(crowd.runs - i), startedAt: ago(crowd.runs - i), finishedAt: ago(crowd.runs - i) },
    }); // prettier-ignore
    return run;
  });
  await addTasks(rows, crowd, { accountIds, destinationIds });
  await addPeople(rows, crowd, accountIds);
  await fill(rows, RecordedEvent, crowd.events, (i) => ({
    ...{ at: ago((crowd.events - i) / 500), actor: 'daemon', actorUid: null, origin: 'daemon' as const },
    ...{ address: null, action: 'account.backed-up', subjectKind: 'run', subjectId: '1' },
    ...{ accountId: accountIds[i % crowd.accounts] ?? null, details: { state: 'complete' } },
  })); // prettier-ignore
  return { accountIds };
}

/** Who signs in, and what an admin has to look after. */
async function addPeople(rows: DataSource, crowd: Crowd, accountIds: string[]): Promise<void> {
  const at = new Date().toISOString();
  const until = new Date(Date.now() + 7 * DAY_MS).toISOString();
  const userOf = (i: number): string => `crowd-u${String(i)}`;
  const accountOf = (i: number): string | null => accountIds[i % accountIds.length] ?? null;
  await fill(rows, User, crowd.users, (i) => ({
    ...{ id: userOf(i), name: `user${String(i).padStart(4, '0')}`, role: 'account', owner: null },
    ...{ accountId: accountOf(i), passwordHash: null, createdAt: at, disabledAt: null },
    ...{ totpSecret: null, totpSince: null, totpLastStep: null },
  }));
  await fill(rows, Session, crowd.users, (i) => ({
    ...{ id: `crowd-s${String(i)}`, userId: userOf(i), accountId: accountOf(i), role: 'account' },
    ...{ csrfToken: 'none', createdAt: at, lastSeenAt: at, address: '192.0.2.7', expiresAt: until },
    ...{ userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' },
    ...{ confirmedAt: null, viewingAccountId: null },
  }));
  await fill(rows, ApiToken, crowd.users, (i) => ({
    ...{ id: `crowd-t${String(i)}`, name: 'monitoring', userId: userOf(i), createdAt: at },
    ...{ expiresAt: until, lastUsedAt: at, isReadOnly: true },
  }));
  await fill(rows, Hook, crowd.hooks, (i) => ({
    ...{ id: `crowd-h${String(i)}`, name: `hook-${String(i)}`, moment: 'after', subject: 'run' },
    ...{ program: '/usr/bin/true', args: [], timeoutSeconds: 60, isEnabled: false, createdAt: at },
  }));
  await fill(rows, Alert, crowd.alerts, (i) => ({
    ...{ kind: 'account-stale', key: accountOf(i) ?? '', level: 'error', state: 'open' },
    facts: {
      ...{ subject: `crowd${String(i).padStart(4, '0')}`, values: { days: 3 }, list: [] },
      ...{ more: 0, runId: null },
    },
    ...{ since: at, lastSeenAt: at, acknowledgedAt: null, acknowledgedBy: null, clearedAt: null },
  }));
}

/** For the newest runs only: older ones are no different. */
async function addTasks(
  rows: DataSource,
  crowd: Crowd,
  { accountIds, destinationIds }: { accountIds: string[]; destinationIds: string[] },
): Promise<void> {
  const newest = await rows.getRepository(Run).find({ order: { id: 'DESC' }, take: 20 });
  for (const run of newest.slice(0, Math.min(20, crowd.runs))) {
    await fill(rows, Task, crowd.accounts, (i) => {
      const { id: _, ...task } = sampleTask({
        ...{ runId: run.id, accountId: accountIds[i] ?? '', destinationId: destinationIds[0] ?? '' },
        ...{ state: i % 50 === 0 ? 'failed' : 'complete', startedAt: run.startedAt, finishedAt: run.finishedAt },
      }); // prettier-ignore
      return task;
    });
  }
}

async function fill<T extends ObjectLiteral>(
  rows: DataSource,
  entity: EntityTarget<T>,
  count: number,
  make: (index: number) => object,
): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const size = Math.min(BATCH, count - from);
    const batch = Array.from({ length: size }, (_, i) => columns<T>(make(from + i) as never));
    await rows.createQueryBuilder().insert().into(entity).values(batch).execute();
  }
}
