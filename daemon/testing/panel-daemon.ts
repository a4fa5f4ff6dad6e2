/** A whole daemon with something to look at: hostile names, a real snapshot, runs of every kind. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import request, { type Agent } from 'supertest';
import { DataSource } from 'typeorm';
import { AccountsService } from '../accounts/accounts.service.js';
import { systemActor } from '../auth/actor.js';
import { AuthService } from '../auth/auth.service.js';
import { UsersService } from '../auth/users.service.js';
import { backupToOne } from '../engine/capture/backup-account.js';
import { accountPrefix, snapshotKey } from '../engine/layout.js';
import { HistoryKeeper } from '../history/history-keeper.js';
import { updateHistory } from '../history/update-history.js';
import { DestinationSetup } from '../jobs/destination-setup.service.js';
import { DestinationsService } from '../jobs/destinations.service.js';
import { HooksService } from '../jobs/hooks.service.js';
import { JobsService } from '../jobs/jobs.service.js';
import { SchedulesService } from '../jobs/schedules.service.js';
import type { RunningDaemon } from '../lifecycle.js';
import { ChannelsService } from '../notices/channels.service.js';
import { RetentionStore } from '../runs/retention.store.js';
import { Run } from '../runs/run.entity.js';
import { Snapshot } from '../runs/snapshot.entity.js';
import { Task } from '../runs/task.entity.js';
import { startTestDaemon } from './test-daemon.js';
import { HOSTILE, sampleRun, sampleSnapshot, sampleTask } from './sample-rows.js';

export const ADMIN = { name: 'chief', password: 'correct horse battery staple' };

export interface PanelDaemon {
  daemon: RunningDaemon;
  url: string;
  /** Of anna; holds a file with a hostile name. */
  annasSnapshot: string;
  bobsSnapshot: string;
  /** Of the job `nightly`: daily; it is offered on demand, too. */
  schedule: string;
  annasRun: number;
  bobsRun: number;
  /** A token of a fresh one-time link. */
  newLink(account?: string): Promise<string>;
  /** Marks a snapshot as pending deletion. */
  pending(id: string, pendingDeletionAt: string, pendingRule: string): Promise<void>;
}

/** A browser: keeps cookies, posts forms with the session's token. */
export interface Visitor {
  agent: Agent;
  csrf: string;
  /** The session's, as it was given. */
  cookie: string;
}

export async function startPanelDaemon(directory: string): Promise<PanelDaemon> {
  await writeHostileFiles(directory);
  const { daemon, store } = await startTestDaemon(directory);
  const get = <T>(type: new (...args: never[]) => T): T => daemon.app.get(type, { strict: false });
  await get(UsersService).add(systemActor, { role: 'admin', ...ADMIN });
  const place = { name: 'main', kind: 'local', path: store } as const;
  const destination = await get(DestinationSetup).add(systemActor, place);
  const job = { name: 'nightly', accounts: 'all', structure: 'compressed' } as const;
  await get(JobsService).add(systemActor, { ...job, destinations: ['main'] });
  const daily = { kind: 'daily', time: '03:00', retention: { keepLast: 7 } } as const;
  const { schedule } = await get(SchedulesService).add(systemActor, 'nightly', daily);
  await get(SchedulesService).add(systemActor, 'nightly', { kind: 'on-demand' });
  const hook = {
    name: 'notify',
    moment: 'after',
    subject: 'restore',
    program: '/usr/bin/true',
  } as const;
  await get(HooksService).add(systemActor, hook);
  const push = { name: 'ops', kind: 'ntfy', topic: 'ops', url: 'http://127.0.0.1:9' } as const;
  await get(ChannelsService).add(systemActor, { ...push, events: ['sign-in-locked'] });
  const rows = get(DataSource);
  const backUp = (name: string, id: string) => backUpFor(daemon, { name, id, destination });
  const annasSnapshot = await backUp('anna', '20261121T214512Z-aaaaaa');
  const bobsSnapshot = await backUp('bob', '20261121T214512Z-bbbbbb');
  await indexFor(daemon, { name: 'anna', id: annasSnapshot, destination });
  await indexFor(daemon, { name: 'bob', id: bobsSnapshot, destination });
  const runFor = (name: string, snapshotId: string) =>
    insertRun(daemon, rows, { name, snapshotId, destinationId: destination.id });
  return {
    daemon,
    url: daemon.panelUrl ?? '',
    annasSnapshot,
    bobsSnapshot,
    schedule: schedule.id,
    annasRun: await runFor('anna', annasSnapshot),
    bobsRun: await runFor('bob', bobsSnapshot),
    newLink: (account) => newLinkOf(daemon, account),
    pending: async (id, pendingDeletionAt, pendingRule) => {
      const mark = { pendingDeletionAt, pendingRule, pendingSinceMs: 0 };
      await get(RetentionStore).mark(id, mark);
    },
  };
}

