import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunView } from '../daemon/api/views.js';
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';
import { needsTool } from '../daemon/testing/tools.js';
import { WalkStage } from '../daemon/testing/walk-stage.js';
import { launchBrowser, WatchedPage } from '../daemon/testing/watched-page.js';

const LONG = 'x'.repeat(5_000);
const FIRST = `soup\nfish\n${LONG}\n`;
const SECOND = `soup\n<img src=x onerror=alert(1)>\u202ecake\n${LONG}y\n`;

describe.skipIf(!needsTool('chromium'))('an end user who lost a file', () => {
  let directory: string;
  let stage: WalkStage;
  let browser: Browser;
  let visit: WatchedPage;
  let page: Page;
  const menu = (): Buffer => stage.inHome('docs', 'Menu of today.txt');

  async function backUp(): Promise<void> {
    const run = await stage.daemon.client.post<RunView>('/jobs/nightly/run');
    expect((await stage.daemon.runEnded(run.id)).run.state).toBe('complete');
  }

  beforeAll(async () => {
    directory = await makeTempDir();
    stage = new WalkStage(directory);
    [browser] = await Promise.all([launchBrowser(), stage.open()]);
    await stage.give(menu(), FIRST);
    await backUp();
    await stage.give(menu(), SECOND);
    await backUp();
    await rm(menu());
    await backUp();
    visit = await WatchedPage.open(browser);
    page = visit.page;
    await page.goto(await stage.newLink('anna'));
    await press('Sign in');
  });

  afterAll(async () => {
    await visit.close();
    await browser.close();
    await stage.daemon.kill();
    await removeTempDir(directory);
  });

  afterEach(() => {
    expect([...visit.troubles.splice(0), ...visit.refusals.splice(0)]).toEqual([]);
  });

  const press = (name: string): Promise<void> =>
    page.getByRole('button', { name, exact: true }).click();
  const follow = (name: string): Promise<void> =>
    page.getByRole('link', { name, exact: true }).first().click();
  const goto = (path: string) => page.goto(new URL(path, page.url()).href);

  async function untilComplete(): Promise<void> {
    await page.waitForURL(/\/runs\/\d+$/);
    await page.locator('#live .panel-head .state', { hasText: 'Complete' }).waitFor();
  }

  async function find(text: string): Promise<void> {
    await goto('/');
    await follow('Find a file');
    await page.getByLabel('Name of the file').fill(text);
    await page.getByLabel('Name of the file').press('Enter');
    await page.waitForURL(/q=/);
  }

  it('finds it by its name, restores it in three clicks and takes that back', async () => {
    await find('menu OF');
    expect(await page.locator('tbody tr').innerText()).toMatch(/no longer there/);
    await follow('Restore Menu of today.txt');
    await press('Preview');
    await press('Restore now');
    await untilComplete();
    expect((await readFile(menu())).toString()).toBe(SECOND);
    await goto('/');
    await page.getByRole('link', { name: /^Undo the restore of/ }).click();
    await page.getByRole('button', { name: /^Undo/ }).click();
    await untilComplete();
    expect(existsSync(menu())).toBe(false);
  });

  it('sees all its versions, and what differs between two', async () => {
    await find('*.txt');
    await follow('Menu of today.txt');
    expect(await page.locator('tbody').first().innerText()).toMatch(
      /Not there in the next snapshot/,
    );
    await page.getByRole('link', { name: /^What changed on/ }).click();
    expect(await page.locator('.diff .is-added').allInnerTexts()).toEqual([
      expect.stringContaining('<img src=x onerror=alert(1)>\\u202ecake'),
      expect.stringMatching(/x{1000}…$/),
    ]);
    expect(await page.locator('.diff .is-removed').first().innerText()).toContain('fish');
    expect(await page.locator('main img').count()).toBe(0);
  });

  it('sees what changed between two snapshots', async () => {
    const [newest] = await stage.snapshotsOf('anna');
    await goto(`/snapshots/${newest?.id ?? ''}`);
    await follow('What changed since the one before');
    const rows = (): Promise<string[]> => page.locator('tbody tr').allInnerTexts();
    const menuRow = async (): Promise<string> =>
      (await rows()).find((row) => row.includes('Menu of today')) ?? '';
    expect(await menuRow()).toMatch(/Removed/);
    await page.getByLabel('Since').selectOption({ index: 1 });
    await press('Compare');
    await page.waitForURL(/since=/);
    expect(await menuRow()).toMatch(/Removed/);
    await follow('homedir/docs/Menu of today.txt');
    await page.getByRole('heading', { name: 'All versions' }).waitFor();
  });

  it('goes from a day to a snapshot of it, in the time zone of the browser', async () => {
    await goto('/');
    await follow('Restore');
    await page.locator('.calendar .is-today a').click();
    await page
      .getByRole('link', { name: /^Choose what to restore/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'About this snapshot' }).waitFor();
    const cookies = await page.context().cookies();
    const zone = cookies.find(({ name }) => name === 'holdfast_zone');
    expect(decodeURIComponent(zone?.value ?? '')).toBe(
      await page.evaluate<string>('Intl.DateTimeFormat().resolvedOptions().timeZone'),
    );
  });
});
