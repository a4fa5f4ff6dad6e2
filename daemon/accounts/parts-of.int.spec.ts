/** What every source tells of accounts is what their snapshots hold. */
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EngineHarness } from '../testing/engine-harness.js';
import { below, serverOf } from '../testing/panel-server.js';
import type { AccountParts } from './account-parts.js';
import type { AccountSource } from './account-source.js';
import { CpanelSource } from './cpanel/cpanel.source.js';
import { DirectAdminSource } from './directadmin/directadmin.source.js';
import { HestiaSource } from './hestiacp/hestiacp.source.js';
import type { PanelSourceOptions } from './panel-source.js';
import { partsOf } from './parts-of.js';
import { PleskSource } from './plesk/plesk.source.js';
import { pleskQuery } from './plesk/plesk-query.js';
import { VirtualminSource } from './virtualmin/virtualmin.source.js';

type Open = (options: PanelSourceOptions) => AccountSource;

const PANELS: [panel: string, account: string, open: Open][] = [
  ['cpanel', 'alice', (options) => new CpanelSource(options)],
  ['directadmin', 'carol', (options) => new DirectAdminSource(options)],
  ['hestiacp', 'alice', (options) => new HestiaSource(options)],
  ['plesk', 'alice_sys', openPlesk],
  ['virtualmin', 'alice', (options) => new VirtualminSource(options)],
];
/** Its database is asked through a program, which the fixture has, too. */
function openPlesk(options: PanelSourceOptions): AccountSource {
  return new PleskSource({ ...options, query: pleskQuery(join(options.root, 'usr/sbin/plesk')) });
}

const NOTHING = {
  sandbox: true,
  accounts: {
    source: 'auto',
    uidMin: 1000,
    uidMax: 2000,
    mayRecreate: false,
    resellersOverSocket: false,
  },
} as const;

describe.each(PANELS)('the parts of an account of %s', (panel, name, open) => {
  it('are the items of its snapshot', async () => {
    const root = await serverOf(panel);
    const found = await open({ root, warn: () => undefined }).discover();
    const account = found.find((candidate) => candidate.name === name);
    if (account === undefined) throw new Error(`${name} was not found`);
    const { parts, home } = below(root, account);
    for (const { path } of parts.mailboxes) {
      mkdirSync(join(path, 'cur'), { recursive: true });
      for (const made of [path, join(path, 'cur')]) chownSync(made, 4_103, 4_103);
      writeFileSync(join(path, 'cur/1:2,S'), 'Subject: one\n');
    }
    for (const path of parts.certificates.flatMap(({ paths }) => paths)) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'PEM\n');
    }
    const harness = await EngineHarness.make(root, { home, name, source: panel });
    const known = { ...parts, problems: [] };
    const request = partsOf(
      { parts: known, source: panel, user: account.user, uid: 1001 },
      NOTHING,
    );
    const { leftOut, items, state } = await harness.backup({
      parts: request,
    });
    expect(leftOut).toEqual([]);
    expect(state).toBe('complete');
    const wanted = [
      'config',
      'files',
      ...(parts.crontab === undefined ? [] : ['cron']),
      ...(parts.ftpAccounts.length === 0 ? [] : ['ftp']),
      ...parts.mailboxes.map(({ address }) => `mailbox:${address}`),
      ...parts.zones.map(({ domain }) => `zone:${domain}`),
      ...parts.certificates.map(({ domain }) => `certificate:${domain}`),
    ];
    expect(items.map((item) => item.name).sort()).toEqual(wanted.sort());
    expect(wanted.length).toBeGreaterThan(6);
    const mail = items.filter((item) => item.name.startsWith('mailbox:'));
    expect(mail.map(({ bytes }) => bytes)).toEqual(mail.map(() => 13));
    const reader = await harness.reader('20260101T000001Z-abcdef');
    expect(await reader.list('config/panel')).toHaveLength(parts.panelFiles.length);
  });
});

describe('the crontab of an account', () => {
  const account = { parts: null, source: 'linux', user: 'alice', uid: 1001 };
  const crontabFolder = '/var/spool/cron/crontabs';
  const config = { sandbox: true, accounts: { ...NOTHING.accounts, crontabFolder } };

  it('is that of its user, unless the source knows better', () => {
    expect(partsOf(account, config)?.crontab).toBe(`${crontabFolder}/alice`);
    const parts = { ...partsOf(account, config), domains: [], databases: [], databaseUsers: [], crontab: '/its/own' } as unknown as AccountParts; // prettier-ignore
    expect(partsOf({ ...account, parts }, config)?.crontab).toBe('/its/own');
  });

  it.each([
    ['that may be anyone', { source: 'directory' }],
    ['that is root', { uid: 0 }],
    ['whose name leads elsewhere', { user: '../root' }],
  ])('is none for a user %s', (_, change) => {
    expect(partsOf({ ...account, ...change }, config)).toBeUndefined();
  });

  it('is none in the sandbox', () => {
    expect(partsOf(account, NOTHING)).toBeUndefined();
  });
});
