import { describe, expect, it } from 'vitest';
import { parsePathReference } from '../../../daemon/engine/manifest/byte-path.js';
import {
  HOSTILE,
  names,
  now,
  sampleRun,
  sampleSnapshot,
  sampleTask,
} from '../../../daemon/testing/sample-rows.js';
import { displayReference, formReference, parentReferences } from './path-trail.js';
import { toSnapshotView, type BrowsedEntry, type SnapshotInput } from './snapshot.view.js';

function entry(given: Partial<BrowsedEntry>): BrowsedEntry {
  return {
    path: 'homedir/a',
    name: 'a',
    type: 'file',
    sizeBytes: 1234,
    mode: 0o644,
    modifiedAt: '2026-11-01T10:00:00.000Z',
    ...given,
  };
}

function view(given: Partial<SnapshotInput> = {}) {
  return toSnapshotView({
    snapshot: sampleSnapshot(),
    origin: undefined,
    names,
    path: 'homedir',
    offset: 0,
    q: '',
    entries: [],
    total: 0,
    isAdmin: false,
    permitted: { restore: undefined, download: undefined },
    now,
    ...given,
  });
}

describe('references of paths', () => {
  it('come apart for breadcrumbs, bytes that are not UTF-8 included', () => {
    expect(parentReferences('homedir/a/b').map((step) => step.path)).toEqual([
      'homedir',
      'homedir/a',
      'homedir/a/b',
    ]);
    const latin1 = `base64:${Buffer.from('homedir/caf\xe9/x', 'latin1').toString('base64')}`;
    expect(parentReferences(latin1).map((step) => step.name)).toEqual(['homedir', 'caf\\xe9', 'x']);
    expect(displayReference(latin1)).toBe('homedir/caf\\xe9/x');
    expect(parentReferences('')).toEqual([]);
  });

  it.each(['homedir/a\nb', 'homedir/a\r\nb', 'homedir/ü\r'])('%j survives a form', (path) => {
    const carried = formReference(path);
    expect(carried).not.toMatch(/[\r\n]/);
    expect(parsePathReference(carried)).toBe(parsePathReference(path));
  });
});

describe('toSnapshotView', () => {
  it('opens folders, names link targets, sizes only files', () => {
    const { entries } = view({
      entries: [
        entry({ path: 'homedir/d', name: 'd', type: 'directory', mode: 0o755 }),
        entry({ path: 'homedir/l', name: 'l', type: 'symlink', target: '../x', sizeBytes: 0 }),
        entry({}),
      ],
      total: 3,
    });
    expect(entries.map(({ url, target, size }) => [url, target, size])).toEqual([
      [`/snapshots/${sampleSnapshot().id}?path=homedir%2Fd`, undefined, ''],
      [undefined, '../x', ''],
      [undefined, undefined, '1.2 kB'],
    ]);
    expect(entries[0]?.mode).toBe('drwxr-xr-x');
  });

  it('neither opens nor offers what was left out, and says why', () => {
    const [row] = view({ entries: [entry({ type: 'directory', excludedBy: 'cache/' })] }).entries;
    expect(row).toMatchObject({
      url: undefined,
      canBeChosen: false,
      problem: 'Left out by the rule cache/',
    });
  });

  it('tells of search results where they lie', () => {
    const found = [entry({ path: 'homedir/www/wp-config.php', name: 'wp-config.php' })];
    const { entries, countLine, isSearch } = view({ q: 'config', entries: found });
    expect(entries[0]?.where?.text).toBe('homedir/www');
    expect([countLine, isSearch]).toEqual(['1 match', true]);
  });

  it('pages through a large folder', () => {
    const entries = Array.from({ length: 200 }, () => entry({}));
    const first = view({ entries, total: 450 });
    expect(first.countLine).toBe('1–200 of 450 entries');
    expect(first.nextUrl).toContain('offset=200');
    expect(first.previousUrl).toBeUndefined();
    const last = view({ entries: entries.slice(0, 50), offset: 400, total: 450 });
    expect(last.countLine).toBe('401–450 of 450 entries');
    expect([last.nextUrl, last.previousUrl?.includes('offset=200')]).toEqual([undefined, true]);
  });

  it('names what an incomplete snapshot misses', () => {
    const leftOut = [
      { path: 'homedir/cache', code: 'excluded', message: 'rule' },
      { path: 'homedir/x', code: 'unreadable', message: 'Permission denied' },
    ];
    const summary = { problems: 3, leftOut } as never;
    const snapshot = sampleSnapshot({ state: 'incomplete', problems: 3, summary });
    expect(view({ snapshot }).missing).toEqual({
      heading: '3 entries could not be kept exactly',
      rows: [{ path: 'homedir/x', message: 'Permission denied' }],
      more: 'and 2 more',
    });
  });

  it.each([
    [{ state: 'failed' }, 'nothing to browse'],
    [{ state: 'in-progress' }, 'still being made'],
    [{ state: 'expired', removedAt: now.toISOString() }, 'was removed'],
  ] as const)('does not offer to restore %j', (given, why) => {
    const shown = view({ snapshot: sampleSnapshot(given) });
    expect(shown.closedBecause).toContain(why);
    expect(shown.restoreAllUrl).toBeUndefined();
  });

  const factOf = (given: Partial<SnapshotInput>) =>
    Object.fromEntries(view(given).facts.map(({ label, text }) => [label, text]));

  it('says how it came to be', () => {
    const origin = { run: sampleRun({ requestedBy: HOSTILE, trigger: 'schedule' }), task: sampleTask({ attempts: 2 }) }; // prettier-ignore
    const facts = factOf({ origin });
    expect(facts).toMatchObject({ 'Made by': `${HOSTILE}, by schedule, attempt 2`, Run: '7' });
    expect(facts).toMatchObject({ Took: '10 s', Job: 'nightly', Verified: 'not yet' });
    expect(factOf({})).not.toHaveProperty('Made by');
    const summary = { trigger: 'manual', leftOut: [], problems: 0 } as never;
    expect(factOf({ snapshot: sampleSnapshot({ summary }) })['Made']).toBe('by hand');
    const odd = { trigger: '\u001b[2J', leftOut: [], problems: 0 } as never;
    expect(factOf({ snapshot: sampleSnapshot({ summary: odd }) })['Made']).toBe('\\x1b[2J');
  });

  it('says what a store was asked', () => {
    const counts = { puts: 3, gets: 1, lists: 0, deletes: 0, bytesSent: 2e6, bytesReceived: 0 };
    const summary = { requests: { ...counts, usCents: 2 }, leftOut: [], problems: 0 } as never;
    const { Requests } = factOf({ snapshot: sampleSnapshot({ summary }) });
    expect(Requests).toBe('3 PUT, 1 GET, 0 LIST, 0 DELETE; 2.0 MB sent, 0.0 MB received; about 0.02 US$ by list prices'); // prettier-ignore
    expect(factOf({})).not.toHaveProperty('Requests');
  });

  it('counts what it holds besides files', () => {
    const names = ['files', 'config', 'cron', 'zone:a', 'mailbox:a@a', 'mailbox:b@a', 'database:a'];
    const items = names.map((name) => ({ name, entries: 1, bytes: 1 }));
    const snapshot = sampleSnapshot({ summary: { items, leftOut: [], problems: 0 } as never });
    const held = '1 database, 2 mailboxes, 1 DNS zone, crontab';
    expect(factOf({ snapshot })).toMatchObject({ 'Besides files': held });
    expect(factOf({})).not.toHaveProperty('Besides files');
  });

  it('names what rules left out, and the rule', () => {
    const leftOut = [{ path: 'homedir/cache', code: 'excluded', message: 'cache/' }];
    const summary = { problems: 0, excluded: 5, leftOut } as never;
    const { excluded, missing } = view({ snapshot: sampleSnapshot({ summary }) });
    const rows = [{ path: 'homedir/cache', message: 'cache/' }];
    expect(excluded).toMatchObject({ rows, more: 'and 4 more' });
    expect(missing).toBeUndefined();
  });
});

