/**
 * One task of the engine in a process of its own: what a worker does, without a daemon. The bench
 * starts it under a stopwatch, so its whole life counts, Node's start included.
 *
 *     node .bench/joined/engine-task.js TASK.json     prints one JSON object
 */
import { readFileSync } from 'node:fs';
import type { DatabasesRequest } from '../daemon/engine/databases/databases-of-account.js';
import type { AccountIdentity, EngineContext, Structure } from '../daemon/engine/types.js';
import { accountPrefix, snapshotKey } from '../daemon/engine/layout.js';
import { DEFAULT_COMPRESSION_LEVEL } from '../daemon/platform/config-schema.js';
import type { Destination } from '../destinations/destination.js';
import { openDestination } from '../destinations/registry.js';

export type EngineTask = {
  destinationPath: string;
  account: AccountIdentity;
  threads: number;
  snapshotId: string;
  signingKeyPem: string;
  publicKeyPem: string;
} & (
  | {
      kind: 'backup';
      structure: Structure;
      /** Id of the snapshot that an incremental one starts from. */
      parentId?: string | undefined;
      /** As on a store that keeps no hard links. */
      isWithoutTrees?: boolean | undefined;
      databases?: DatabasesRequest | undefined;
    }
  | { kind: 'restore'; targetPath: string }
  | { kind: 'download'; path: string; outputPath: string; isCounted: boolean }
);

interface ReadCounts {
  archives: number;
  other: number;
}

async function perform(task: EngineTask, context: EngineContext): Promise<unknown> {
  if (task.kind === 'backup') return backUp(task, context);
  const snapshotKey = await findSnapshotKey(context.destination, task.snapshotId);
  const trustedKeysPem = [task.publicKeyPem];
  if (task.kind === 'restore') {
    const { restoreSnapshot } = await import('../daemon/engine/restore/restore-snapshot.js');
    return restoreSnapshot(
      {
        snapshotKey,
        account: task.account,
        selection: { paths: [], items: ['files'] },
        target: { place: 'directory', path: task.targetPath, mode: 'overlay' },
        isTenantRequest: false,
        trustedKeysPem,
      },
      context,
    );
  }
  const counts: ReadCounts = { archives: 0, other: 0 };
  const counted = task.isCounted ? countingReads(context.destination, counts) : context.destination;
  const { downloadSnapshot } = await import('../daemon/engine/download/download-snapshot.js');
  const result = await downloadSnapshot(
    {
      snapshotKey,
      selection: { paths: [`homedir/${task.path}`], items: [] },
      trustedKeysPem,
      outputPath: task.outputPath,
    },
    { ...context, destination: counted },
  );
  return { ...result, counts };
}

async function backUp(
  task: Extract<EngineTask, { kind: 'backup' }>,
  context: EngineContext,
): Promise<unknown> {
  const { backupToOne } = await import('../daemon/engine/capture/backup-account.js');
  const server = { id: 'b3nc4b3nc4b3', name: 'bench' };
  const prefix = accountPrefix(server.id, task.account);
  const parent =
    task.parentId === undefined
      ? undefined
      : { snapshotKey: snapshotKey({ prefix, snapshotId: task.parentId }), expiringArchives: [] };
  const { destination } = context;
  return backupToOne(
    {
      snapshotId: task.snapshotId,
      parent,
      server,
      account: task.account,
      job: undefined,
      structure: task.structure,
      // Nothing is left out: the peers store everything too.
      excludes: { patterns: [], useDefaults: false },
      crossMounts: false,
      compressionLevel: DEFAULT_COMPRESSION_LEVEL,
      trigger: 'bench',
      databases: task.databases,
      signingKeyPem: task.signingKeyPem,
    },
    task.isWithoutTrees === true ? { ...context, destination: withoutTrees(destination) } : context,
  );
}

/** The same store, as if files could have one name only. */
function withoutTrees(inner: Destination): Destination {
  return {
    ...pass(inner),
    capabilities: { ...inner.capabilities, hardLinkTrees: false },
  };
}

async function findSnapshotKey(destination: Destination, snapshotId: string): Promise<string> {
  for await (const { key } of destination.list('')) {
    if (key.endsWith(`/snapshots/${snapshotId}.json`)) return key;
  }
  throw new Error(`No snapshot ${snapshotId} at the destination.`);
}

/** The same destination, with every read of it counted. */
function countingReads(inner: Destination, counts: ReadCounts): Destination {
  return {
    ...pass(inner),
    get: (key, options) => {
      if (key.includes('/archives/')) counts.archives += 1;
      else counts.other += 1;
      return inner.get(key, options);
    },
  };
}

function pass(inner: Destination): Destination {
  return {
    kind: inner.kind,
    capabilities: inner.capabilities,
    get: (key, options) => inner.get(key, options),
    put: (key, body, options) => inner.put(key, body, options),
    stat: (key, options) => inner.stat(key, options),
    list: (prefix, options) => inner.list(prefix, options),
    remove: (key, options) => inner.remove(key, options),
    sweep: (prefix, options) => inner.sweep(prefix, options),
    usage: (options) => inner.usage(options),
    probe: (options) => inner.probe(options),
    close: () => inner.close(),
  };
}

async function main(taskFile: string): Promise<void> {
  const task = JSON.parse(readFileSync(taskFile, 'utf8')) as EngineTask;
  const destination = await openDestination(
    { kind: 'local', settings: { path: task.destinationPath } },
    { forbiddenBelow: [task.account.home], requireRootOwner: false },
  );
  const result = await perform(task, {
    destination,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    log: (level, message) => {
      if (level !== 'info') console.error(`${level}: ${message}`);
    },
    now: () => new Date(),
    threads: task.threads,
  });
  await destination.close();
  console.log(JSON.stringify(result));
}

const taskFile = process.argv[2];
if (taskFile === undefined) throw new Error('Usage: engine-task.js TASK.json');
void main(taskFile);
