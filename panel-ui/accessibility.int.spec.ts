import { readFileSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountParts } from '../daemon/accounts/account-parts.js';
import { Account } from '../daemon/accounts/account.entity.js';
import { systemActor } from '../daemon/auth/actor.js';
import { UsersService } from '../daemon/auth/users.service.js';
import { columns } from '../daemon/catalogue/columns.js';
import { parseFilter } from '../daemon/jobs/account-filter-text.js';
import { StoredDestination } from '../daemon/jobs/destination.entity.js';
import { HooksService } from '../daemon/jobs/hooks.service.js';
import { JobsService } from '../daemon/jobs/jobs.service.js';
import { Snapshot } from '../daemon/runs/snapshot.entity.js';
import { HOSTILE, sampleDestination, secondsAgo } from '../daemon/testing/sample-rows.js';
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';
import { needsTool } from '../daemon/testing/tools.js';
import { packageFile } from '../daemon/platform/project-files.js';
import { prepareDownload } from '../daemon/testing/prepared-download.js';
import { startPanelDaemon, type PanelDaemon } from '../daemon/testing/panel-daemon.js';

interface Finding {
  id: string;
  nodes: { target: string[] }[];
}

/** Where Debian puts it. */
const CHROMIUM = '/usr/bin/chromium';
const axe = readFileSync(packageFile('axe-core', 'axe.min.js'), 'utf8');
const runAxe = `${axe}; axe.run().then((result) => result.violations)`;
const widthBeyond = 'document.documentElement.scrollWidth - window.innerWidth';

/** As wide as a row of the list gets. */
const strained = sampleDestination({
  name: 'one-with-a-long-name',
  owner: 'reseller-with-a-long-name',
  isVisible: false,
  lastProbe: {
    ...{ at: secondsAgo(9), isOk: false, freeBytes: 123e9, totalBytes: 271e9 },
    message: `It is not mounted: ${HOSTILE}`,
  },
});

/** What a panel may tell of an account, long names with it. */
const parts = accountParts.parse({
  domains: [{ name: `${'sub.'.repeat(60)}anna.example` }, { name: 'anna.example' }],
  databases: [{ engine: 'mariadb', name: 'd'.repeat(64) }],
  mailboxes: Array.from({ length: 25 }, (_, i) => ({
    address: `box${i}@anna.example`,
    path: '/m',
  })),
  crontab: '/var/spool/cron/anna',
  problems: [`"/var/cpanel/${'x'.repeat(200)}" was not used: it is a symlink.`],
});