/** Two accounts and an admin, and nothing that they have done. */
export async function startEmptyPanel(directory: string): Promise<PanelDaemon> {
  const { daemon } = await startTestDaemon(directory);
  await daemon.app
    .get(UsersService, { strict: false })
    .add(systemActor, { role: 'admin', ...ADMIN });
  return {
    ...{ daemon, url: daemon.panelUrl ?? '', annasRun: 1, bobsRun: 1 },
    ...{ annasSnapshot: 'none', bobsSnapshot: 'none', schedule: 'none' },
    newLink: (account) => newLinkOf(daemon, account),
    pending: () => Promise.reject(new Error('There is no snapshot.')),
  };
}

/** A path of the panel's table with what belongs to an account in its places. */
export function fillPath(pattern: string, panel: PanelDaemon, whose: 'anna' | 'bob'): string {
  const run = whose === 'anna' ? panel.annasRun : panel.bobsRun;
  const snapshot = whose === 'anna' ? panel.annasSnapshot : panel.bobsSnapshot;
  return pattern
    .replace('/runs/:id', `/runs/${run}`)
    .replace('/downloads/:id', `/downloads/${run}`)
    .replace('/snapshots/:id', `/snapshots/${snapshot}`)
    .replace('/users/:name', `/users/${ADMIN.name}`)
    .replace('/accounts/:name', `/accounts/${whose}`)
    .replace('/jobs/:name', '/jobs/nightly')
    .replace('/schedules/:id', `/schedules/${panel.schedule}`)
    .replace('/destinations/:name', '/destinations/main')
    .replace('/hooks/:name', '/hooks/notify')
    .replace('/channels/:name', '/channels/ops')
    .replace('/alerts/:id', '/alerts/1')
    .replace('/conditions/:name', '/conditions/known')
    .replace(':token', 'x'.repeat(43));
}

/** Signs in by a one-time link and reads the token from a form, as a browser does. */
export async function signIn(panel: PanelDaemon, account?: string): Promise<Visitor> {
  return redeem(panel, await panel.newLink(account));
}

/** As rita, whose account is anna's; makes her a user. */
export async function signInReseller(panel: PanelDaemon): Promise<Visitor> {
  const get = <T>(type: new (...args: never[]) => T): T =>
    panel.daemon.app.get(type, { strict: false });
  await get(UsersService).add(systemActor, { name: 'rita', role: 'reseller', owner: 'rita' });
  return redeem(
    panel,
    (await get(AuthService).createSignInLink(systemActor, { user: 'rita' })).token,
  );
}

async function newLinkOf({ app }: RunningDaemon, account?: string): Promise<string> {
  const wanted = account === undefined ? { user: ADMIN.name } : { account };
  return (await app.get(AuthService, { strict: false }).createSignInLink(systemActor, wanted))
    .token;
}

async function redeem(panel: PanelDaemon, token: string): Promise<Visitor> {
  const agent = request.agent(panel.url);
  const redeemed = await agent.post(`/link/${token}`).expect(303);
  const cookie = String(redeemed.headers['set-cookie']).split(';')[0] ?? '';
  const { text } = await agent.get('/runs').expect(200);
  const csrf = /name="_csrf" value="([^"]+)"/.exec(text)?.[1];
  if (csrf === undefined) throw new Error('The page has no CSRF token.');
  return { agent, csrf, cookie };
}

export function post(visitor: Visitor, path: string, form: Record<string, string> = {}) {
  return visitor.agent
    .post(path)
    .type('form')
    .send({ ...form, _csrf: visitor.csrf });
}

