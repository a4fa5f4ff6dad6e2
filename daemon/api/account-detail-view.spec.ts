import type { Actor } from '../auth/actor.js';
import { expect, it } from 'vitest';
import { accountParts } from '../accounts/account-parts.js';
import { sampleAccount } from '../testing/sample-rows.js';
import { accountDetailView, namedParts, toAccountDetailView } from './account-detail-view.js';

const parts = accountParts.parse({
  domains: [{ name: 'a.example', documentRoot: '/home/a/public_html' }, { name: 'b.example' }],
  databases: [
    { engine: 'mariadb', name: 'a_wp' },
    { engine: 'postgresql', name: 'a_geo' },
  ],
  databaseUsers: [{ engine: 'mariadb', name: 'a_wp' }],
  mailboxes: [{ address: 'info@a.example', path: '/home/a/mail/a.example/info' }],
  zones: [{ domain: 'a.example', path: '/var/named/a.example.db' }],
  certificates: [{ domain: 'a.example', paths: ['/var/cpanel/ssl/a'] }],
  crontab: '/var/spool/cron/a',
  ftpAccounts: [{ user: 'a', home: '/home/a', passwordHash: '$6$secret' }],
  panelFiles: ['/var/cpanel/users/a'],
  problems: ['"/var/cpanel/x" was not used: it is a symlink.'],
});
const account = sampleAccount({ parts, isSuspended: true });

const ADMIN: Actor = { role: 'admin', label: 'root', uid: 0, origin: 'cli' };
const TENANT: Actor = {
  role: 'account',
  accountId: 'x',
  accountName: 'x',
  label: 'x',
  origin: 'cli',
};

it('shows an account with what belongs to it', () => {
  const view = accountDetailView.parse(toAccountDetailView(account, ADMIN));
  expect(view).toMatchObject({ name: account.name, isSuspended: true });
  expect(view.parts).toEqual({
    domains: [
      { name: 'a.example', documentRoot: '/home/a/public_html' },
      { name: 'b.example', documentRoot: null },
    ],
    databases: parts.databases,
    databaseUsers: parts.databaseUsers,
    mailboxes: ['info@a.example'],
    zones: ['a.example'],
    certificates: ['a.example'],
    hasCrontab: true,
    ftpAccounts: ['a'],
    problems: ['"/var/cpanel/x" was not used: it is a symlink.'],
  });
});

it('keeps hashes and the places of panel files to itself, and problems to admins', () => {
  const text = JSON.stringify(toAccountDetailView(account, TENANT));
  expect(text).not.toMatch(/secret|\/var\/(cpanel|named|spool)/);
  expect(toAccountDetailView(account, TENANT).parts?.problems).toEqual([]);
});

it('knows nothing of an account whose source tells nothing', () => {
  expect(toAccountDetailView(sampleAccount(), ADMIN).parts).toBeNull();
});

it('names what there is only', () => {
  const { parts: view } = toAccountDetailView(
    sampleAccount({ parts: accountParts.parse({}) }),
    ADMIN,
  );
  expect(view && namedParts(view)).toEqual([]);
});