describe.skipIf(!needsTool('chromium'))('every page in a browser', () => {
  let directory: string;
  let panel: PanelDaemon;
  let browser: Browser;
  let pages: string[];

  beforeAll(async () => {
    directory = await makeTempDir();
    panel = await startPanelDaemon(directory);
    const rows = panel.daemon.app.get(DataSource, { strict: false });
    await rows.getRepository(StoredDestination).insert(columns(strained));
    const said = { note: 'w'.repeat(500), labels: ['before-update', 'k'.repeat(32)] };
    await rows.getRepository(Snapshot).update({ id: panel.annasSnapshot }, said);
    await rows.getRepository(Account).update({ name: 'anna' }, { isSuspended: true, parts });
    const snapshot = `/snapshots/${panel.annasSnapshot}`;
    const run = `/runs/${panel.annasRun}`;
    pages = [
      '/',
      '/jobs',
      '/schedules',
      '/settings',
      '/runs',
      run,
      `${run}/log`,
      '/snapshots',
      '/accounts',
      '/accounts?q=nobody',
      '/snapshots?state=locked',
      `/change-snapshots?action=delete&id=${panel.annasSnapshot}`,
      `/change-snapshots?action=lock&id=${panel.annasSnapshot}`,
      '/accounts/anna',
      '/activity',
      '/queue',
    ];
    pages.push(`${snapshot}?path=homedir/public_html`, `${snapshot}?q=index`);
    pages.push(`${snapshot}/restore`, `${snapshot}/notes`, '/nowhere');
    pages.push('/destinations', '/new-destination', '/destinations/main');
    pages.push(`/destinations/${strained.name}`);
    for (const part of ['settings', 'validation', 'files', 'remove']) {
      pages.push(`/destinations/main/${part}`);
    }
    await panel.daemon.app.get(JobsService, { strict: false }).add(systemActor, {
      ...{ name: 'filtered', structure: 'archived', destinations: ['main'] },
      accounts: parseFilter(['name~^[ab]', 'not tag=vip']),
    });
    const flush = { moment: 'before', subject: 'task', program: '/usr/bin/env' } as const;
    const args = ['--', 'w'.repeat(300)];
    await panel.daemon.app
      .get(HooksService, { strict: false })
      .add(systemActor, { ...flush, name: 'flush', args });
    pages.push(
      '/jobs/filtered',
      '/conditions',
      '/permissions',
      '/permissions?level=account&name=anna',
      '/hooks',
      '/hooks/flush',
      '/new-hook',
    );
    pages.push('/alerts', '/channels/ops', '/accounts/anna/notifications');
    for (const kind of ['mail', 'webhook', 'slack', 'ntfy']) {
      pages.push(`/new-channel?kind=${kind}`);
    }
    pages.push('/new-job', '/jobs/nightly', '/jobs/nightly/remove', `/schedules/${panel.schedule}`);
    for (const kind of ['daily', 'hourly', 'weekly', 'monthly', 'on-demand']) {
      pages.push(`/jobs/nightly/new-schedule?kind=${kind}`);
    }
    const user = { name: 'u'.repeat(64), role: 'account', account: 'anna' } as const;
    await panel.daemon.app.get(UsersService, { strict: false }).add(systemActor, user);
    pages.push('/users', '/new-user', `/users/${user.name}`, '/my-account');
    for (const part of [
      'password',
      'codes',
      'sessions',
      'sessions?whose=all',
      'tokens',
      'confirm',
    ]) {
      pages.push(`/my-account/${part}`);
    }
    const prepared = { account: 'anna', snapshotId: panel.annasSnapshot };
    const longPath = `homedir/${'w'.repeat(200)}`;
    await prepareDownload(panel.daemon, { ...prepared, content: Buffer.from('x') });
    await prepareDownload(panel.daemon, { ...prepared, state: 'failed', paths: [longPath] });
    await prepareDownload(panel.daemon, { ...prepared, items: ['database:shop'] });
    pages.push('/downloads', '/downloads?before=1');
    const ofAnna = 'account=anna';
    const file = encodeURIComponent('homedir/public_html/line\nbreak.txt');
    pages.push('/restore', `/restore?${ofAnna}`, `/restore?${ofAnna}&day=2026-11-21`);
    pages.push('/find', `/find?${ofAnna}&q=*.txt`, `/find?${ofAnna}&q=nothing`);
    pages.push(`/find/versions?${ofAnna}&path=${file}`);
    const both = `before=${panel.annasSnapshot}&after=${panel.annasSnapshot}`;
    pages.push(`/find/diff?${ofAnna}&path=${file}&${both}`, '/accounts/anna?month=2026-10');
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });

  afterAll(async () => {
    await browser.close();
    await panel.daemon.stop();
    await removeTempDir(directory);
  });

  it.each([
    [1440, 'light'],
    [1440, 'dark'],
    [1024, 'light'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)(
    'at %d px, %s: nothing that axe finds, nothing cut off, nothing refused',
    async (width, colorScheme) => {
      const viewport = { width, height: 844 };
      const page = await browser.newPage({ viewport, colorScheme });
      const refused: string[] = [];
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) refused.push(message.text());
      });
      const findings: unknown[] = [];
      const look = async (path: string): Promise<void> => {
        const found = await page.evaluate<Finding[]>(runAxe);
        findings.push(...found.map(({ id, nodes }) => [path, id, nodes[0]?.target]));
        if ((await page.evaluate<number>(widthBeyond)) > 0) findings.push([path, 'too wide']);
      };
      await page.goto(`${panel.url}/sign-in`);
      await look('/sign-in');
      await page.goto(`${panel.url}/link/${await panel.newLink()}`);
      await look('/link');
      await page.click('main button');
      for (const path of pages) {
        await page.goto(panel.url + path);
        await look(path);
      }
      await page.goto(`${panel.url}/accounts/anna`);
      await page.click('text=View as this account');
      for (const path of ['/accounts/anna', '/my-account', '/my-account/excludes']) {
        await page.goto(panel.url + path);
        await look(`${path} as anna`);
      }
      await page.close();
      expect(findings).toEqual([]);
      expect(refused).toEqual([]);
    },
  );
});
