/**
 * The daemon's process: starts it, tells systemd, waits for a signal, stops it. `holdfast daemon`
 * is the only way in, by hand and under systemd.
 */
import { toAppError } from './platform/errors.js';
import type { InstancePaths } from './platform/instance.js';
import { createServiceNotifier, watchdogIntervalMs } from './platform/sd-notify.js';
import { VERSION } from './platform/version.js';
import { startDaemon } from './lifecycle.js';

/** Runs until SIGTERM or SIGINT; a second signal does not wait for what is at work. */
export async function runDaemon(paths: InstancePaths): Promise<void> {
  // For the daemon alone, and before it makes any file; workers inherit it.
  process.umask(0o022);
  const { env } = process;
  // The S3 client warns of Node 20 in every process that loads it; package.json says what we run on.
  env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const notifier = createServiceNotifier(env['NOTIFY_SOCKET']);
  // Watched from the start: a boot that hangs is a hang too.
  const intervalMs = watchdogIntervalMs(env, process.pid);
  const watchdog =
    intervalMs === undefined ? undefined : setInterval(notifier.watchdog, intervalMs);
  const signalled = nextSignal();
  try {
    const daemon = await startDaemon(paths, env);
    const { logger } = daemon.platform;
    process.on('unhandledRejection', (error) => {
      // A bug in one request or task must not take the running backups with it.
      logger.error({ err: toAppError(error) }, 'A promise was rejected and nobody looked');
    });
    const place = daemon.panelUrl ?? 'switched off';
    logger.info({ version: VERSION, home: paths.home, panel: place }, 'Holdfast is ready');
    notifier.ready(`Ready; the panel is ${place}`);
    const signal = await signalled;
    notifier.stopping();
    logger.info({ signal }, 'Holdfast is stopping');
    await daemon.stop();
    logger.info('Holdfast has stopped');
  } finally {
    clearInterval(watchdog);
  }
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        resolve(signal);
      });
    }
  });
}
