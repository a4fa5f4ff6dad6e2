/** From a capture to a published snapshot, for one of its targets. */
import { ThreadPool, compiledEntry } from '../thread-pool.js';
import type { BackupOutcome, CaptureContext, CaptureRequest, SnapshotSummary } from '../types.js';
import type { Capture } from './capture.js';
import type { CaptureThreadData, SlabRequest, SlabResponse } from './capture-messages.js';
import type { SnapshotTarget } from './snapshot-target.js';

/** What every way to make a snapshot is given. */
export interface Surroundings {
  request: CaptureRequest;
  context: CaptureContext;
  home: CaptureThreadData;
}

export function openCapturePool(
  home: CaptureThreadData,
  threads: number,
): ThreadPool<SlabRequest, SlabResponse> {
  return new ThreadPool(compiledEntry(import.meta.url, './capture-thread.js'), threads, home);
}

/** Never rejects: what goes wrong is this target's outcome. */
export async function complete(
  target: SnapshotTarget,
  capture: Capture | undefined,
  context: CaptureContext,
): Promise<BackupOutcome> {
  if (capture === undefined || target.hasFailed) return target.end(undefined);
  return outcomeOf(target, async () => {
    try {
      return await makeSnapshot(target, capture, context);
    } catch (error) {
      capture.drop(target, error);
      throw error;
    }
  });
}

/** The end of a target, whose failure is its own. Never rejects. */
export async function outcomeOf(
  target: SnapshotTarget,
  make: () => Promise<SnapshotSummary>,
): Promise<BackupOutcome> {
  const summary = await make().catch((error: unknown) => {
    target.fail(error);
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
