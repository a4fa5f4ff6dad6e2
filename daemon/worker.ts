/**
 * One task's process. Forked by the daemon (runs/worker-process.ts), it is told what to do over
 * the IPC channel, does that one thing with the engine, answers, and exits. Secrets come over the
 * channel only. It never touches the catalogue and never outlives the daemon.
 *
 * Its start is part of every task's time: nothing heavy is imported before the kind of work is known.
 */
import { readdirSync } from 'node:fs';
import os from 'node:os';
import type { Destination, RequestCounts } from '../destinations/destination.js';
import type {
  BackupOutcome,
  BackupTarget,
  CaptureContext,
  EngineContext,
  Keeping,
  Progress,
  StoreRequests,
} from './engine/types.js';
import { AppError } from './platform/errors.js';
import { dieWithParent, setIoPriority } from './platform/process-calls.js';
import { toWorkError } from './runs/outcome.js';
import { requestNote } from './runs/request-note.js';
import { createThrottle } from './runs/throttle.js';
import type {
  BackupOrder,
  FromWorker,
  HistoryOrder,
  TargetEnd,
  ToWorker,
  Work,
  WorkBatch,
  WorkOrder,
  WorkResults,
} from './runs/worker-protocol.js';

const aborter = new AbortController();

/** The daemon says when it has dealt with a batch; until then nothing more is read. */
let goOn: () => void = () => undefined;

async function tellBatch(batch: WorkBatch): Promise<void> {
  const isDealtWith = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  send({ type: 'batch', batch });
  await isDealtWith;
}

async function perform(
  { work, keeping: asked }: Pick<WorkOrder, 'work' | 'keeping'>,
  context: EngineContext,
): Promise<WorkResults[Work['kind']]> {
  const keeping = asked && keepingOf(asked);
  switch (work.kind) {
    case 'restore': {
      const { restoreSnapshot } = await import('./engine/restore/restore-snapshot.js');
      return restoreSnapshot(work.request, context, keeping);
    }
    case 'undo': {
      const { undoRestore } = await import('./engine/restore/undo-restore.js');
      if (keeping === undefined) throw new Error('An undo keeps what it replaces.');
      return undoRestore(work.request, context, keeping);
    }
    case 'preview-undo': {
      const { previewUndo } = await import('./engine/restore/undo-restore.js');
      return previewUndo(work.request, context);
    }
    case 'preview': {
      const { previewRestore } = await import('./engine/restore/preview-restore.js');
      return previewRestore(work.request, context);
    }
    case 'download': {
      const { downloadSnapshot } = await import('./engine/download/download-snapshot.js');
      return downloadSnapshot(work.request, context);
    }
    case 'verify': {
      const { verifySnapshot } = await import('./engine/manifest/verify-snapshot.js');
      return verifySnapshot(work.request, context);
    }
    case 'remove': {
      const { removeSnapshot } = await import('./engine/manifest/garbage.js');
      return removeSnapshot(work.request, context);
    }
    case 'reindex': {
      const { findSnapshots } = await import('./engine/manifest/find-snapshots.js');
      return findSnapshots(work.request, context, tellBatch);
    }
    case 'erase': {
      const { eraseServer } = await import('./engine/manifest/erase-server.js');
      return eraseServer(work.request, context, tellBatch);
    }
    case 'prune': {
      const { pruneAccount } = await import('./engine/manifest/prune-account.js');
      return pruneAccount(work.request, context, tellBatch);
    }
    case 'scrub': {
      const { removeUnreferenced } = await import('./engine/manifest/garbage.js');
      return removeUnreferenced(work.request, context);
    }
  }
}

/** What a restore replaces is kept at a destination that is opened only when there is something. */
function keepingOf({ request, destination }: WorkOrder['keeping'] & object): Keeping {
  return {
    request,
    open: async () => {
      if (destination === undefined) throw new Error('No destination was told for what is kept.');
      const { openDestination } = await import('../destinations/registry.js');
      const opened = await openDestination(destination, destination.context);
      await opened.probe({ signal: aborter.signal });
      return opened;
    },
    onKept: (summary) => tellBatch({ kind: 'kept', summary }),
  };
}

function bePolite({ priority }: Pick<WorkOrder, 'priority'>): void {
  try {
    // Linux keeps both for each thread, and those that read our own modules are there already.
    for (const thread of readdirSync('/proc/self/task').map(Number)) {
      os.setPriority(thread, priority.nice);
      setIoPriority(thread, priority.ioClass, priority.ioLevel);
    }
  } catch (error) {
    // Some containers forbid it; the work is the same, only less polite.
    send({ type: 'log', level: 'warn', message: `The priority stays: ${String(error)}` });
  }
}

