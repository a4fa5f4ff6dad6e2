import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PANELS, PluginStage } from '../daemon/testing/plugin-stage.js';
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';
import { needsTool } from '../daemon/testing/tools.js';
import { WalkStage } from '../daemon/testing/walk-stage.js';
import { launchBrowser, WatchedPage } from '../daemon/testing/watched-page.js';

const isRoot = process.geteuid?.() === 0;

describe.skipIf(!isRoot || !needsTool('chromium', 'perl', 'php'))('who comes from a panel', () => {
  let directory: string;
  let stage: WalkStage;
  let browser: Browser;
  let panels: { server: Server; url: string };

  beforeAll(async () => {
    directory = await makeTempDir();
    stage = new WalkStage(directory);
    [browser] = await Promise.all([launchBrowser(), stage.open()]);
    const plugins = await PluginStage.open(join(directory, 'server'), stage.daemon.paths.socket);
    panels = await plugins.serve();
  });

  afterAll(async () => {
    panels.server.close();
    await browser.close();
    await stage.daemon.kill();
    await removeTempDir(directory);
  });

  it.each(PANELS)('%s is signed in as who the panel knows, and as nobody else', async (name) => {
    for (const [who, first, foreign] of [
      ['anna', 'anna', 404],
      ['admin', 'Dashboard', 200],
    ] as const) {
      // prettier-ignore
      const { page, ...visit } = await WatchedPage.open(browser);
      await page.goto(`${panels.url}/${name}/${who}`);
      expect(new URL(page.url()).pathname).toMatch(/^\/link\//);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('heading', { level: 1, name: first, exact: true }).waitFor();
      const answer = await page.goto(new URL('/accounts/bob', page.url()).href);
      expect(answer?.status()).toBe(foreign);
      expect(visit.troubles).toEqual([]);
      await page.context().close();
    }
  });
});
