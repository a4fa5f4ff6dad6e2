/**
 * Photographs every page of the panel, as an admin, a reseller and an end user, at the widths of a desk
 * and a phone, light and dark, with no rows, three and five thousand, into .screenshots/. For looking at.
 */
/**
 * Photographs every page of the panel, as an admin, a reseller and an end user, at the widths of a desk
 * and a phone, light and dark, with no rows, three and five thousand, into .screenshots/. For looking at.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { DataSource } from 'typeorm';
import { Snapshot } from '../daemon/runs/snapshot.entity.js';
import { addCrowd } from '../daemon/testing/crowd.js';
import { signIn, signInReseller, startEmptyPanel, startPanelDaemon, type PanelDaemon } from '../daemon/testing/panel-daemon.js'; // prettier-ignore
import { looksOf, strain, type Look, type Looker } from '../daemon/testing/panel-looks.js';
import type { RouteName } from '../daemon/testing/panel-routes.js';
import { launchBrowser } from '../daemon/testing/watched-page.js';
import { paths } from '../panel-ui/routes.js';

const FOLDER = resolve('.screenshots');
interface Shot {
  size: { width: number; height: number };
  colorScheme: 'light' | 'dark';
  locale: 'en' | 'de';
}

const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const SHOTS: readonly Shot[] = [DESK, PHONE].flatMap((size) => [
  { size, colorScheme: 'light', locale: 'en' },
  { size, colorScheme: 'light', locale: 'de' },
  { size, colorScheme: 'dark', locale: 'en' },
]);
const ROWS = ['0', '3', '5000'];
const CROWD = {
  ...{ accounts: 1000, snapshotsEach: 5, runs: 5000, events: 5000, destinations: 60, jobs: 60 },
  ...{ hooks: 60, users: 5000, alerts: 1000 },
};
/** Seen most, or with the longest words. */
const IN_GERMAN: readonly RouteName[] = ['dashboard', 'account', 'days', 'snapshot', 'snapshots', 'snapshotRestore', 'jobs', 'newJob', 'myAccount', 'runs']; // prettier-ignore

async function photograph(rows: string, parts: string[], browser: Browser): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-photos-'));
  const panel = await startWith(rows, directory);
  // Nothing has an id yet, or looks as it did with three.
  const isListed = ({ name }: Look): boolean => !paths[name].includes(':') || name === 'account';
  const isWanted = (look: Look): boolean =>
    (rows === '3' || isListed(look)) &&
    (parts.length === 0 || parts.some((part) => look.url.includes(part)));
  try {
    for (const [looker, cookie] of await cookiesOf(panel)) {
      const looks = looksOf(panel, looker).filter(isWanted);
      const folder = join(FOLDER, rows, looker);
      mkdirSync(folder, { recursive: true });
      await photographAll(browser, { url: panel.url, looks, folder, cookie });
      console.log(`${folder}: ${looks.length} pages`);
    }
  } finally {
    await panel.daemon.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function startWith(rows: string, directory: string): Promise<PanelDaemon> {
  if (rows === '0') return startEmptyPanel(directory);
  const panel = await startPanelDaemon(directory);
  await strain(panel);
  if (rows === '3') return panel;
  const catalogue = panel.daemon.app.get(DataSource, { strict: false });
  const snapshots = catalogue.getRepository(Snapshot);
  const { summary } = await snapshots.findOneByOrFail({ id: panel.annasSnapshot });
  await addCrowd(catalogue, { ...CROWD, summary });
  return panel;
}

async function cookiesOf(panel: PanelDaemon): Promise<[Looker, string | undefined][]> {
  return [
    ['nobody', undefined],
    ['admin', (await signIn(panel)).cookie],
    ['reseller', (await signInReseller(panel)).cookie],
    ['owner', (await signIn(panel, 'anna')).cookie],
  ];
}

interface Album {
  url: string;
  looks: Look[];
  folder: string;
  cookie: string | undefined;
}

async function photographAll(browser: Browser, album: Album): Promise<void> {
  for (const shot of SHOTS) {
    const { size, colorScheme, locale } = shot;
    const context = await browser.newContext({ viewport: size, colorScheme, locale });
    const [name = '', value = ''] = album.cookie?.split('=') ?? [];
    if (name !== '') await context.addCookies([{ name, value, url: album.url }]);
    await photographLooks(await context.newPage(), album, shot);
    await context.close();
  }
}

async function photographLooks(page: Page, album: Album, shot: Shot): Promise<void> {
  const { size, colorScheme, locale } = shot;
  const isGerman = locale === 'de';
  const looks = album.looks.filter(({ name }) => !isGerman || IN_GERMAN.includes(name));
  for (const [index, look] of looks.entries()) {
    // Further ones of the same page are numbered.
    const nth = looks.slice(0, index).filter(({ name }) => name === look.name).length;
    const name = nth === 0 ? look.name : `${look.name}.${nth + 1}`;
    await page.setViewportSize(size);
    await page.goto(album.url + look.url);
    // As tall as the page: what sticks to the edge of a window lies where it belongs.
    const height = await page.evaluate<number>('document.documentElement.scrollHeight');
    await page.setViewportSize({ ...size, height: Math.min(8000, height) });
    const ending = `${size.width}-${colorScheme}${isGerman ? '-de' : ''}`;
    await page.screenshot({ path: join(album.folder, `${name}-${ending}.png`) });
  }
}

const { values, positionals } = parseArgs({
  options: { rows: { type: 'string' } },
  allowPositionals: true,
});
const browser = await launchBrowser();
for (const rows of values.rows === undefined ? ROWS : [values.rows]) {
  await photograph(rows, positionals, browser);
}
await browser.close();