async function work(order: WorkOrder): Promise<WorkResults[Work['kind']]> {
  const { openDestination, priceOfRequests } = await import('../destinations/registry.js');
  const destination = await openDestination(order.destination, order.destination.context);
  const { flush, ...surroundings } = makeSurroundings(order);
  try {
    return await perform(order, { ...surroundings, destination });
  } finally {
    flush();
    tellRequests(requestsOf(destination, (counts) => priceOfRequests(order.destination, counts)));
    await destination.close();
  }
}

/** Opens what it can; a destination that cannot be opened or written fails alone. */
async function backUp(order: BackupOrder): Promise<WorkResults['capture']> {
  const { openDestination, priceOfRequests } = await import('../destinations/registry.js');
  const { backupAccount } = await import('./engine/capture/backup-account.js');
  const { flush, ...surroundings } = makeSurroundings(order);
  const opened: Destination[] = [];
  const open = async (
    { snapshotId, parent, pageCache, destination: spec }: BackupOrder['targets'][0],
    target: number,
  ): Promise<BackupTarget | undefined> => {
    try {
      const destination = await openDestination(spec, spec.context);
      opened.push(destination);
      // Only writing asks for room and a safe place: what was stored can be read back anyway.
      await destination.probe({ signal: aborter.signal });
      const log: BackupTarget['log'] = (level, message) => {
        send({ type: 'log', level, message, target });
      };
      const onEnded: BackupTarget['onEnded'] = (outcome) => {
        const requests = requestsOf(destination, (counts) => priceOfRequests(spec, counts));
        tellRequests(requests, target);
        tellEnd(target, outcome, requests);
      };
      return { snapshotId, parent, pageCache, destination, log, onEnded };
    } catch (error) {
      tellEnd(target, { error });
      return undefined;
    }
  };
  const targets = (await Promise.all(order.targets.map(open))).filter((one) => one !== undefined);
  try {
    if (targets.length > 0) await backupAccount(order.work.request, targets, surroundings);
    return { targets: order.targets.length };
  } finally {
    flush();
    for (const destination of opened) await destination.close();
  }
}

/** What a store that charges by the request was asked; undefined of any other. */
function requestsOf(
  destination: Destination,
  priceOf: (counts: RequestCounts) => number | undefined,
): StoreRequests | undefined {
  const counts = destination.requests?.();
  if (counts === undefined) return undefined;
  const usCents = priceOf(counts);
  return usCents === undefined ? counts : { ...counts, usCents };
}

function tellRequests(requests: StoreRequests | undefined, target?: number): void {
  if (requests === undefined) return;
  const message = requestNote(requests);
  send({ type: 'log', level: 'info', message, ...(target === undefined ? {} : { target }) });
}

function tellEnd(target: number, outcome: BackupOutcome, requests?: StoreRequests): void {
  const end: TargetEnd =
    'summary' in outcome
      ? { summary: { ...outcome.summary, ...(requests === undefined ? {} : { requests }) } }
      : { error: toWorkError(outcome.error) };
  send({ type: 'target', target, end });
}

function makeSurroundings({ threads }: Pick<WorkOrder, 'threads'>) {
  const progress = createThrottle<Progress>(250, (latest) => {
    send({ type: 'progress', progress: latest });
  });
  const context: CaptureContext = {
    signal: aborter.signal,
    onProgress: (latest) => {
      progress.offer(latest);
    },
    log: (level, message) => {
      send({ type: 'log', level, message });
    },
    now: () => new Date(),
    threads,
  };
  return {
    ...context,
    flush: () => {
      progress.flush();
    },
  };
}

function send(message: FromWorker, then?: () => void): void {
  if (!process.connected) return;
  process.send?.(message, undefined, undefined, then);
}

/** Exits only once the daemon has the answer. */
function answer(message: FromWorker): void {
  send(message, () => process.exit(0));
}

async function index({ work, sources }: HistoryOrder): Promise<WorkResults['history']> {
  const { openDestination } = await import('../destinations/registry.js');
  const { updateHistory } = await import('./history/update-history.js');
  const opened = sources.map(({ destination, snapshots }) => ({
    open: () => openDestination(destination, destination.context),
    snapshots,
  }));
  return updateHistory(work.request, opened, aborter.signal);
}

function perOrder(order: WorkOrder | BackupOrder | HistoryOrder) {
  if ('targets' in order) return backUp(order);
  return 'sources' in order ? index(order) : work(order);
}

async function start(order: WorkOrder | BackupOrder | HistoryOrder): Promise<void> {
  bePolite(order);
  try {
    const result = await perOrder(order);
    answer({ type: 'done', result });
  } catch (error) {
    answer({ type: 'failed', error: toWorkError(error) });
  }
}

process.on('disconnect', () => process.exit(1));
process.on('SIGTERM', () => {
  aborter.abort(new AppError('cancelled', 'run.cancelled', 'The worker was asked to stop.'));
});
process.on('message', (message: ToWorker) => {
  if (message.type === 'start') void start(message.order);
  else if (message.type === 'continue') goOn();
  else aborter.abort(new AppError('cancelled', 'run.cancelled', 'The task was cancelled.'));
});
dieWithParent();
