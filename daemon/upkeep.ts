/** What the daemon tidies by the clock: expired downloads, lists of restores that can no longer be undone, restores of databases that were cut off, snapshots nobody browses any more, what is
 * long past, history indexes, how full destinations are today, and destinations that a day has passed of since their last prune. */
import type { HistoryKeeper } from './history/history-keeper.js';
import type { DestinationUsages } from './jobs/destination-usage.service.js';
import type { Logger } from './platform/logger.js';
import type { DownloadsService } from './restores/downloads.service.js';
import type { InterruptedSwaps } from './runs/interrupted-swaps.js';
import type { PrunesService } from './runs/prunes.service.js';
import type { RunHistory } from './runs/run-history.js';
import type { SteadyTime } from './runs/steady-time.store.js';
import type { UndoLedgers } from './runs/undo-ledgers.js';
import type { SnapshotReaders } from './snapshots/snapshot-readers.js';

const DOWNLOADS_MS = 60 * 60_000;
/** A database server may have been away. */
const SWAPS_MS = 60_000;
const READERS_MS = 60_000;
const PRUNES_MS = 60 * 60_000;
const STEADY_MS = 10 * 60_000;
const INDEXES_MS = 60 * 60_000;
const USAGE_MS = 60 * 60_000;
const HISTORY_MS = 24 * 60 * 60_000;

export interface UpkeepServices {
  downloads: Pick<DownloadsService, 'sweep'>;
  prunes: Pick<PrunesService, 'tick'>;
  steady: Pick<SteadyTime, 'elapsedMs'>;
  ledgers: Pick<UndoLedgers, 'sweep'>;
  swaps: Pick<InterruptedSwaps, 'settleAll'>;
  readers: Pick<SnapshotReaders, 'closeIdle' | 'closeAll'>;
  history: Pick<RunHistory, 'forgetOld'>;
  indexes: Pick<HistoryKeeper, 'freshenAll'>;
  usages: Pick<DestinationUsages, 'note'>;
  logger: Logger;
}

/** Tidies now and then again and again; answers how to stop. */
export function startUpkeep(services: UpkeepServices): () => Promise<void> {
  const { downloads, prunes, steady, ledgers, swaps, readers, history, indexes } = services;
  const { usages, logger } = services;
  const stopping = new AbortController();
  const atWork = new Set<Promise<void>>();
  const repeat = (intervalMs: number, act: () => Promise<unknown>): NodeJS.Timeout => {
    const guarded = (): void => {
      const work = act().then(
        () => undefined,
        (error: unknown) => {
          logger.warn({ err: error }, 'Something could not be tidied up; it is tried again later');
        },
      );
      atWork.add(work);
      void work.finally(() => atWork.delete(work));
    };
    guarded();
    return setInterval(guarded, intervalMs).unref();
  };
  const forget = async (): Promise<void> => {
    const forgotten = await history.forgetOld(stopping.signal);
    const isAny = forgotten.runs + forgotten.events > 0;
    if (isAny) logger.info(forgotten, 'What is older than history.keepDays was forgotten');
  };
  const timers = [
    repeat(DOWNLOADS_MS, () => downloads.sweep()),
    repeat(DOWNLOADS_MS, () => ledgers.sweep()),
    repeat(SWAPS_MS, () => swaps.settleAll()),
    repeat(PRUNES_MS, () => prunes.tick()),
    repeat(STEADY_MS, () => steady.elapsedMs()),
    repeat(READERS_MS, () => readers.closeIdle()),
    repeat(USAGE_MS, () => usages.note()),
    repeat(HISTORY_MS, forget),
    repeat(INDEXES_MS, () => indexes.freshenAll()),
  ];
  return async () => {
    for (const timer of timers) clearInterval(timer);
    stopping.abort();
    await Promise.all(atWork);
    await readers.closeAll();
  };
}