async function writeHostileFiles(directory: string): Promise<void> {
  const folder = join(directory, 'homes', 'anna', 'public_html');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${HOSTILE.replaceAll('/', '')}.txt`), 'hostile\n');
  await writeFile(join(folder, 'line\nbreak.txt'), 'newline\n');
  await writeFile(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9])]), 'latin1\n');
}

interface Wanted {
  name: string;
  id: string;
  destination: { id: string };
}

/** What a worker would do, in this process. */
async function backUpFor(daemon: RunningDaemon, wanted: Wanted): Promise<string> {
  const accounts = daemon.app.get(AccountsService, { strict: false });
  const account = accounts.identityOf(await accounts.get(systemActor, wanted.name));
  const { serverId, signingKeyPem } = daemon.platform.serverKeys;
  const opened = await daemon.app
    .get(DestinationsService, { strict: false })
    .open(wanted.destination.id);
  const request = {
    snapshotId: wanted.id,
    server: { id: serverId, name: 'test' },
    account,
    job: undefined,
    structure: 'compressed' as const,
    excludes: { patterns: [], useDefaults: false },
    crossMounts: false,
    compressionLevel: 1,
    trigger: 'manual',
    signingKeyPem,
  };
  const summary = await backupToOne(request, {
    destination: opened,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    log: () => undefined,
    now: () => new Date(),
    threads: 1,
  });
  await opened.close();
  const prefix = accountPrefix(serverId, account);
  const row = sampleSnapshot({
    id: wanted.id,
    key: snapshotKey({ prefix, snapshotId: wanted.id }),
    accountId: account.id,
    destinationId: wanted.destination.id,
    jobId: null,
    startedAt: summary.startedAt,
    finishedAt: summary.finishedAt,
    files: summary.files,
    contentBytes: summary.contentBytes,
    summary,
  });
  const snapshots = daemon.app.get(DataSource, { strict: false }).getRepository(Snapshot);
  await snapshots.insert(row);
  return wanted.id;
}

/** What a worker would do for the history index. */
async function indexFor(daemon: RunningDaemon, { name, id, destination }: Wanted): Promise<void> {
  const get = <T>(type: new (...args: never[]) => T): T => daemon.app.get(type, { strict: false });
  const account = await get(AccountsService).get(systemActor, name);
  const { key, startedAt } = await get(DataSource).getRepository(Snapshot).findOneByOrFail({ id });
  const keys = [daemon.platform.serverKeys.publicKeyPem];
  const snapshots = [{ id, startedAt, snapshotKey: key, trustedKeysPem: keys }];
  const open = () => get(DestinationsService).open(destination.id);
  const file = get(HistoryKeeper).fileOf(account.id);
  const { signal } = new AbortController();
  const { failed } = await updateHistory({ file, wanted: [id] }, [{ open, snapshots }], signal);
  if (failed.length > 0) throw new Error(failed[0]?.message);
}

/** A restore that failed with a hostile message, asked for by the account itself. */
async function insertRun(
  daemon: RunningDaemon,
  rows: DataSource,
  wanted: { name: string; snapshotId: string; destinationId: string },
): Promise<number> {
  const accounts = daemon.app.get(AccountsService, { strict: false });
  const { id: accountId } = await accounts.get(systemActor, wanted.name);
  const error = {
    kind: 'source',
    code: 'x',
    message: HOSTILE,
    details: {},
    isRetryable: false,
  } as const;
  const { id: _, ...run } = sampleRun({
    kind: 'restore',
    state: 'failed',
    jobId: null,
    accountId,
    error,
    finishedAt: new Date().toISOString(),
    request: {
      snapshotId: wanted.snapshotId,
      selection: { paths: [`homedir/${HOSTILE}`], items: [] },
      target: { place: 'original', mode: 'overlay' },
      isTenantRequest: true,
    },
  });
  const inserted = await rows.getRepository(Run).insert(run as object);
  const runId = Number(inserted.identifiers[0]?.['id']);
  const { destinationId, snapshotId } = wanted;
  const { id: __, ...task } = sampleTask({
    runId,
    accountId,
    destinationId,
    snapshotId,
    state: 'failed',
    error,
  });
  await rows.getRepository(Task).insert(task as object);
  return runId;
}
