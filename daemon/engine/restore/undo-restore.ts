/**
 * Takes a restore back: what it created is removed, what it replaced or deleted comes back from its
 * safety snapshot. It is a restore itself, so what it replaces and removes is kept before, too.
 */
import { closeSync } from 'node:fs';
import { SnapshotReader } from '../manifest/snapshot-reader.js';
import type {
  EngineContext,
  Keeping,
  RestorePreview,
  RestoreReport,
  RestoreRequest,
  UndoRequest,
} from '../types.js';
import { HOME } from '../capture/item-totals.js';
import { partsToUndo, type ChosenParts } from '../parts/chosen-parts.js';
import { keepReplaced } from './keep-replaced.js';
import { Preview } from './preview-restore.js';
import { asRestoreError, openRestorePool, Restoration } from './restoration.js';
import { RestorePlan } from './restore-plan.js';
import { EVERYTHING, NOTHING, type PlanSource } from './selection.js';
import { checkAccount, openTarget, type OpenedTarget } from './target.js';
import { readParts } from './undo-ledger.js';
import { UndoPlan } from './undo-plan.js';

export async function previewUndo(
  request: UndoRequest,
  context: EngineContext,
): Promise<RestorePreview> {
  return prepared(request, context, async ({ plan, undo, target, parts }) => {
    const preview = new Preview(target);
    for await (const { entry, path } of plan.all()) preview.compare(entry, path);
    for await (const { entry, path } of undo.removals()) preview.addDeleted(path, entry.sizeBytes);
    for (const { path } of undo.madeDirectories) preview.addDeleted(path, 0);
    for (const { path, message } of undo.conflicts) preview.addConflict(path, message);
    parts.preview(preview);
    return preview.result(undo.conflictCount, []);
  });
}

export async function undoRestore(
  request: UndoRequest,
  context: EngineContext,
  keeping: Keeping,
): Promise<RestoreReport> {
  context.onProgress({ phase: 'planning', files: 0, bytes: 0 });
  return prepared(request, context, async ({ plan, undo, target, parts, safety }) => {
    const pool = openRestorePool(writing(request), target, context.threads);
    try {
      const removals = (): AsyncGenerator<string> => undo.removedPaths();
      const emptied = new Set(undo.madeDirectories.map(({ path }) => path));
      const replacing = { plan, parts, target, isMirror: false, removals, emptied };
      const kept = await keepReplaced(replacing, keeping, context);
      const restoration = new Restoration(plan, pool, context, target);
      await parts.restore(safety, context, restoration);
      await restoration.removeMade(undo, request.isForced);
      const report = await restoration.run(false);
      return kept === undefined ? report : { ...report, kept };
    } catch (error) {
      throw asRestoreError(error, context.signal);
    } finally {
      await pool.close();
    }
  });
}

interface Prepared {
  plan: RestorePlan;
  undo: UndoPlan;
  target: OpenedTarget;
  parts: ChosenParts;
  safety: SnapshotReader | undefined;
}

async function prepared<Result>(
  request: UndoRequest,
  { destination, signal }: EngineContext,
  act: (prepared: Prepared) => Promise<Result>,
): Promise<Result> {
  const { ledgerPath, safety, isForced } = request;
  const reader = safety && (await openSafety(safety, request, destination));
  const source = reader === undefined ? NOTHING : filesOf(reader, request);
  const target = openTarget(writing(request), '');
  try {
    const parts = await partsToUndo(await readParts(ledgerPath), request);
    const undo = await UndoPlan.make(source, { ledgerPath, target, isForced, signal });
    const { isLeftAlone } = undo;
    const plan = await RestorePlan.make(source, { selection: EVERYTHING, target, isLeftAlone });
    return await act({ plan, undo, target, parts, safety: reader });
  } finally {
    closeSync(target.rootFd);
  }
}

/** What was kept of a home; a safety snapshot of an admin's directory is all files. */
function filesOf(reader: SnapshotReader, { target }: UndoRequest): PlanSource {
  if (target.place === 'directory') return reader;
  const { tree, place, summary } = reader;
  const home = async function* () {
    const entry = await reader.find(HOME);
    if (entry !== undefined) yield entry;
    yield* reader.below(HOME);
  };
  return {
    ...{ tree, place, summary },
    hasContent: (entry) => reader.hasContent(entry),
    find: (path) => reader.find(path),
    below: (path) => reader.below(path),
    entries: home,
  };
}

async function openSafety(
  safety: UndoRequest['safety'] & object,
  request: UndoRequest,
  destination: EngineContext['destination'],
): Promise<SnapshotReader> {
  const { snapshotKey, trustedKeysPem, sourceAccountId } = safety;
  const reader = await SnapshotReader.open(destination, snapshotKey, trustedKeysPem);
  const { account, target } = request;
  checkAccount(reader, { account, target, sourceAccountId });
  return reader;
}

/** Where it writes: the places in a ledger are those below the home, or the directory. */
function writing({
  account,
  target,
  isTenantRequest,
}: UndoRequest): Pick<RestoreRequest, 'account' | 'target' | 'isTenantRequest'> {
  const isInHome = target.place === 'original' || target.place === 'beside';
  return {
    ...{ account, isTenantRequest },
    target: isInHome ? { place: 'original', mode: 'overlay' } : { ...target, mode: 'overlay' },
  };
}
