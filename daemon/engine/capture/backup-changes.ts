/**
 * An incremental snapshot at one destination: a tree of files where that keeps hard links, archives
 * of what is new elsewhere. Both start from the same manifest of the snapshot before.
 */
import { toAppError } from '../../platform/errors.js';
import { backupToTree } from '../tree/backup-to-tree.js';
import type { BackupOutcome, BackupTarget } from '../types.js';
import { AlreadyStored } from './already-stored.js';
import { Capture } from './capture.js';
import { complete, openCapturePool, type Surroundings } from './complete.js';
import { Parent } from './parent.js';
import { SnapshotTarget } from './snapshot-target.js';
import { Unchanged } from './unchanged.js';

export async function backupChanges(
  given: BackupTarget,
  surroundings: Surroundings,
): Promise<BackupOutcome> {
  const { request, context } = surroundings;
  const { destination } = given;
  const target = new SnapshotTarget(given, request, context);
  await target.prepare();
  const trees = destination.capabilities.hardLinkTrees ? destination.trees : undefined;
  target.isTree = trees !== undefined;
  const parent = target.hasFailed ? undefined : await openParent(target, given, surroundings);
  if (target.hasFailed) return target.end(undefined);
  if (parent !== undefined) target.startFrom(parent.body);
  const expiring = new Set(given.parent?.expiringArchives ?? []);
  if (trees === undefined) {
    const already = new AlreadyStored(given.snapshotId, parent, expiring);
    return backupToArchives(target, already, surroundings);
  }
  const unchanged = new Unchanged(parent, expiring);
  return backupToTree({ target, trees, unchanged }, surroundings);
}

async function backupToArchives(
  target: SnapshotTarget,
  already: AlreadyStored,
  { request, context, home }: Surroundings,
): Promise<BackupOutcome> {
  const pool = openCapturePool(home, context.threads);
  const capture = new Capture(request, context, { home, pool, targets: [target], already });
  try {
    return await complete(target, capture, context);
  } finally {
    await capture.close();
    await pool.close();
  }
}

/** One that is of no use costs time and room, but not the backup: everything is stored. */
async function openParent(
  target: SnapshotTarget,
  { parent, destination, log }: BackupTarget,
  { request }: Surroundings,
): Promise<Parent | undefined> {
  if (parent === undefined) return undefined;
  const again = 'so everything is stored again';
  try {
    const { signal, cache } = target;
    const source = { destination, signal, cache };
    const opened = await Parent.open(source, parent.snapshotKey, request.signingKeyPem);
    if ((opened.body.isTree === true) === target.isTree) return opened;
    log('info', `The snapshot before is laid out in another way, ${again}.`);
  } catch (error) {
    const { kind, message } = toAppError(error);
    if (kind !== 'integrity') target.fail(error);
    else log('warn', `The snapshot before cannot be used, ${again}: ${message}`);
  }
  return undefined;
}
