/**
 * Snapshots of one account, one at each destination: walk -> archive -> pages -> snapshot file, the
 * last thing written. The account is read, hashed and compressed once for all destinations.
 * Content and pages are stored side by side; nothing refers to either before the snapshot file
 * does, and that is put when both are durable. Neighbours: snapshot-target.ts is one destination's
 * part, capture.ts reads for all of them.
 */
import { closeSync, readFileSync } from 'node:fs';
import { toAppError } from '../../platform/errors.js';
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
import { AlreadyStored } from './already-stored.js';
import { Capture } from './capture.js';
import type { CaptureThreadData, SlabRequest, SlabResponse } from './capture-messages.js';
import { openHome } from './open-home.js';
import { Parent } from './parent.js';
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
  const surroundings = { request, context, home, pool };
  try {
    if (request.structure !== 'incremental') return await backupTogether(targets, surroundings);
    const outcomes: BackupOutcome[] = [];
    for (const target of targets) outcomes.push(await backupChanges(target, surroundings));
    return outcomes;
  } finally {
    await pool.close();
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

interface Surroundings {
  request: CaptureRequest;
  context: CaptureContext;
  home: CaptureThreadData;
  pool: ThreadPool<SlabRequest, SlabResponse>;
}

/** One capture for all of them. */
async function backupTogether(
  targets: readonly BackupTarget[],
  { request, context, home, pool }: Surroundings,
): Promise<BackupOutcome[]> {
  const all = targets.map((target) => new SnapshotTarget(target, request, context));
  let capture: Capture | undefined;
  try {
    await Promise.all(all.map((target) => target.prepare()));
    const ready = all.filter((target) => !target.hasFailed);
    if (ready.length > 0) capture = new Capture(request, context, { home, pool, targets: ready });
    return await Promise.all(all.map((target) => complete(target, capture, context)));
  } finally {
    await capture?.close();
  }
}

/** What changed since the snapshot before; each target has a parent of its own, and so a capture. */
async function backupChanges(
  given: BackupTarget,
  { request, context, home, pool }: Surroundings,
): Promise<BackupOutcome> {
  const target = new SnapshotTarget(given, request, context);
  await target.prepare();
  const parent = target.hasFailed ? undefined : await openParent(target, given, request);
  if (target.hasFailed) return complete(target, undefined, context);
  if (parent !== undefined) target.startFrom(parent.body);
  const expiring = new Set(given.parent?.expiringArchives ?? []);
  const already = new AlreadyStored(given.snapshotId, parent, expiring);
  const capture = new Capture(request, context, { home, pool, targets: [target], already });
  try {
    return await complete(target, capture, context);
  } finally {
    await capture.close();
  }
}

/** One that is damaged costs time and room, but not the backup: everything is stored. */
async function openParent(
  target: SnapshotTarget,
  { parent, destination, log }: BackupTarget,
  { signingKeyPem }: CaptureRequest,
): Promise<Parent | undefined> {
  if (parent === undefined) return undefined;
  try {
    const { signal, cache } = target;
    return await Parent.open({ destination, signal, cache }, parent.snapshotKey, signingKeyPem);
  } catch (error) {
    if (toAppError(error).kind !== 'integrity') {
      target.fail(error);
      return undefined;
    }
    const message = `The snapshot before cannot be used, so everything is stored again: ${toAppError(error).message}`;
    log('warn', message);
    return undefined;
  }
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
  await target.store(capture.archivesFor(target));
  await capture.stopCounting();
  context.onProgress({ ...capture.tally.progress(), phase: 'publishing' });
  return target.publish(capture);
}

/** Whether the kernel keeps users from naming files that are not theirs (fs.protected_hardlinks). */
function hasProtectedHardLinks(): boolean {
  try {
    return readFileSync('/proc/sys/fs/protected_hardlinks', 'utf8').trim() === '1';
  } catch {
    return false;
  }
}
