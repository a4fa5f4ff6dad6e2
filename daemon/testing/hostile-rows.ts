/** Rows of every kind whose texts are as hostile as the data model lets them be: around services that would refuse. */
import { DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { accountParts } from '../accounts/account-parts.js';
import { Account } from '../accounts/account.entity.js';
import { ApiToken } from '../auth/api-token.entity.js';
import { RecordedEvent } from '../auth/event.entity.js';
import { Session } from '../auth/session.entity.js';
import { User } from '../auth/user.entity.js';
import { columns } from '../catalogue/columns.js';
import { StoredDestination } from '../jobs/destination.entity.js';
import { Hook } from '../jobs/hook.entity.js';
import { Job } from '../jobs/job.entity.js';
import { Alert } from '../notices/alert.entity.js';
import { Channel } from '../notices/channel.entity.js';
import { RestoreCondition } from '../runs/restore-condition.entity.js';
import { Run } from '../runs/run.entity.js';
import { Snapshot } from '../runs/snapshot.entity.js';
import { Task } from '../runs/task.entity.js';
import { sampleAccount, sampleDestination, sampleRun, sampleSnapshot, sampleTask } from './sample-rows.js'; // prettier-ignore

const MARKUP = `"><img src=x onerror=alert(1)></script><script>alert(2)</script>'&amp;`;
const MOVING = '\u001b[2J\u001b]0;mine\u0007\r\b\u0085\u202egnp.exe\u2066\u200f';

/** What all of these texts hold; the long one is 4 kB. */
export const NASTY = `${MARKUP}${MOVING}`;
export const LONG_NASTY = `${NASTY}${'w'.repeat(4096 - NASTY.length)}`;
/** What no reader may ever be sent raw. */
// eslint-disable-next-line no-control-regex -- exactly these
export const RAW = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
/** The same beside what a browser reads as markup. */
export const RAW_MARKUP = /<img src=x|<script>alert/;

const AT = '2026-11-21T21:45:12.000Z';
const base = { id: 'nasty', createdAt: AT };

export interface HostileRows {
  snapshot: string;
  run: number;
}

/** With one text for all names; unique columns get it once. */
export async function addHostileRows(rows: DataSource, text: string): Promise<HostileRows> {
  await addPeople(rows, text);
  await addSetUp(rows, text);
  const error = { kind: 'source', code: text, message: text, details: {}, isRetryable: false } as const; // prettier-ignore
  const { id: _, ...run } = sampleRun({
    ...{ jobId: 'nasty', accountId: 'nasty', requestedBy: text, state: 'failed', finishedAt: AT },
    error: error,
  });
  const inserted = await rows.getRepository(Run).insert(run as object);
  const runId = Number(inserted.identifiers[0]?.['id']);
  const snapshot = sampleSnapshot({
    ...{ id: '20261121T214512Z-999999', accountId: 'nasty', destinationId: 'nasty', jobId: 'nasty' },
    ...{ note: text, labels: [text], remark: text, pendingRule: text },
    ...{ pendingDeletionAt: AT, pendingSinceMs: 0 },
  }); // prettier-ignore
  await insert(rows, Snapshot, snapshot);
  const { id: __, ...task } = sampleTask({
    ...{ runId, accountId: 'nasty', destinationId: 'nasty', snapshotId: snapshot.id },
    ...{ state: 'failed', phase: text as Task['phase'], error: error },
  }); // prettier-ignore
  await insert(rows, Task, task);
  await addHappenings(rows, text, runId);
  return { snapshot: snapshot.id, run: runId };
}

async function addPeople(rows: DataSource, text: string): Promise<void> {
  // Longer ones cannot be read back.
  const name = text.slice(0, 255);
  const parts = accountParts.parse({
    domains: [{ name }],
    databases: [{ engine: 'mariadb', name }],
    mailboxes: [{ address: name, path: '/m' }],
    problems: [text],
  });
  const account = sampleAccount({
    ...{ id: 'nasty', name: text, user: text, uid: 70_001, gid: 70_001, home: `/home/${text}` },
    ...{ owner: text, package: text, email: text, tags: [text], excludes: [text], parts },
  });
  await insert(rows, Account, account);
  const person = { owner: text, passwordHash: null, disabledAt: null, totpSecret: null, totpSince: null, totpLastStep: null }; // prettier-ignore
  await insert(rows, User, { ...base, ...person, name: text, role: 'reseller' });
  const token = { name: text, userId: 'nasty', expiresAt: null, lastUsedAt: null };
  await insert(rows, ApiToken, { ...base, ...token, isReadOnly: false });
  await insert(rows, Session, {
    ...{ ...base, userId: 'nasty', accountId: null, role: 'admin', csrfToken: 'x' },
    ...{ expiresAt: '2099-01-01T00:00:00.000Z', lastSeenAt: new Date().toISOString() },
    ...{ address: text, userAgent: text, confirmedAt: null, viewingAccountId: null },
  });
}

async function addSetUp(rows: DataSource, text: string): Promise<void> {
  const lastProbe = { at: AT, isOk: false, freeBytes: 1, totalBytes: 2, message: text };
  const place = { id: 'nasty', name: text, notes: text, owner: text, lastProbe };
  await insert(rows, StoredDestination, sampleDestination({ ...place, settings: { path: `/${text}` } })); // prettier-ignore
  await insert(rows, Job, {
    ...{ ...base, name: text, accounts: [text], structure: 'archived', excludes: [text] },
    ...{ useDefaultExcludes: true, skipWordpressCore: false, retries: 1, isEnabled: true },
  });
  const hook = { moment: 'after', subject: 'run', program: `/${text}`, args: [text] };
  await insert(rows, Hook, { ...base, ...hook, name: text, timeoutSeconds: 9, isEnabled: true });
  await insert(rows, Channel, {
    ...{ ...base, name: text, kind: 'ntfy', settings: { topic: text, url: 'http://127.0.0.1:9' } },
    ...{ sealedSecrets: null, level: 'info', events: null, digestHour: null, isEnabled: false },
  });
  const said = { use: 'both', audience: 'everyone' };
  await insert(rows, RestoreCondition, { ...base, ...said, name: text, text });
}

async function addHappenings(rows: DataSource, text: string, runId: number): Promise<void> {
  await insert(rows, RecordedEvent, {
    ...{ at: AT, actor: text, actorUid: null, origin: 'panel', address: text, action: text },
    ...{ subjectKind: text, subjectId: text, accountId: 'nasty', details: { [text]: text } },
  });
  await insert(rows, RecordedEvent, {
    ...{ at: AT, actor: text, actorUid: null, origin: 'panel', address: text },
    ...{ action: 'job.created', subjectKind: 'job', subjectId: text, accountId: null },
    details: { name: text },
  });
  const facts = { subject: text, values: { problem: text }, list: [{ name: text, problem: text }], more: 0, runId }; // prettier-ignore
  await insert(rows, Alert, {
    ...{ kind: 'destination-unreachable', key: 'nasty', level: 'error', facts, state: 'open' },
    ...{ since: AT, lastSeenAt: AT, acknowledgedAt: AT, acknowledgedBy: text, clearedAt: null },
  });
}

async function insert<T extends ObjectLiteral>(
  rows: DataSource,
  entity: EntityTarget<T>,
  row: object,
): Promise<void> {
  await rows.createQueryBuilder().insert().into(entity).values(columns<T>(row)).execute();
}
