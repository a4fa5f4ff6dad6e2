/** What the daemon tidies by the clock: expired downloads, snapshots nobody browses any more. */
import type { Logger } from './platform/logger.js';
import type { DownloadsService } from './restores/downloads.service.js';
import type { SnapshotReaders } from './snapshots/snapshot-readers.js';

const DOWNLOADS_MS = 60 * 60_000;
const READERS_MS = 60_000;

export interface UpkeepServices {
  downloads: Pick<DownloadsService, 'sweep'>;
  readers: Pick<SnapshotReaders, 'closeIdle' | 'closeAll'>;
  logger: Logger;
}

/** Tidies now and then again and again; answers how to stop. */
export function startUpkeep({ downloads, readers, logger }: UpkeepServices): () => Promise<void> {
  const repeat = (intervalMs: number, act: () => Promise<void>): NodeJS.Timeout => {
    const guarded = (): void => {
      act().catch((error: unknown) => {
        logger.warn({ err: error }, 'Something could not be tidied up; it is tried again later');
      });
    };
    guarded();
    return setInterval(guarded, intervalMs).unref();
  };
  const timers = [
    repeat(DOWNLOADS_MS, () => downloads.sweep()),
    repeat(READERS_MS, () => readers.closeIdle()),
  ];
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await readers.closeAll();
  };
}