describe('a limit of downloads', () => {
  const base = sampleSnapshot();
  const summary = { items: [], leftOut: [], problems: 0, excluded: 0, contentBytes: 2_000_000 } as unknown as NonNullable<typeof base.summary>; // prettier-ignore
  const snapshot = Object.assign(base, { summary });

  it('leaves no package for cPanel that is more either', () => {
    expect(view({ snapshot }).canCpmove).toBe(false);
    expect(view({ snapshot, mayCpmove: true }).canCpmove).toBe(true);
    expect(view({ snapshot, mayCpmove: true, maxDownloadBytes: 1 }).canCpmove).toBe(false);
  });

  it('is told before the click, and takes everything away that is more', () => {
    expect(view({ snapshot })).toMatchObject({ downloadAll: 'Download everything (2 MB)', downloadLimit: undefined }); // prettier-ignore
    expect(view({ snapshot, maxDownloadBytes: 2_000_000 })).toMatchObject({
      downloadAll: 'Download everything (2 MB)',
      downloadLimit: 'A download holds at most 2 MB.',
    });
    expect(view({ snapshot, maxDownloadBytes: 1_999_999 })).toMatchObject({
      downloadAll: undefined,
      downloadLimit: 'A download holds at most 2 MB, and everything is 2 MB: tick what you need, in several downloads.', // prettier-ignore
    });
  });
});

describe('what the viewer may not restore or download', () => {
  const top = ['homedir', 'zones', 'config'].map((path) => entry({ path, name: path }));
  const permitted = {
    restore: new Set(['files'] as const),
    download: new Set(['files', 'zone'] as const),
  };

  it('is not offered', () => {
    const shown = view({ entries: top, permitted });
    expect(shown.entries.map(({ canBeChosen }) => canBeChosen)).toEqual([true, true, false]);
    expect(shown).toMatchObject({ canRestore: true, canDownload: true });
    expect(view({ entries: top.slice(1), permitted })).toMatchObject({ canRestore: false, canDownload: true }); // prettier-ignore
    expect(view({ entries: top.slice(2), permitted })).toMatchObject({ canRestore: false, canDownload: false }); // prettier-ignore
    expect(view({ entries: top.slice(2) })).toMatchObject({ canRestore: true, canDownload: true });
  });

  it('is not offered within everything either', () => {
    const base = sampleSnapshot();
    const items = [{ name: 'zone:shop.test', entries: 1, bytes: 1 }];
    const summary = { items, leftOut: [], problems: 0 };
    const snapshot = Object.assign(base, { summary });
    const shown = view({ snapshot, permitted });
    expect(shown).toMatchObject({
      restoreAllUrl: undefined,
      downloadAll: 'Download everything (1 B)',
    });
  });
});
