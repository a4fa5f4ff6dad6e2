/**
 * Restores a snapshot, or part of one. What it replaces or deletes is kept first, when that is asked
 * for, so that it can be undone. Neighbours: restoration.ts writes, undo-restore.ts takes back.
 */
import { closeSync } from 'node:fs';
import { SnapshotReader } from '../manifest/snapshot-reader.js';
import { chooseParts } from '../parts/chosen-parts.js';
import type { EngineContext, Keeping, RestoreReport, RestoreRequest } from '../types.js';
import { keepReplaced } from './keep-replaced.js';
import { asRestoreError, isMirror, openRestorePool, Restoration } from './restoration.js';
import { RestorePlan } from './restore-plan.js';
import { EVERYTHING, NOTHING } from './selection.js';
import { checkAccount, openTarget } from './target.js';

const IN_PLACE = { place: 'original', mode: 'overlay' } as const;

export async function restoreSnapshot(
  request: RestoreRequest,
  context: EngineContext,
  keeping?: Keeping,
): Promise<RestoreReport> {
  const { destination, signal } = context;
  context.onProgress({ phase: 'planning', files: 0, bytes: 0 });
  const reader = await SnapshotReader.open(
    destination,
    request.snapshotKey,
    request.trustedKeysPem,
    signal,
  );
  checkAccount(reader, request);
  const { files, parts } = await chooseParts(reader, request);
  // Where no files go, no folder for them is made.
  const writing = files === undefined ? { ...request, target: IN_PLACE } : request;
  const target = openTarget(writing, reader.summary.id);
  const pool = openRestorePool(writing, target, context.threads);
  const isMirrored = isMirror(writing);
  try {
    const selection = files ?? EVERYTHING;
    const plan = await RestorePlan.make(files === undefined ? NOTHING : reader, {
      selection,
      target,
    });
    const removing = { removals: nothing, emptied: new Set<never>() };
    const replacing = { plan, parts, target, isMirror: isMirrored, ...removing };
    const kept = keeping && (await keepReplaced(replacing, keeping, context));
    const restoration = new Restoration(plan, pool, context, target);
    await parts.restore(reader, context, restoration);
    const report = await restoration.run(isMirrored);
    return kept === undefined ? report : { ...report, kept };
  } catch (error) {
    throw asRestoreError(error, signal);
  } finally {
    await pool.close();
    closeSync(target.rootFd);
  }
}

async function* nothing(): AsyncGenerator<never> {
  // A restore removes only what its plan says.
}
