/**
 * An incremental snapshot at one destination: a tree of files where that keeps hard links, archives
 * of what is new elsewhere. All start from the same manifest of the snapshot before.
 */
import { toAppError } from '../../platform/errors.js';
import type { TreeStore } from '../../../destinations/destination.js';
import { backupToFarTree } from '../tree/backup-to-far-tree.js';
import { backupToTree } from '../tree/backup-to-tree.js';
import type { BackupOutcome, BackupTarget } from '../types.js';
import { AlreadyStored } from './already-stored.js';
import { Capture } from './capture.js';
import { complete, openCapturePool, type Surroundings } from './complete.js';
import { hasProtectedHardLinks } from './open-home.js';
import { Parent } from './parent.js';
import { SnapshotTarget } from './snapshot-target.js';
import { Unchanged } from './unchanged.js';

export async function backupChanges(
  given: BackupTarget,
  surroundings: Surroundings,
): Promise<BackupOutcome> {
  const { request, context } = surroundings;
  const target = new SnapshotTarget(given, request, context);
  await target.prepare();
  const trees = target.hasFailed ? undefined : await usableTrees(target, given);
  target.isTree = trees !== undefined;
  const parent = target.hasFailed ? undefined : await openParent(target, given, surroundings);
  if (target.hasFailed) return target.end(undefined);
  if (parent !== undefined) target.startFrom(parent);
  const expiring = new Set(given.parent?.expiringArchives ?? []);
  if (trees === undefined) {
    const already = new AlreadyStored(given.snapshotId, parent, expiring);
    return backupToArchives(target, already, surroundings);
  }
  const unchanged = new Unchanged(parent, expiring);
  if (trees.place === 'far') return backupToFarTree({ target, trees, unchanged }, surroundings);
  return backupToTree({ target, trees, unchanged }, surroundings);
}

/** Undefined: archives. The log says so where trees could have been expected. */
async function usableTrees(
  target: SnapshotTarget,
  { destination, log }: BackupTarget,
): Promise<TreeStore | undefined> {
  const { trees } = destination;
  if (trees?.place !== 'far') return destination.capabilities.hardLinkTrees ? trees : undefined;
  try {
    const obstacle = hasProtectedHardLinks()
      ? await trees.obstacle({ signal: target.signal })
      : 'this kernel lets an account give files of others a name in its home (fs.protected_hardlinks is 0)';
    if (obstacle === undefined) return trees;
    log(
      'info',
      `What changed is stored in an archive, not as a tree of files, because ${obstacle}.`,
    );
  } catch (error) {
    target.fail(error);
  }
  return undefined;
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
