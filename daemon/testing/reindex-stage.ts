/** What the tests of reindexing share: servers with real workers, and snapshot files made by hand. */
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AccountActor } from '../auth/actor.js';
import { accountPrefix, snapshotKey } from '../engine/layout.js';
import { signSnapshot, type SnapshotBody } from '../engine/manifest/snapshot-file.js';
import type { ReindexReport } from '../runs/index-plan.js';
import { SnapshotQueries } from '../snapshots/snapshot-queries.js';
import { SnapshotReaders } from '../snapshots/snapshot-readers.js';
import { AssignmentService } from '../snapshots/assignment.service.js';
import { SnapshotsService } from '../snapshots/snapshots.service.js';
import { aSnapshotBody } from './memory-snapshot.js';
import { admin, openHarness, ownerOf, type Harness } from './runs-harness.js';

const workerModule = fileURLToPath(new URL('../../dist/worker/worker.js', import.meta.url));

export type Server = Awaited<ReturnType<Harness['startAnew']>>;

/** A server with the built worker and a home for each account. */
export async function openServer(accounts: string[]): Promise<Harness> {
  const harness = await openHarness({ accounts, workerModule });
  for (const [index, name] of accounts.entries()) {
    await writeHome(harness, index, `${name} was here\n`);
  }
  await harness.addJob('nightly', 'all');
  await harness.queue.start();
  return harness;

  function writeHome(server: Harness, index: number, text: string): Promise<void> {
    return writeText(server, index, accounts[index] ?? '', text);
  }
}

/** The one file of an account's home. */
export function fileOf(harness: Pick<Harness, 'home'>, account: string): string {
  return join(harness.home, 'homes', account, 'docs', 'hello.txt');
}

export async function writeText(
  harness: Pick<Harness, 'home'>,
  index: number,
  account: string,
  text: string,
): Promise<void> {
  const file = fileOf(harness, account);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  for (const path of [dirname(dirname(file)), dirname(file), file]) {
    await chown(path, ...ownerOf(index));
  }
}

export async function backUp(harness: Harness): Promise<void> {
  const run = await harness.runs.startBackup(admin, 'nightly');
  const { state, error } = await harness.runs.waitFor(run.id);
  if (state !== 'complete') throw new Error(`The backup ended ${state}: ${error?.message ?? ''}`);
}

export async function reindex(server: Server, destination = 'disk'): Promise<ReindexReport> {
  const run = await server.runs.startReindex(admin, destination);
  return reportOf(server, run.id);
}

export async function reportOf(server: Server, runId: number): Promise<ReindexReport> {
  const { state, error } = await server.runs.waitFor(runId);
  if (state !== 'complete') throw new Error(`The reindex ended ${state}: ${error?.message ?? ''}`);
  const { tasks } = await server.runs.get(admin, runId);
  return tasks[0]?.result as ReindexReport;
}

/** The services of snapshots over a server. */
export function snapshotsOf(server: Server) {
  const { snapshots, accounts, destinations, jobs, permissions } = server;
  const { previews, trust, indexStore, orphans } = server;
  const queries = new SnapshotQueries(accounts, destinations, jobs, permissions);
  const readers = new SnapshotReaders(destinations, trust);
  return {
    readers,
    service: new SnapshotsService(snapshots, accounts, queries, previews, readers),
    assignment: new AssignmentService(snapshots, indexStore, accounts, orphans),
  };
}

export async function actorOf(server: Server, name: string): Promise<AccountActor> {
  const { id } = await server.accounts.get(admin, name);
  return { role: 'account', accountId: id, accountName: name, label: name, origin: 'panel' };
}

/** Puts a snapshot file there that this server signed; it refers to nothing. Answers its key. */
export async function putFile(
  harness: Pick<Harness, 'store' | 'keys'>,
  changes: Partial<SnapshotBody>,
): Promise<string> {
  const server = { id: harness.keys.serverId, name: 'test' };
  const body = aSnapshotBody({ server, ...changes });
  const prefix = accountPrefix(body.server.id, body.account);
  const key = snapshotKey({ prefix, snapshotId: body.id });
  await putBytes(harness, key, signSnapshot(body, harness.keys.signingKeyPem));
  return key;
}

export async function putBytes(
  { store }: Pick<Harness, 'store'>,
  key: string,
  bytes: Uint8Array | string,
): Promise<void> {
  const path = join(store, key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

export function readStored({ store }: Pick<Harness, 'store'>, key: string): Promise<Buffer> {
  return readFile(join(store, key));
}
