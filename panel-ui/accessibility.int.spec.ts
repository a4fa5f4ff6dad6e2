import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageFile } from '../daemon/platform/project-files.js';
import { signIn, signInReseller, startPanelDaemon, type PanelDaemon } from '../daemon/testing/panel-daemon.js'; // prettier-ignore
import { looksOf, strain, type Looker } from '../daemon/testing/panel-looks.js';
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';
import { needsTool } from '../daemon/testing/tools.js';
import { launchBrowser } from '../daemon/testing/watched-page.js';
import { urls } from './routes.js';

interface Finding {
  id: string;
  nodes: { target: string[] }[];
}

const axe = readFileSync(packageFile('axe-core', 'axe.min.js'), 'utf8');
const runAxe = `${axe}; axe.run().then((result) => result.violations)`;
const widthBeyond = 'document.documentElement.scrollWidth - window.innerWidth';
const LOOKERS = ['nobody', 'admin', 'reseller', 'owner'] as const;

describe.skipIf(!needsTool('chromium'))('every page in a browser', () => {
  let directory: string;
  let panel: PanelDaemon;
  let browser: Browser;
  let cookies: Record<Looker, string | undefined>;

  beforeAll(async () => {
    directory = await makeTempDir();
    panel = await startPanelDaemon(directory);
    await strain(panel);
    cookies = {
      nobody: undefined,
      admin: (await signIn(panel)).cookie,
      reseller: (await signInReseller(panel)).cookie,
      owner: (await signIn(panel, 'anna')).cookie,
    };
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await panel.daemon.stop();
    await removeTempDir(directory);
  });

  async function signInOn(page: Page, looker: Looker): Promise<void> {
    const [name = '', value = ''] = cookies[looker]?.split('=') ?? [];
    if (name !== '') await page.context().addCookies([{ name, value, url: panel.url }]);
  }

  async function look(page: Page, title: string): Promise<unknown[]> {
    const found = await page.evaluate<Finding[]>(runAxe);
    const findings: unknown[] = found.map(({ id, nodes }) => [title, id, nodes[0]?.target]);
    if ((await page.evaluate<number>(widthBeyond)) > 0) findings.push([title, 'too wide']);
    return findings;
  }

  const views = ([1440, 390] as const).flatMap((width) =>
    (['light', 'dark'] as const).flatMap((colorScheme) =>
      LOOKERS.map((looker) => ({ width, colorScheme, looker })),
    ),
  );

  it.each(views)(
    'at $width px, $colorScheme, for $looker: nothing that axe finds, nothing cut off, nothing refused',
    async ({ width, colorScheme, looker }) => {
      const findings: unknown[] = [];
      const page = await browser.newPage({ viewport: { width, height: 844 }, colorScheme });
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) findings.push(message.text());
      });
      await signInOn(page, looker);
      for (const url of [...looksOf(panel, looker).map((each) => each.url), '/nowhere']) {
        await page.goto(panel.url + url);
        findings.push(...(await look(page, url)));
      }
      await page.close();
      expect(findings).toEqual([]);
    },
  );

  it.each([
    { width: 1440, colorScheme: 'dark' },
    { width: 390, colorScheme: 'light' },
  ] as const)(
    'at $width px, $colorScheme: nothing on any step of a new job',
    async ({ width, colorScheme }) => {
      const page = await browser.newPage({ viewport: { width, height: 844 }, colorScheme });
      await signInOn(page, 'admin');
      await page.goto(panel.url + urls.newJob());
      await page.fill('[name=name]', `looked-at-${width}`);
      await page.press('[name=name]', 'Enter');
      await page.waitForSelector('[name=destinations]');
      const findings = await look(page, 'destinations');
      await page.check('[name=destinations][value=main]');
      await page.click('text=Continue');
      await page.click('text=Monthly');
      findings.push(...(await look(page, 'schedule')));
      await page.click('text=Continue');
      await page.waitForSelector('main >> text=Add the job');
      findings.push(...(await look(page, 'review')));
      await page.click('main >> text=Add the job');
      expect(new URL(page.url()).pathname).toBe(urls.job(`looked-at-${width}`));
      await page.close();
      expect(findings).toEqual([]);
    },
  );

  it('at 1024 px, and while an admin acts as an account, nothing is cut off', async () => {
    const page = await browser.newPage({ viewport: { width: 1024, height: 844 } });
    await signInOn(page, 'admin');
    const wide: string[] = [];
    for (const { url } of looksOf(panel, 'admin')) {
      await page.goto(panel.url + url);
      if ((await page.evaluate<number>(widthBeyond)) > 0) wide.push(url);
    }
    expect(wide).toEqual([]);
    await page.goto(panel.url + urls.account('anna'));
    await page.click('text=View as this account');
    expect(await look(page, 'viewing')).toEqual([]);
    await page.close();
  });
});
