/**
 * Snapshots of one account, one at each destination: walk -> archive -> pages -> snapshot file, the
 * last thing written. The account is read, hashed and compressed once for all destinations.
 * Content and pages are stored side by side; nothing refers to either before the snapshot file
 * does, and that is put when both are durable. Neighbours: snapshot-target.ts is one destination's
 * part, capture.ts reads for all of them.
 */
import { closeSync, readFileSync } from 'node:fs';
import { ThreadPool, compiledEntry } from '../thread-pool.js';
import type {
  BackupOutcome,
  BackupRequest,
  BackupTarget,
  CaptureContext,
  CaptureRequest,
  EngineContext,
  SnapshotSummary,
} from '../types.js';
import { Capture } from './capture.js';
import type { CaptureThreadData, SlabRequest, SlabResponse } from './capture-messages.js';
import { openHome } from './open-home.js';
import { SnapshotTarget } from './snapshot-target.js';

/**
 * Answers what became of each target, in their order. A target that fails is dropped and takes back
 * what it stored; the account is read on while there is another. Rejects when the account cannot be
 * opened.
 */
export async function backupAccount(
  request: CaptureRequest,
  targets: readonly BackupTarget[],
  context: CaptureContext,
): Promise<BackupOutcome[]> {
  context.onProgress({ phase: 'preparing', files: 0, bytes: 0 });
  const homeFd = openHome(request.account);
  const home: CaptureThreadData = {
    homeFd,
    isStayingOnDevice: !request.crossMounts,
    links: { isForeignLinkAllowed: hasProtectedHardLinks(), accountUid: request.account.uid },
  };
  const pool = new ThreadPool<SlabRequest, SlabResponse>(
    compiledEntry(import.meta.url, './capture-thread.js'),
    context.threads,
    home,
  );
  const all = targets.map((target) => new SnapshotTarget(target, request, context));
  let capture: Capture | undefined;
  try {
    await Promise.all(all.map((target) => target.prepare()));
    const ready = all.filter((target) => !target.hasFailed);
    if (ready.length > 0) capture = new Capture(request, context, { home, pool, targets: ready });
    return await Promise.all(all.map((target) => complete(target, capture, context)));
  } finally {
    await capture?.close();
    await pool.close();
    closeSync(homeFd);
  }
}

/** The same to one destination; rejects with what went wrong. */
export async function backupToOne(
  { snapshotId, ...request }: BackupRequest,
  { destination, ...context }: EngineContext,
): Promise<SnapshotSummary> {
  const target = { snapshotId, destination, log: context.log, onEnded: () => undefined };
  const [outcome] = await backupAccount(request, [target], context);
  if (outcome === undefined) throw new Error('A backup answered nothing.');
  if ('error' in outcome) throw outcome.error;
  return outcome.summary;
}

/** Never rejects: what goes wrong is this target's outcome. */
async function complete(
  target: SnapshotTarget,
  capture: Capture | undefined,
  context: CaptureContext,
): Promise<BackupOutcome> {
  if (capture === undefined || target.hasFailed) return target.end(undefined);
  const summary = await makeSnapshot(target, capture, context).catch((error: unknown) => {
    capture.drop(target, error);
    return undefined;
  });
  return target.end(summary);
}

async function makeSnapshot(
  target: SnapshotTarget,
  capture: Capture,
  context: CaptureContext,
): Promise<SnapshotSummary> {
  const archive = await target.store(capture.bytesFor(target));
  await capture.stopCounting();
  context.onProgress({ ...capture.tally.progress(), phase: 'publishing' });
  return target.publish(archive.sizeBytes, capture);
}

/** Whether the kernel keeps users from naming files that are not theirs (fs.protected_hardlinks). */
function hasProtectedHardLinks(): boolean {
  try {
    return readFileSync('/proc/sys/fs/protected_hardlinks', 'utf8').trim() === '1';
  } catch {
    return false;
  }
}
