import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NO_PARTS, SpoiltServer, problemsOf } from '../../testing/spoilt-server.js';
import type { PanelSourceOptions } from '../panel-source.js';
import { pleskQuery } from './plesk-query.js';
import { PleskSource } from './plesk.source.js';

const EXAMPLE = new URL('fixtures/server', import.meta.url);
const ALICE = '/var/www/vhosts/alice.example';
const WITHOUT_HOSTING = 'The subscription "parked.example" has no hosting and is not backed up.';

const nothing = { ...NO_PARTS, panelFiles: [] };

const certificate = ['scfAbC123', 'scfCaC123'].map((file) => `/opt/psa/var/certificates/${file}`);

const alice = {
  name: 'alice_sys',
  uid: 10001,
  gid: 1003,
  home: ALICE,
  user: 'alice_sys',
  owner: 'rita',
  package: 'Gold Plan',
  email: 'rita@mail.example',
  isSuspended: false,
  parts: {
    domains: [
      { name: 'alice.example', documentRoot: `${ALICE}/httpdocs` },
      { name: 'alice.test', documentRoot: `${ALICE}/httpdocs` },
      { name: 'blog.alice.example', documentRoot: `${ALICE}/blog` },
      { name: 'shop.example', documentRoot: `${ALICE}/shop.example` },
      { name: 'shop.test', documentRoot: `${ALICE}/shop.example` },
    ],
    databases: [
      { engine: 'mariadb', name: 'alice_wp' },
      { engine: 'postgresql', name: 'alice_geo' },
      { engine: 'mariadb', name: 'shop' },
    ],
    databaseUsers: [
      { engine: 'mariadb', name: 'alice_wp' },
      { engine: 'postgresql', name: 'alice_geo' },
      { engine: 'mariadb', name: 'all' },
    ],
    mailboxes: [
      { address: 'info@alice.example', path: '/var/qmail/mailnames/alice.example/info/Maildir' },
      { address: "o'neil@shop.example", path: "/var/qmail/mailnames/shop.example/o'neil/Maildir" },
    ],
    zones: ['alice.example', 'alice.test', 'shop.example'].map((domain) => ({
      domain,
      path: `/var/named/run-root/var/${domain}`,
    })),
    certificates: [
      { domain: 'alice.example', paths: certificate },
      { domain: 'blog.alice.example', paths: certificate },
    ],
    crontab: '/var/spool/cron/crontabs/alice_sys',
    ftpAccounts: [
      {
        user: 'alice_ftp',
        home: `${ALICE}/httpdocs/img`,
        passwordHash: '$6$ExampleOnly$bbb.',
      },
    ],
    panelFiles: ['alice.example', 'blog.alice.example'].map(
      (domain) => `/var/www/vhosts/system/${domain}/conf`,
    ),
  },
};

const bob = {
  name: 'bob_sys',
  uid: 10002,
  gid: 1003,
  home: '/var/www/vhosts/bob.example',
  user: 'bob_sys',
  owner: 'bob',
  package: 'Unlimited',
  email: 'bob@mail.example',
  isSuspended: true,
  parts: {
    ...nothing,
    domains: [{ name: 'bob.example', documentRoot: '/var/www/vhosts/bob.example/httpdocs' }],
    databases: [{ engine: 'mariadb', name: 'bob' }],
    databaseUsers: [{ engine: 'mariadb', name: 'bob' }],
    mailboxes: [
      { address: 'bob@bob.example', path: '/var/qmail/mailnames/bob.example/bob/Maildir' },
    ],
    panelFiles: ['/var/www/vhosts/system/bob.example/conf'],
  },
};

const rita = {
  name: 'rita_sys',
  uid: 10003,
  gid: 1003,
  home: '/var/www/vhosts/rita.example',
  user: 'rita_sys',
  owner: 'rita',
  email: 'rita@mail.example',
  isSuspended: false,
  parts: {
    ...nothing,
    domains: [{ name: 'rita.example', documentRoot: '/var/www/vhosts/rita.example/httpdocs' }],
  },
};

class ExampleSource extends PleskSource {
  constructor(options: PanelSourceOptions) {
    super({ ...options, query: pleskQuery(join(options.root, 'usr/sbin/plesk')) });
  }
}

const server = () => SpoiltServer.of(EXAMPLE, ExampleSource);
const look = (at: SpoiltServer) => at.discover();

