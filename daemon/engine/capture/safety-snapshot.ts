/**
 * A snapshot of chosen paths below a directory, made by the same walk and the same threads as every
 * other one: an account's home, or the directory of an admin's that a restore goes to.
 */
import type { Destination } from '../../../destinations/destination.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import type { CaptureContext, CaptureRequest, SnapshotSummary } from '../types.js';
import { Capture } from './capture.js';
import { complete, openCapturePool } from './complete.js';
import { everything, homeEntry } from './everything.js';
import { hasProtectedHardLinks } from './open-home.js';
import type { Found } from './slab-cutter.js';
import { SnapshotTarget } from './snapshot-target.js';
import { Walk } from './walk.js';

export interface ChosenPaths {
  rootFd: number;
  /** Where the root lies in the snapshot; '': what is in it is the snapshot's top. */
  rootPath: BytePath;
  /** Relative to the root. */
  select: (path: BytePath, isDirectory: boolean) => boolean;
}

/** Rejects with what went wrong; then nothing is published. */
export async function captureChosen(
  { rootFd, rootPath, select }: ChosenPaths,
  snapshot: { id: string; request: CaptureRequest; destination: Destination },
  context: CaptureContext,
): Promise<SnapshotSummary> {
  const { id: snapshotId, request, destination } = snapshot;
  const links = {
    isForeignLinkAllowed: hasProtectedHardLinks(),
    accountUid: request.account.uid,
  };
  const home = { homeFd: rootFd, isStayingOnDevice: !request.crossMounts, links };
  const root: Entry = { ...homeEntry(rootFd), path: rootPath };
  const excludes = { match: () => undefined };
  const { crossMounts } = request;
  const walk = new Walk({ homeFd: rootFd, home: root, excludes, crossMounts, select, ...links });
  const told = { snapshotId, destination, log: context.log, onEnded: () => undefined };
  const target = new SnapshotTarget(told, request, context);
  const pool = openCapturePool(home, context.threads);
  let capture: Capture | undefined;
  try {
    await target.prepare();
    const found =
      request.databases === undefined && request.parts === undefined
        ? withRoot(root, walk)
        : everything(request, root, { now: context.now(), walk, context, source: home });
    const parts = { home, pool, targets: [target], found };
    if (!target.hasFailed) capture = new Capture(request, context, parts);
    const outcome = await complete(target, capture, context);
    if ('error' in outcome) throw outcome.error;
    return outcome.summary;
  } finally {
    await capture?.close();
    await pool.close();
  }
}

function* withRoot(root: Entry, walk: Walk): Generator<Found> {
  if (root.path !== '') yield { kind: 'entry', entry: root };
  yield* walk.run();
}
