/** The first day of an admin, in a browser: from an empty server to a customer who got a file. */
import { execFileSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SignInLinkView } from '../daemon/api/views.js';
import { KillableDaemon } from '../daemon/testing/kill-daemon.js';
import { CEPH_TOOLS, startCeph, type CephServer } from '../daemon/testing/servers/ceph-server.js';
import { canRunSshd, startSshd, type SshdServer } from '../daemon/testing/servers/sshd-server.js';
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';
import { makeTestInstance } from '../daemon/testing/test-daemon.js';
import { needsTool } from '../daemon/testing/tools.js';
import { launchBrowser, WatchedPage } from '../daemon/testing/watched-page.js';

const PASSWORD = 'a battery of staples';
const OVER = /^(Complete|Incomplete|Failed)$/;

describe.skipIf(!canRunSshd() || !needsTool('chromium', ...CEPH_TOOLS))('the first day', () => {
  let directory: string;
  let daemon: KillableDaemon;
  let browser: Browser;
  let ssh: SshdServer;
  let ceph: CephServer;
  let store: string;
  let visit: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    directory = await makeTempDir();
    ({ store } = await makeTestInstance(directory));
    daemon = new KillableDaemon(directory);
    [browser, ssh, ceph] = await Promise.all([launchBrowser(), startSshd('chroot'), startCeph()]);
    await Promise.all([daemon.start(), ceph.createBucket('backups')]);
    await enter('Dashboard');
  });

  afterAll(async () => {
    await visit.close();
    await browser.close();
    await daemon.kill();
    await Promise.all([ssh.stop(), ceph.close()]);
    await removeTempDir(directory);
  });

  afterEach(() => {
    const noted = { troubles: visit.troubles.splice(0), refusals: visit.refusals.splice(0) };
    expect(noted).toEqual({ troubles: [], refusals: [] });
  });

  /** Who comes by a link; the browser of whoever was there before is closed. */
  async function enter(first: string, account?: string): Promise<void> {
    const wanted = account === undefined ? {} : { account };
    const { url } = await daemon.client.post<SignInLinkView>('/sign-in-links', wanted);
    visit = await WatchedPage.open(browser);
    page = visit.page;
    await page.goto(url);
    await press('Sign in');
    await page.getByRole('heading', { level: 1, name: first, exact: true }).waitFor();
  }

  const press = (name: string): Promise<void> =>
    page.getByRole('button', { name, exact: true }).click();
  const follow = (name: string): Promise<void> =>
    page.getByRole('link', { name, exact: true }).first().click();
  const goto = (path: string) => page.goto(new URL(path, page.url()).href);
  const said = (text: string): Promise<void> =>
    page.getByRole('status').getByText(text).first().waitFor();

  async function fill(fields: Record<string, string>): Promise<void> {
    for (const [label, value] of Object.entries(fields)) {
      await page.getByLabel(label).first().fill(value);
    }
  }

  async function untilOver(): Promise<string> {
    await page.waitForURL(/\/runs\/\d+$/);
    await page.locator('#live .panel-head .state', { hasText: OVER }).waitFor();
    return page.locator('#live .panel-head .state').innerText();
  }

  it('begins with a user of one’s own, who then signs in by password', async () => {
    await follow('Users');
    await follow('Add a user');
    await fill({ Name: 'ada', Password: PASSWORD });
    await press('Add');
    await page.getByRole('heading', { level: 1, name: 'ada' }).waitFor();
    await press('Sign out');
    await fill({ Name: 'ada', Password: PASSWORD });
    await press('Sign in');
    await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
    await page.getByText('Nothing is backed up yet').waitFor();
  });

  it('adds a directory', async () => {
    await goto('/new-destination');
    await fill({ Name: 'main', Path: store });
    await press('Add');
    await said('The destination was added.');
  });

  it('adds an SSH server, with a key that was made here', async () => {
    await goto('/new-destination?kind=ssh');
    const { port, user, path } = ssh;
    await fill({ Name: 'box', Server: '127.0.0.1', Port: String(port), User: user, Path: path });
    await fill({ 'Disk limit': '100' });
    await press('Add');
    await page.getByText('Paste this line on the server, then add').waitFor();
    ssh.allowKey(await page.locator('code.command').innerText());
    visit.refusals.length = 0;
    await press('Add');
    await said('The destination was added.');
  });

  it('adds an S3 store, and validates it', async () => {
    await goto('/new-destination?kind=s3');
    await page.getByLabel('Provider').selectOption('ceph');
    await fill({ Name: 'cloud', Bucket: 'backups', Endpoint: ceph.endpoint });
    await fill({ 'Access key': ceph.accessKeyId, 'Secret access key': ceph.secretAccessKey });
    await press('Add');
    await said('The destination was added.');
    await press('Validate');
    const state = page.locator('#validation .panel-head .state');
    await state.filter({ hasText: /Passed|warning/ }).waitFor({ timeout: 60_000 });
    expect(await page.locator('body').innerText()).not.toContain(ceph.secretAccessKey);
  });

  it('makes a job for all three, step by step', async () => {
    await goto('/new-job');
    await fill({ Name: 'nightly' });
    await page.getByText('2 accounts match now').waitFor();
    await press('Continue');
    await page.getByLabel('Structure').selectOption('compressed');
    for (const name of ['main', 'box', 'cloud']) {
      await page.getByLabel(name, { exact: true }).check();
    }
    await press('Continue');
    await fill({ 'Time of day': '04:30', 'Keep the last': '14' });
    await press('Show dates');
    expect(await page.locator('.dates li, .dates time').count()).toBeGreaterThan(4);
    await press('Continue');
    await page.getByText(/04:30/).first().waitFor();
    expect((await daemon.client.get<unknown[]>('/jobs')).length).toBe(0);
    await press('Add the job');
    await page.getByRole('heading', { level: 1, name: 'nightly' }).waitFor();
  });

  it('runs it, and watches it until each account lies everywhere', async () => {
    await goto('/jobs/nightly');
    await press('Back up now');
    expect(await untilOver()).toBe('Complete');
    const rows = await page.locator('#live tbody tr').allInnerTexts();
    expect(rows).toHaveLength(6);
    for (const row of rows) expect(row).toContain('Complete');
  });

  it('sees at once what broke, where and why', async () => {
    await ssh.changeHostKey();
    await goto('/jobs/nightly');
    await press('Back up now');
    expect(await untilOver()).not.toBe('Complete');
    const failed = await page.locator('#live tbody tr', { hasText: 'Failed' }).allInnerTexts();
    expect(failed).toHaveLength(2);
    for (const row of failed) expect(row).toMatch(/The host key of .* has changed[^]*box/);
    await goto('/');
    await page.getByText(/1 run (failed|ended incomplete)/).waitFor();
  });

  it('sees a customer get a file back, and forbids undoing it', async () => {
    const admin = visit;
    await enter('anna', 'anna');
    const lost = join(directory, 'homes', 'anna', 'public_html', 'index.html');
    const content = await readFile(lost);
    await rm(lost);
    await follow('Find files to restore');
    await follow('public_html');
    await page.getByLabel('Choose index.html', { exact: true }).check();
    await press('Restore');
    await page.getByLabel('Put it back').check();
    await press('Preview');
    await press('Restore now');
    expect(await untilOver()).toBe('Complete');
    expect(await readFile(lost)).toEqual(content);
    const undo = page.getByRole('link', { name: 'Undo', exact: true });
    await undo.waitFor();
    const [annas, run] = [visit, page.url()];
    [visit, page] = [admin, admin.page];
    await goto('/permissions?level=account&name=anna');
    await page.getByLabel('Undo a restore: No', { exact: true }).check();
    await press('Save');
    await said('The permissions were changed.');
    await visit.close();
    [visit, page] = [annas, annas.page];
    await page.goto(run);
    expect(await undo.count()).toBe(0);
  });

  it('gives a link to a download, which needs no signing in', async () => {
    await goto('/');
    await follow('Find files to restore');
    await page.getByLabel('Choose public_html', { exact: true }).check();
    await press('Download');
    expect(await untilOver()).toBe('Complete');
    await follow('Downloads');
    await page.getByRole('button', { name: /^Link/ }).first().click();
    const link = await page.locator('code', { hasText: '://' }).first().innerText();
    const file = join(directory, 'by-link.tar.gz');
    execFileSync('curl', ['-fsS', '-o', file, link.trim()]);
    const listed = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' });
    expect(listed).toContain('homedir/public_html/index.html');
  });
});
