import { describe, expect, it } from 'vitest';
import { accountParts } from '../daemon/accounts/account-parts.js';
import { assetUrls, loadAssets } from './assets.js';
import { toLayout, toPreferences } from './layout.js';
import { toAccountView } from './pages/account/account.view.js';
import { toDestinationsView } from './pages/destinations/destinations.view.js';
import { toRunsView } from './pages/runs/runs.view.js';
import {
  names,
  now,
  sampleAccount,
  sampleDestination,
  sampleRun,
  sampleSnapshot,
} from '../daemon/testing/sample-rows.js';

describe('toRunsView', () => {
  it('has an older page when there is one run more than fits, and keeps the filter', () => {
    const runs = Array.from({ length: 51 }, (_, i) => sampleRun({ id: 100 - i }));
    const filter = { kind: 'backup', state: 'failed', before: 101 } as const;
    const view = toRunsView({ runs, names, filter, isAdmin: true, now });
    expect(view.rows).toHaveLength(50);
    expect(view.olderUrl).toBe('/runs?kind=backup&state=failed&before=51');
    expect(view.newestUrl).toBe('/runs?kind=backup&state=failed');
    expect(view.kinds.find((kind) => kind.isChosen)?.label).toBe('Backup');
  });

  it('chooses everything when nothing was chosen', () => {
    const view = toRunsView({ runs: [], names, filter: {}, isAdmin: true, now });
    expect(view.states.find((state) => state.isChosen)?.label).toBe('All states');
    expect([view.olderUrl, view.newestUrl, view.isFiltered]).toEqual([undefined, undefined, false]);
  });
});

describe('toDestinationsView', () => {
  const listed = (count: number, page: number) => {
    const destinations = Array.from({ length: count }, (_, i) => sampleDestination({ id: `d${i}`, name: `n${i}` })); // prettier-ignore
    const { rows, pager } = toDestinationsView({ destinations, holdings: new Map(), page, now });
    return [rows[0]?.name, rows.length, pager?.text, pager?.previousUrl, pager?.nextUrl];
  };

  it('pages once there are more than fit', () => {
    expect(listed(0, 1)).toEqual([undefined, 0, undefined, undefined, undefined]);
    expect(listed(50, 1)).toEqual(['n0', 50, undefined, undefined, undefined]);
    expect(listed(300, 2)).toEqual(['n50', 50, '51–100 of 300', '/destinations?page=1', '/destinations?page=3']); // prettier-ignore
  });

  it('shows the last page to who asks for one behind it', () => {
    expect(listed(120, 9)).toEqual(['n100', 20, '101–120 of 120', '/destinations?page=2', undefined]); // prettier-ignore
  });
});

describe('toAccountView', () => {
  const snapshots = [sampleSnapshot({ state: 'failed' }), sampleSnapshot({ id: 'good' })];
  const input = { snapshots, runs: [], names, now };

  it('calls the newest that can be restored the last good one', () => {
    const view = toAccountView({ ...input, account: sampleAccount(), isAdmin: true });
    expect(view.latest?.id).toBe('good');
    expect(view.snapshots[0]?.restoreUrl).toBeUndefined();
  });

  it('keeps the facts of the server to admins', () => {
    const view = toAccountView({ ...input, account: sampleAccount(), isAdmin: false });
    expect(view.facts).toEqual([]);
  });
});

describe('what belongs to an account', () => {
  const parts = accountParts.parse({
    domains: [{ name: 'a.example', documentRoot: '/home/a/public_html' }, { name: 'x\u202e' }],
    databases: [
      { engine: 'mariadb', name: 'a_wp' },
      { engine: 'postgresql', name: 'a_geo' },
    ],
    mailboxes: Array.from({ length: 1021 }, (_, i) => ({ address: `m${i}@a`, path: `/m/${i}` })),
    ftpAccounts: [{ user: 'a', passwordHash: '$6$secret' }],
    crontab: '/var/spool/cron/a',
    problems: ['"/var/cpanel/x" was not used: it is a symlink.'],
  });
  const account = sampleAccount({ parts, isSuspended: true });
  const view = (isAdmin: boolean) =>
    toAccountView({ account, snapshots: [], runs: [], names, isAdmin, now });

  it('lists names, and of many the first', () => {
    const { parts: shown, isSuspended } = view(true);
    expect(isSuspended).toBe(true);
    expect(shown.map(({ label, names: [first], more }) => [label, first, more])).toEqual([
      ['Domains', 'a.example', undefined],
      ['Databases', 'a_wp', undefined],
      ['PostgreSQL databases', 'a_geo', undefined],
      ['Mailboxes', 'm0@a', 'and 1,001 more'],
      ['FTP accounts', 'a', undefined],
      ['Cron jobs', 'a crontab', undefined],
    ]);
    expect(shown[3]?.names).toHaveLength(20);
    expect(shown[0]?.names[1]).not.toContain('\u202e');
    expect(JSON.stringify(shown)).not.toContain('secret');
  });

  it('keeps what is wrong with files of the server to admins', () => {
    expect(view(true).problems).toEqual(['"/var/cpanel/x" was not used: it is a symlink.']);
    expect(view(false).problems).toEqual([]);
  });
});

describe('toLayout', () => {
  const assets = assetUrls(loadAssets());
  const preferences = toPreferences('x', 'y');
  const base = { title: 't', csrf: 'c', here: '/', language: 'en', preferences, assets } as const;
  const admin = { role: 'admin', label: 'root\u202e', origin: 'panel' } as const;

  it('shows jobs to admins only', () => {
    const labels = toLayout({ ...base, actor: admin })
      .nav.flat()
      .map((item) => item.label);
    expect(labels).toContain('Jobs');
    const anna = { role: 'account', accountId: 'a', accountName: 'anna', label: 'anna' } as const;
    const theirs = toLayout({ ...base, actor: { ...anna, origin: 'panel' } });
    expect(theirs.nav.flat().map((item) => item.label)).not.toContain('Jobs');
  });

  it('announces only texts of its own', () => {
    expect(toLayout({ ...base, actor: admin, flash: 'run-cancelled' }).flash?.text).toBe(
      'The run is being cancelled.',
    );
    expect(toLayout({ ...base, actor: admin, flash: '<b>You won</b>' }).flash).toBeUndefined();
    expect(toLayout({ ...base, actor: admin, flash: 'constructor' }).flash).toBeUndefined();
  });

  it('goes round the themes, and shows hostile names harmlessly', () => {
    const next = (theme: string) =>
      toLayout({ ...base, preferences: toPreferences(theme, 'folded'), actor: admin });
    expect(['auto', 'light', 'dark'].map((theme) => next(theme).themeChoice.value)).toEqual([
      'light',
      'dark',
      'auto',
    ]);
    expect(next('auto').railChoice.value).toBe('open');
    expect(next('auto').who).toBe('root\\u202e');
  });
});
