/** A panel with something to look at for all tests of a file, or of a group of them. */
import { afterAll, beforeAll } from 'vitest';
import { startPanelDaemon, type PanelDaemon } from './panel-daemon.js';
import { makeTempDir, removeTempDir } from './temp-dir.js';

/** `setUp` gets it before the first test, with its directory; it is stopped and removed after the last. */
export function onPanel(
  setUp: (panel: PanelDaemon, directory: string) => void | Promise<void>,
  start: (directory: string) => Promise<PanelDaemon> = startPanelDaemon,
): void {
  let directory = '';
  let panel: PanelDaemon | undefined;
  beforeAll(async () => {
    directory = await makeTempDir();
    panel = await start(directory);
    await setUp(panel, directory);
  });
  afterAll(async () => {
    await panel?.daemon.stop();
    await removeTempDir(directory);
  });
}
