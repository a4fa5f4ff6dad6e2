/**
 * The daemon's life in order: take the instance, build the application, put right what a crash
 * left, open the doors, start the queue, start what is due; and all of it backwards. The only place that decides this
 * order. Tests start and stop whole daemons through it.
 */
import { closeSync, openSync } from 'node:fs';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AccountsService } from './accounts/accounts.service.js';
import { listenOnPort, listenOnSocket, type Listener } from './api/listeners.js';
import { PANEL_ADDRESS, type PanelAddress } from './api/panel-address.js';
import { urls } from '../panel-ui/routes.js';
import { createApp, handlerOf } from './create-app.js';
import { DestinationUsages } from './jobs/destination-usage.service.js';
import { DestinationValidations } from './jobs/destination-validations.service.js';
import { NoticeLinks } from './notices/notice-links.js';
import { NoticeRounds } from './notices/notice-rounds.js';
import { AppError, toAppError } from './platform/errors.js';
import type { InstancePaths } from './platform/instance.js';
import { openPlatform, type Platform } from './platform/platform.module.js';
import { tryLock } from './platform/syscalls.js';
import { DownloadSigner } from './restores/download-signer.js';
import { DownloadsService } from './restores/downloads.service.js';
import { CrashScrub } from './runs/crash-scrub.js';
import { InterruptedSwaps } from './runs/interrupted-swaps.js';
import { PrunesService } from './runs/prunes.service.js';
import { QueueService } from './runs/queue.service.js';
import { ScheduleDriver } from './runs/schedule-driver.js';
import { RunEvents } from './runs/run-events.js';
import { RunHistory } from './runs/run-history.js';
import { HistoryKeeper } from './history/history-keeper.js';
import { RunFollowups } from './runs/run-followups.js';
import { SteadyTime } from './runs/steady-time.store.js';
import { UsageKeeper } from './runs/usage-keeper.js';
import { UndoLedgers } from './runs/undo-ledgers.js';
import { SnapshotReaders } from './snapshots/snapshot-readers.js';
import { startUpkeep } from './upkeep.js';

const ACCOUNTS_REFRESH_MS = 10 * 60_000;

export interface RunningDaemon {
  app: NestExpressApplication;
  platform: Platform;
  /** Where browsers reach the panel; undefined when it is switched off. */
  panelUrl: string | undefined;
  /** Stops taking work, interrupts what is at work, closes the doors and the catalogue. */
  stop(): Promise<void>;
}

type Closer = () => Promise<void> | void;

/** Starts a daemon on an instance. A second one on the same instance is a `conflict`. */
export async function startDaemon(
  paths: InstancePaths,
  env: Record<string, string | undefined>,
): Promise<RunningDaemon> {
  const platform = await openPlatform(paths, env);
  const closers: Closer[] = [];
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const close of closers.splice(0).reverse()) {
      // One that fails must not leave a door open or the lock taken.
      await Promise.resolve()
        .then(close)
        .catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw toAppError(failures[0]);
  };
  try {
    closers.push(lockInstance(paths.lock));
    const app = await createApp(platform);
    closers.push(() => app.close());
    closers.push(app.get(RunFollowups, { strict: false }).start());
    closers.push(app.get(UsageKeeper, { strict: false }).start());
    await app.get(CrashScrub).interruptAll();
    closers.push(await keepAccountsFresh(app, platform));
    closers.push(
      startUpkeep({
        downloads: app.get(DownloadsService, { strict: false }),
        prunes: app.get(PrunesService, { strict: false }),
        steady: app.get(SteadyTime, { strict: false }),
        ledgers: app.get(UndoLedgers, { strict: false }),
        swaps: app.get(InterruptedSwaps, { strict: false }),
        readers: app.get(SnapshotReaders, { strict: false }),
        history: app.get(RunHistory),
        indexes: app.get(HistoryKeeper, { strict: false }),
        usages: app.get(DestinationUsages, { strict: false }),
        logger: platform.logger,
      }),
    );
    closers.push(app.get(HistoryKeeper, { strict: false }).start());
    const panelUrl = await openDoors(app, platform, closers);
    if (panelUrl !== undefined) leadToPanel(app, panelUrl);
    const rounds = app.get(NoticeRounds, { strict: false });
    closers.push(rounds.start(app.get(RunEvents, { strict: false })));
    const validations = app.get(DestinationValidations, { strict: false });
    closers.push(() => validations.stop());
    const queue = app.get(QueueService);
    closers.push(() => queue.stop());
    await queue.start();
    const driver = app.get(ScheduleDriver, { strict: false });
    closers.push(() => driver.stop());
    driver.start();
    return { app, platform, panelUrl, stop };
  } catch (error) {
    await stop().catch((failure: unknown) => {
      platform.logger.error({ err: failure }, 'What had been started could not be stopped cleanly');
    });
    throw error;
  }
}

/** Those below the panel learn how its addresses are spelled. */
function leadToPanel(app: NestExpressApplication, panelUrl: string): void {
  const signer = app.get(DownloadSigner, { strict: false });
  const links = app.get(NoticeLinks, { strict: false });
  links.lead(
    (runId) => panelUrl + urls.run(runId),
    (download) => signer.linkSince(download),
  );
  signer.lead((runId, proof) => panelUrl + urls.downloadFile(runId, proof));
}

/** One daemon for each instance; the kernel gives the lock back however this one ends. */
function lockInstance(path: string): () => void {
  const fd = openSync(path, 'a', 0o600);
  if (tryLock(fd)) {
    return () => {
      closeSync(fd);
    };
  }
  closeSync(fd);
  throw new AppError(
    'conflict',
    'daemon.already-running',
    `A daemon is already running on this instance (it holds ${path}).`,
  );
}

async function openDoors(
  app: NestExpressApplication,
  platform: Platform,
  closers: Closer[],
): Promise<string | undefined> {
  const { paths, config, logger } = platform;
  const handler = handlerOf(app);
  const add = <Door extends Listener>(door: Door): Door => {
    closers.push(() => door.close());
    return door;
  };
  add(await listenOnSocket(paths.socket, handler, logger));
  if (!config.panel.enabled) return undefined;
  const door = add(await listenOnPort(config.panel, handler, logger));
  const url = config.panel.publicUrl?.replace(/\/+$/, '') ?? door.url;
  app.get<PanelAddress>(PANEL_ADDRESS, { strict: false }).url = url;
  return url;
}

/** Looks for accounts now and every ten minutes. A failing source is told, and known accounts stay. */
async function keepAccountsFresh(
  app: NestExpressApplication,
  { logger }: Platform,
): Promise<Closer> {
  const accounts = app.get(AccountsService, { strict: false });
  const refresh = async (): Promise<void> => {
    try {
      await accounts.refresh();
    } catch (error) {
      const { code, message } = toAppError(error);
      logger.error({ code, err: error }, message);
    }
  };
  await refresh();
  const timer = setInterval(() => void refresh(), ACCOUNTS_REFRESH_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
