import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIn, startPanelDaemon, type PanelDaemon } from '../daemon/testing/panel-daemon.js';
import { looksOf, strain, type Look } from '../daemon/testing/panel-looks.js';
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';
import { needsTool } from '../daemon/testing/tools.js';
import { launchBrowser } from '../daemon/testing/watched-page.js';

const MOST_BYTES = 150_000;
const MOST_SHIFT = 0.01;
/** Notes what moved after it was painted, from the start on. */
const WATCH_SHIFTS = `window.shifted = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shifted += entry.value; }).observe({ type: 'layout-shift', buffered: true });`;

describe.skipIf(!needsTool('chromium'))('a page', () => {
  let directory: string;
  let panel: PanelDaemon;
  let browser: Browser;
  let cookies: Record<'admin' | 'owner', string>;
  let looks: Record<'admin' | 'owner', Look[]>;

  beforeAll(async () => {
    directory = await makeTempDir();
    panel = await startPanelDaemon(directory);
    await strain(panel);
    cookies = {
      admin: (await signIn(panel)).cookie,
      owner: (await signIn(panel, 'anna')).cookie,
    };
    looks = { admin: looksOf(panel, 'admin'), owner: looksOf(panel, 'owner') };
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await panel.daemon.stop();
    await removeTempDir(directory);
  });

  async function openAs(who: 'admin' | 'owner', javaScriptEnabled = true): Promise<BrowserContext> {
    const viewport = { width: 390, height: 844 };
    const context = await browser.newContext({ viewport, javaScriptEnabled });
    const [name = '', value = ''] = cookies[who].split('=');
    await context.addCookies([{ name, value, url: panel.url }]);
    return context;
  }

  /** What the browser is sent for a first look: each visit begins with an empty cache. */
  async function transferred(page: Page, url: string): Promise<number> {
    const client = await page.context().newCDPSession(page);
    await client.send('Network.enable');
    await client.send('Network.setCacheDisabled', { cacheDisabled: true });
    let bytes = 0;
    client.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
    await page.goto(url, { waitUntil: 'load' });
    await client.detach();
    return bytes;
  }

  it.each(['admin', 'owner'] as const)(
    'of the %s is light, stands still, and asks nobody else',
    async (who) => {
      const context = await openAs(who);
      await context.addInitScript(WATCH_SHIFTS);
      const page = await context.newPage();
      const findings: unknown[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') findings.push(['console', message.text(), page.url()]);
      });
      page.on('pageerror', (error) => findings.push(['threw', error.message, page.url()]));
      page.on('request', (asked) => {
        if (!asked.url().startsWith(panel.url) && !asked.url().startsWith('data:')) findings.push(['elsewhere', asked.url()]); // prettier-ignore
      });
      // These say by their status what cannot be done, which browsers note as an error.
      const wanted = looks[who].filter(({ name }) => !['runUndo', 'accountRecreate', 'myExcludes'].includes(name)); // prettier-ignore
      for (const { url } of wanted) {
        const bytes = await transferred(page, panel.url + url);
        if (bytes > MOST_BYTES) findings.push([url, 'bytes', bytes]);
        const shift = await page.evaluate<number>('window.shifted');
        if (shift > MOST_SHIFT) findings.push([url, 'moved', shift]);
      }
      await context.close();
      expect(findings).toEqual([]);
    },
  );

  it.each(['admin', 'owner'] as const)(
    'of the %s shows the same without JavaScript',
    async (who) => {
      const [without, withScripts] = [await openAs(who, false), await openAs(who)];
      const [plain, full] = [await without.newPage(), await withScripts.newPage()];
      for (const { url } of looks[who]) {
        for (const page of [plain, full]) {
          await page.goto(panel.url + url);
          expect([url, await page.locator('main h1').isVisible()]).toEqual([url, true]);
        }
        const rows = await Promise.all([plain, full].map((page) => page.locator('main tr:visible, main input:visible').count())); // prettier-ignore
        expect([url, rows[0]]).toEqual([url, rows[1]]);
      }
      await without.close();
      await withScripts.close();
    },
  );
});
