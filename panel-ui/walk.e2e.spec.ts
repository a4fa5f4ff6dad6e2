import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HOSTILE } from '../daemon/testing/sample-rows.js';
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';
import { needsTool } from '../daemon/testing/tools.js';
import { ODD_NAMES, WalkStage } from '../daemon/testing/walk-stage.js';
import { launchBrowser, WatchedPage } from '../daemon/testing/watched-page.js';

const OVER = /^(Complete|Incomplete|Failed|Cancelled|Interrupted)$/;

describe.skipIf(!needsTool('chromium', 'tar'))('the panel in a browser', () => {
  let directory: string;
  let stage: WalkStage;
  let browser: Browser;
  let visit: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    directory = await makeTempDir();
    stage = new WalkStage(directory);
    [browser] = await Promise.all([launchBrowser(), stage.open()]);
  });

  afterAll(async () => {
    await browser.close();
    await stage.daemon.kill();
    await removeTempDir(directory);
  });

  afterEach(() => {
    const noted = { troubles: visit.troubles.splice(0), refusals: visit.refusals.splice(0) };
    expect(noted).toEqual({ troubles: [], refusals: [] });
  });

  async function signIn(account?: string, options: { javaScript?: boolean } = {}): Promise<void> {
    visit = await WatchedPage.open(browser, options);
    page = visit.page;
    await page.goto(await stage.newLink(account));
    await press('Sign in');
  }

  const press = (name: string): Promise<void> =>
    page.getByRole('button', { name, exact: true }).click();
  const follow = (name: string): Promise<void> =>
    page.getByRole('link', { name, exact: true }).click();
  const heading = (): Promise<string> => page.getByRole('heading', { level: 1 }).innerText();
  const goto = (path: string) => page.goto(new URL(path, page.url()).href);

  /** From the first page to a folder of the home of anna's newest snapshot. */
  async function openFolder(name?: string): Promise<void> {
    await goto('/');
    const isAdmin = (await heading()) === 'Dashboard';
    if (isAdmin) await follow('Accounts');
    await follow(isAdmin ? 'Browse anna' : 'Find files to restore');
    if (name !== undefined) await follow(name);
  }

  async function choose(...names: string[]): Promise<void> {
    for (const name of names) await page.getByLabel(`Choose ${name}`, { exact: true }).check();
  }

  /** From the chosen entries to the page that says what would happen. */
  async function preview(place: string): Promise<void> {
    await press('Restore');
    await page.getByLabel(place).check();
    await press('Preview');
    await page.getByRole('heading', { name: 'This is what will happen' }).waitFor();
  }

  const stateOfRun = (): Promise<string> => page.locator('#live .panel-head .state').innerText();

  /** Waits on the page of a run as a person does. */
  async function untilOver(refresh?: () => Promise<unknown>): Promise<string> {
    await page.waitForURL(/\/runs\/\d+$/);
    for (let tries = 0; tries < 400; tries += 1) {
      const state = await stateOfRun();
      if (OVER.test(state)) return state;
      await page.waitForTimeout(50);
      await refresh?.();
    }
    throw new Error(`The run is ${await stateOfRun()} still.`);
  }

  async function fetched(link: string): Promise<{ name: string; path: string }> {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: link }).click(),
    ]);
    return { name: download.suggestedFilename(), path: await download.path() };
  }

  describe.each([
    { who: 'an admin', account: undefined, first: 'Dashboard' },
    { who: 'an end user', account: 'anna', first: 'anna' },
  ])('$who', ({ account, first }) => {
    beforeAll(() => signIn(account));
    afterAll(() => visit.close());

    it('enters by a link that works once', async () => {
      expect(await heading()).toBe(first);
      const link = await stage.newLink(account);
      const [one, two] = [await WatchedPage.open(browser), await WatchedPage.open(browser)];
      for (const { page } of [one, two]) {
        await page.goto(link);
        await page.getByRole('button', { name: 'Sign in' }).click();
      }
      expect(await one.page.getByRole('heading', { level: 1 }).innerText()).toBe(first);
      expect(await two.page.getByRole('alert').innerText()).toMatch(/used already/);
      expect(two.refusals).toEqual([expect.stringMatching(/^422 POST \/link\//)]);
      await two.page.goto(new URL('/runs', link).href);
      expect(new URL(two.page.url()).pathname).toBe('/sign-in');
      expect([...one.troubles, ...two.troubles]).toEqual([]);
      await one.close();
      await two.close();
    });

    it('finds a file by its folder and by its name', async () => {
      await openFolder('docs');
      const names = page.locator('tbody .name');
      expect(await names.allInnerTexts()).toEqual(['Invoices 2026.txt', 'report.bin']);
      await page.getByRole('searchbox').fill('invoice');
      await page.getByRole('searchbox').press('Enter');
      await page.waitForURL(/q=invoice/);
      expect(await names.allInnerTexts()).toEqual(['Invoices 2026.txt']);
      await follow('homedir/docs');
      expect(await names.count()).toBe(2);
      await page.getByRole('searchbox').fill('nothing like it');
      await press('Search');
      await page.getByText('No name in this snapshot contains that.').waitFor();
    });

    it('gets a deleted file back as it was, after a preview', async () => {
      const path = stage.inHome('docs', 'report.bin');
      await openFolder('docs');
      await choose('report.bin');
      await rm(path, { force: true });
      await preview('Put it back');
      expect(await page.locator('.figures').innerText()).toMatch(/Created\s+1\s/);
      expect(existsSync(path)).toBe(false);
      await press('Restore now');
      expect(await untilOver()).toBe('Complete');
      expect((await readFile(path)).equals(stage.report)).toBe(true);
    });

    it('lets a mirror delete only when the name was typed', async () => {
      const stray = stage.inHome('gallery', 'three.jpg');
      await stage.give(stray, 'new');
      await openFolder();
      await choose('gallery');
      await preview('Make it exactly as it was');
      expect(await page.locator('tbody').innerText()).toMatch(/Deleted\s+gallery\/three\.jpg/);
      await press('Restore now');
      const field = page.getByLabel(/Type the account name “anna”/);
      await page.locator('#confirm:focus').waitFor();
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      expect(visit.refusals.splice(0)).toEqual([expect.stringMatching(/^422 POST .*\/restore$/)]);
      expect(existsSync(stray)).toBe(true);
      await field.fill('anna');
      await press('Restore now');
      expect(await untilOver()).toBe('Complete');
      expect(readdirSync(stage.inHome('gallery')).sort()).toEqual(['one.jpg', 'two.jpg']);
    });

    it('gets a folder beside what is there', async () => {
      await openFolder();
      await choose('docs');
      await preview('Into a new folder beside');
      await press('Restore now');
      expect(await untilOver()).toBe('Complete');
      const made = readdirSync(stage.inHome()).filter((name) => name.startsWith('restored-'));
      expect(made).toHaveLength(1);
      const copy = stage.inHome(made[0] ?? '', 'docs', 'report.bin');
      expect((await readFile(copy)).equals(stage.report)).toBe(true);
      await rm(stage.inHome(made[0] ?? ''), { recursive: true });
    });

    it('downloads a file, and a folder as an archive', async () => {
      await openFolder('docs');
      await choose('report.bin');
      await press('Download');
      expect(await untilOver()).toBe('Complete');
      const file = await fetched('Download report.bin');
      expect(file.name).toBe('report.bin');
      expect((await readFile(file.path)).equals(stage.report)).toBe(true);

      await openFolder();
      await choose('docs');
      await press('Download');
      expect(await untilOver()).toBe('Complete');
      const archive = await fetched('Download anna-');
      expect(archive.name).toMatch(/^anna-\d{4}-\d\d-\d\d\.tar\.gz$/);
      execFileSync('tar', ['-xzf', archive.path, '-C', directory]);
      const unpacked = await readFile(join(directory, 'homedir', 'docs', 'report.bin'));
      expect(unpacked.equals(stage.report)).toBe(true);
      await rm(join(directory, 'homedir'), { recursive: true });
    });

    it('sees hostile names as text, and gets such files back', async () => {
      const inert = async (): Promise<void> => {
        expect(await page.locator('img').count()).toBe(0);
      };
      await openFolder('odd');
      const shown = ODD_NAMES.map((name) => name.shown);
      expect((await page.locator('tbody .name').allInnerTexts()).sort()).toEqual(shown.sort());
      await inert();
      await choose(...shown);
      for (const { bytes } of ODD_NAMES) await rm(stage.inHome('odd', bytes), { force: true });
      await preview('Put it back');
      for (const name of shown) await page.getByText(`odd/${name}`, { exact: true }).waitFor();
      await inert();
      await press('Restore now');
      expect(await untilOver()).toBe('Complete');
      await inert();
      for (const { bytes, shown } of ODD_NAMES) {
        expect(await readFile(stage.inHome('odd', bytes), 'utf8')).toBe(`${shown}\n`);
      }
    });

    it('is asked to choose when nothing was chosen', async () => {
      for (const button of ['Restore', 'Download']) {
        await openFolder('docs');
        const folder = page.url();
        await press(button);
        await page.getByRole('status').getByText('Tick what you want first').waitFor();
        expect(page.url()).toBe(folder);
      }
    });

    it('goes back from the preview to the choice, and from there to the folder', async () => {
      await openFolder('docs');
      const folder = page.url();
      await choose('report.bin');
      await preview('Put it back');
      await page.goBack();
      await page.getByRole('radio', { name: 'Put it back' }).waitFor();
      await page.goBack();
      expect(page.url()).toBe(folder);
    });

    it('signs out', async () => {
      await visit.close();
      await signIn(account);
      await press('Sign out');
      await page.getByRole('status').getByText('You are signed out.').waitFor();
      await goto('/snapshots');
      expect(new URL(page.url()).pathname).toBe('/sign-in');
      await signIn(account);
    });
  });

  it('an end user finds nothing of others', async () => {
    await signIn('anna');
    const [foreign] = await stage.snapshotsOf('bob');
    const id = foreign?.id ?? '';
    expect((await goto(`/snapshots/${id}`))?.status()).toBe(404);
    expect(await page.locator('body').innerText()).toContain(`There is no snapshot "${id}".`);
    expect((await goto(`/snapshots/${id}/restore`))?.status()).toBe(404);
    expect((await goto('/jobs'))?.status()).toBe(403);
    expect(visit.refusals.splice(0)).toHaveLength(3);
    const [own] = await stage.snapshotsOf('anna');
    for (const path of ['/', '/snapshots', '/runs', `/snapshots/${own?.id ?? ''}`]) {
      expect((await goto(path))?.status()).toBe(200);
      expect(await page.locator('body').innerText()).not.toMatch(/bob|carol|nightly/);
    }
    await visit.close();
  });

  it('without JavaScript a deleted file is found and restored', async () => {
    const path = stage.inHome('docs', 'report.bin');
    await signIn('anna', { javaScript: false });
    await openFolder('docs');
    await choose('report.bin');
    await rm(path, { force: true });
    await preview('Put it back');
    await press('Restore now');
    expect(await untilOver(() => page.reload())).toBe('Complete');
    expect((await readFile(path)).equals(stage.report)).toBe(true);
    await visit.close();
  });

  describe.each([
    ['with JavaScript', true],
    ['without JavaScript', false],
  ])('a destination, %s,', (_, javaScript) => {
    const name = javaScript ? 'cellar' : 'attic';
    beforeAll(() => signIn(undefined, { javaScript }));
    afterAll(() => visit.close());

    async function fill(label: string, value: string): Promise<void> {
      await page.getByLabel(label).first().fill(value);
    }

    it('is added, after what was wrong was mended', async () => {
      const path = join(directory, name);
      await goto('/');
      await follow('Destinations');
      await follow('Add a destination');
      await fill('Name', name);
      await fill('Path', path);
      await fill('Notes', `${HOSTILE}\nsecond line`);
      await press('Add');
      await page.getByRole('alert').getByText('does not exist').waitFor();
      expect(visit.refusals.splice(0)).toEqual(['422 POST /new-destination']);
      await mkdir(path, { mode: 0o755 });
      await press('Add');
      await page.getByRole('status').getByText('The destination was added.').waitFor();
      expect(await heading()).toBe(name);
      expect(await page.locator('.notes').innerText()).toBe(`${HOSTILE}\nsecond line`);
      expect(await page.locator('img').count()).toBe(0);
    });

    it('is validated, and each check is seen', async () => {
      await press('Validate');
      await page.waitForURL(/\/validation$/);
      const state = page.locator('#validation .panel-head .state');
      for (let tries = 0; tries < 400 && (await state.innerText()) === 'Running'; tries += 1) {
        await page.waitForTimeout(50);
        if (!javaScript) await page.reload();
      }
      expect(await state.innerText()).toMatch(/warning/);
      const rows = page.locator('#validation tbody tr');
      expect(await rows.count()).toBeGreaterThan(20);
      expect(await rows.first().innerText()).toMatch(/Warning\s+Mode[^]*chmod 700/);
    });

    it('is changed, switched off and on, browsed and forgotten', async () => {
      await goto(`/destinations/${name}/settings`);
      await fill('Calls at once', '3');
      await press('Save');
      await page.getByRole('status').getByText('The settings were changed.').waitFor();
      await press('Switch off');
      await page.getByText('Switched off').first().waitFor();
      await press('Switch on');
      await follow('Browse');
      await page.getByText('holdfast.json').waitFor();
      await goto(`/destinations/${name}`);
      await follow('Remove …');
      await press('Forget');
      await page.getByRole('status').getByText('was not touched').waitFor();
      expect(readdirSync(join(directory, name))).toContain('holdfast.json');
    });
  });

  describe('a backup', () => {
    beforeAll(() => signIn());
    afterAll(() => visit.close());

    it('is started on the dashboard and watched until it is complete', async () => {
      await stage.burdenCarol(3);
      await goto('/');
      await press('Back up now');
      await page.waitForURL(/\/runs\/\d+$/);
      const loaded = visit.documents;
      const row = page.locator('#live tbody tr', { hasText: 'carol' });
      const seen = new Set<string>();
      const look = async (): Promise<void> => {
        for (const text of await row.locator('.progress-line').allInnerTexts()) seen.add(text);
      };
      expect(await untilOver(look)).toBe('Complete');
      expect([...seen].join('\n')).toMatch(/\d %/);
      await page.locator('#log').getByText('Finished: complete.').waitFor();
      expect(visit.documents).toBe(loaded);
      await row.getByRole('link', { name: /stored/ }).click();
      expect(await heading()).toMatch(/^carol, /);
    });

    it('is cancelled while it runs, and leaves no snapshot', async () => {
      const snapshots = await stage.snapshotsOf('carol');
      await stage.burdenCarol(20);
      await goto('/');
      await press('Back up now');
      await page.waitForURL(/\/runs\/\d+$/);
      await goto('/');
      await page.locator('#running progress').waitFor();
      await page.locator('#running').getByRole('link', { name: 'Backup nightly' }).click();
      const row = page.locator('#live tbody tr', { hasText: 'carol' });
      await row.locator('progress').waitFor();
      await press('Cancel');
      await page.getByText('The run is being cancelled.').waitFor();
      expect(await untilOver()).toBe('Cancelled');
      expect(await row.innerText()).toContain('Cancelled');
      await page.getByRole('button', { name: 'Try again' }).waitFor();
      expect(await stage.daemon.workersGone()).toBe(true);
      const isWhole = ({ state }: { state: string }): boolean => state === 'complete';
      const now = await stage.snapshotsOf('carol');
      expect(now.filter(isWhole)).toEqual(snapshots.filter(isWhole));
    });
  });
});
