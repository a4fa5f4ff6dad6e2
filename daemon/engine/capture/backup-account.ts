/**
 * Snapshots of one account, one at each destination: walk -> archive -> pages -> snapshot file, the
 * last thing written. The account is read, hashed and compressed once for all destinations.
 * Content and pages are stored side by side; nothing refers to either before the snapshot file
 * does, and that is put when both are durable. Neighbours: snapshot-target.ts is one destination's
 * part, capture.ts reads for all of them.
 */
import { closeSync } from 'node:fs';
import type {
  BackupOutcome,
  BackupRequest,
  BackupTarget,
  CaptureContext,
  CaptureRequest,
  EngineContext,
  SnapshotSummary,
} from '../types.js';
import { backupChanges } from './backup-changes.js';
import { Capture } from './capture.js';
import type { CaptureThreadData } from './capture-messages.js';
import { complete, openCapturePool, type Surroundings } from './complete.js';
import { hasProtectedHardLinks, openHome } from './open-home.js';
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
  try {
    if (request.structure !== 'incremental') {
      return await backupTogether(targets, { request, context, home });
    }
    // Each has a parent of its own, and so a walk of its own; what did not change is not read.
    const outcomes: BackupOutcome[] = [];
    for (const target of targets) {
      outcomes.push(await backupChanges(target, { request, context, home }));
    }
    return outcomes;
  } finally {
    closeSync(homeFd);
  }
}

/** The same to one destination; rejects with what went wrong. */
export async function backupToOne(
  { snapshotId, parent, pageCache, ...request }: BackupRequest,
  { destination, ...context }: EngineContext,
): Promise<SnapshotSummary> {
  const { log } = context;
  const options = { parent, pageCache };
  const target = { snapshotId, destination, log, onEnded: () => undefined, ...options };
  const [outcome] = await backupAccount(request, [target], context);
  if (outcome === undefined) throw new Error('A backup answered nothing.');
  if ('error' in outcome) throw outcome.error;
  return outcome.summary;
}

/** One capture for all of them. */
async function backupTogether(
  targets: readonly BackupTarget[],
  { request, context, home }: Surroundings,
): Promise<BackupOutcome[]> {
  const pool = openCapturePool(home, context.threads);
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
  }
}