describe('the Plesk source', () => {
  it('lists the subscriptions with everything exactly', async () => {
    expect(await look(await server())).toEqual({
      accounts: [alice, bob, rita],
      warnings: [WITHOUT_HOSTING],
    });
  });

  it('never takes a list without hosting, or none, for nobody', async () => {
    const at = await server();
    for (const list of ['', '5\tparked.example\t\tbob\tbob@mail.example\t1\n']) {
      await at.write('psa/subscriptions.tsv', list);
      await expect(look(at)).rejects.toMatchObject({
        kind: 'source',
        code: 'accounts.none-listed',
      });
    }
  });

  it('fails when Plesk does', async () => {
    const at = await server();
    await rm(join(at.root, 'psa/mailboxes.tsv'));
    await expect(look(at)).rejects.toMatchObject({ kind: 'source', code: 'command.failed' });
    await rm(join(at.root, 'usr/sbin/plesk'));
    await expect(look(at)).rejects.toMatchObject({ kind: 'source', code: 'command.missing' });
  });

  it('fails when an answer has another shape', async () => {
    const at = await server();
    await at.write('psa/databases.tsv', '1\tmysql\talice_wp\n');
    await expect(look(at)).rejects.toMatchObject({
      kind: 'source',
      code: 'accounts.plesk-answer',
      message: expect.stringContaining('3 instead of 4 fields about databases') as string,
    });
  });

  it('takes no hostile name for a path or a database', async () => {
    const at = await server();
    const bobs = (...rows: string[]) => rows.map((row) => `4\t${row}\n`).join('');
    const ending = '/var/www/../etc\t\t../../shadow\t\n';
    await at.write('psa/domains.tsv', `4\t4\tbob.example\t${ending}4\t9\t../$(id)\t\t../z\t\t\n`);
    await at.write('psa/aliases.tsv', bobs('4\ta\\nb'));
    await at.write('psa/mailboxes.tsv', bobs('..\tbob.example', 'x\t../..', 'a/b\tbob.example'));
    await at.write('psa/ftp-accounts.tsv', bobs('a b\t/home', 'ok\thome'));
    await at.write('psa/databases.tsv', bobs('mysql\tx`y\tlocalhost', 'mysql\tz\tdb.example', 'mssql\tw\tlocalhost')); // prettier-ignore
    await at.write('psa/database-users.tsv', '');
    const { accounts, warnings } = await look(at);
    expect(accounts[1]?.parts).toEqual({
      ...nothing,
      domains: [{ name: 'bob.example' }],
      panelFiles: ['/var/www/vhosts/system/bob.example/conf'],
      problems: problemsOf('bob_sys', warnings),
    });
    expect(warnings).toEqual([
      WITHOUT_HOSTING,
      ...[
        '"/var/www/../etc" is no absolute path',
        String.raw`"a\nb" is no domain`,
        '"bob.example" has no usable certificate',
        '"../$(id)" is no domain',
        '"../z" is no domain',
        '"x`y" is no name of a database or its user',
        '"z" is left out, for it is on "db.example"',
        '"w" is left out, for it is of the unknown kind "mssql"',
        '".." is no mailbox',
        '"../.." is no domain',
        '"a/b" is no mailbox',
        '"a b" is no FTP account',
        '"home" is no absolute path',
      ].map((problem) => `Account bob_sys: ${problem}.`),
    ]);
  });

  it('leaves out whom it cannot back up, and symlinks', async () => {
    const at = await server();
    const row = (user: string) => `7\tx.example\t${user}\trita\t\t1\n`;
    const users = ['alice_sys', 'alice_sys', 'root', 'ghost', '-x\\ny', 'slash'];
    await at.write('psa/subscriptions.tsv', users.map(row).join('').replace('7', '1'));
    await at.write('etc/passwd', `root:x:0:0::/root:/bin/sh\nalice_sys:x:10001:1003::${ALICE}:/bin/false\nslash:x:9:9::/:/bin/sh\n`); // prettier-ignore
    const crontab = join(at.root, 'var/spool/cron/crontabs/alice_sys');
    await rm(crontab);
    await symlink('/etc/passwd', crontab);
    const { accounts, warnings } = await look(at);
    const { email: _, ...known } = alice;
    const { crontab: __, ...parts } = alice.parts;
    expect(accounts).toEqual([{ ...known, parts }]);
    expect(warnings).toEqual([
      'The account "alice_sys" is not backed up: it is listed already.',
      'The account "root" is not backed up: its uid is 0, that of root.',
      'The account "ghost" is not backed up: its panel lists it, but /etc/passwd does not.',
      expect.stringContaining(String.raw`"-x\ny" is not backed up: the name must be`),
      expect.stringContaining('"slash" is not backed up: the home "/" must not be the root'),
    ]);
  });
});
