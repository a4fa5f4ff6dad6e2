/**
 * Removes everything that one server stored at a destination, and nothing else: only keys of the
 * layout (../FORMAT.md §1) below that server's accounts. Of each account the snapshot files go
 * first, so that whatever interrupts this leaves no snapshot that is not whole.
 */
import { MARKER_KEY } from '../../../destinations/marker.js';
import type { Destination } from '../../../destinations/destination.js';
import type { EngineContext, ErasedBatch, EraseResult } from '../types.js';

const OURS =
  /^[^/]+\/[^/]+\.[^/.]+\/(?:RESTORE\.md|snapshots\/[A-Za-z0-9-]{1,64}\.json|pages\/[0-9a-f]{64}\.jsonl\.gz|archives\/[A-Za-z0-9-]{1,80}\.tar(?:\.gz)?)$/;
const AT_ONCE = 16;

interface Stored {
  key: string;
  sizeBytes: number;
}

export async function eraseServer(
  { serverId }: { serverId: string },
  context: EngineContext,
  onErased: (batch: ErasedBatch) => Promise<void>,
): Promise<EraseResult> {
  const { destination, signal } = context;
  context.onProgress({ phase: 'scanning', files: 0, bytes: 0 });
  const { accounts, kept } = await listAccounts(destination, `${serverId}/`, signal);
  const result: EraseResult = { removedObjects: 0, freedBytes: 0, keptObjects: kept };
  for (const [prefix, stored] of accounts) {
    const files = stored.filter(({ key }) => key.startsWith(`${prefix}snapshots/`));
    const others = stored.filter(({ key }) => !key.startsWith(`${prefix}snapshots/`));
    for (const group of [...groupsOf(files), ...groupsOf(others)]) {
      await Promise.all(group.map(({ key }) => destination.remove(key, { signal })));
      await onErased({ kind: 'erased', keys: group.map(({ key }) => key) });
      result.removedObjects += group.length;
      result.freedBytes += group.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const { removedObjects, freedBytes } = result;
      context.onProgress({ phase: 'removing', files: removedObjects, bytes: freedBytes });
    }
    await destination.sweep(prefix, { signal });
  }
  for await (const key of destination.trees?.list(`${serverId}/`, { signal }) ?? []) {
    await destination.trees?.remove(key, { signal });
    result.removedObjects += 1;
  }
  if (await isEmpty(destination, signal)) await destination.remove(MARKER_KEY, { signal });
  return result;
}

async function listAccounts(
  destination: Destination,
  prefix: string,
  signal: AbortSignal,
): Promise<{ accounts: Map<string, Stored[]>; kept: number }> {
  const accounts = new Map<string, Stored[]>();
  let kept = 0;
  for await (const { key, sizeBytes } of destination.list(prefix, { signal })) {
    if (!OURS.test(key)) {
      kept += 1;
      continue;
    }
    const account = key.slice(0, key.indexOf('/', prefix.length) + 1);
    const stored = accounts.get(account) ?? [];
    stored.push({ key, sizeBytes });
    accounts.set(account, stored);
  }
  return { accounts, kept };
}

function* groupsOf(stored: readonly Stored[]): Generator<Stored[]> {
  for (let i = 0; i < stored.length; i += AT_ONCE) yield stored.slice(i, i + AT_ONCE);
}

async function isEmpty(destination: Destination, signal: AbortSignal): Promise<boolean> {
  for await (const { key } of destination.list('', { signal })) {
    if (key !== MARKER_KEY) return false;
  }
  return true;
}
