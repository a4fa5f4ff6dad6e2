import { readFile, rm, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NO_PARTS, SpoiltServer, problemsOf } from '../../testing/spoilt-server.js';
import { VirtualminSource } from './virtualmin.source.js';

const EXAMPLE = new URL('fixtures/server', import.meta.url);
const DOMAINS = '/etc/webmin/virtual-server/domains';
const ALICE = `${DOMAINS}/17400000001001`;
const BOB = `${DOMAINS}/17400000004004`;

const alice = {
  name: 'alice',
  uid: 1001,
  gid: 1001,
  home: '/home/alice',
  user: 'alice',
  owner: 'rita',
  package: 'Gold Plan',
  email: 'alice@mail.example',
  createdAt: '2025-02-19T21:20:00.000Z',
  isSuspended: false,
  parts: {
    domains: [
      { name: 'alice.example', documentRoot: '/home/alice/public_html' },
      { name: 'shop.example', documentRoot: '/home/alice/domains/shop.example/public_html' },
      { name: 'alice.test', documentRoot: '/home/alice/public_html' },
    ],
    databases: [
      { engine: 'mariadb', name: 'alice' },
      { engine: 'mariadb', name: 'alice_blog' },
      { engine: 'postgresql', name: 'alice_geo' },
      { engine: 'mariadb', name: 'shop' },
    ],
    databaseUsers: [
      { engine: 'mariadb', name: 'alice' },
      { engine: 'postgresql', name: 'alice' },
    ],
    mailboxes: [
      { address: 'alice@alice.example', path: '/home/alice/Maildir' },
      { address: 'info@alice.example', path: '/home/alice/homes/info/Maildir' },
      {
        address: 'orders@shop.example',
        path: '/home/alice/domains/shop.example/homes/orders/Maildir',
      },
    ],
    zones: ['alice.example', 'shop.example', 'alice.test'].map((domain) => ({
      domain,
      path: `/var/lib/bind/${domain}.hosts`,
    })),
    certificates: [
      {
        domain: 'alice.example',
        paths: ['ssl.key', 'ssl.cert', 'ssl.ca'].map(
          (file) => `/etc/ssl/virtualmin/17400000001001/${file}`,
        ),
      },
    ],
    crontab: '/var/spool/cron/crontabs/alice',
    ftpAccounts: [
      {
        user: 'orders@shop.example',
        home: '/home/alice/domains/shop.example/homes/orders',
        passwordHash: '$6$ExampleOnly$ddd.',
      },
      { user: 'web-alice.example', home: '/home/alice/public_html/blog' },
    ],
    panelFiles: ['17400000001001', '17400000002002', '17400000003003'].map(
      (id) => `${DOMAINS}/${id}`,
    ),
  },
};

const bob = {
  name: 'bob',
  uid: 1002,
  gid: 1002,
  home: '/home/bob',
  user: 'bob',
  package: 'Default Plan',
  email: 'bob@mail.example',
  createdAt: '2025-03-03T11:06:40.000Z',
  isSuspended: true,
  parts: {
    ...NO_PARTS,
    domains: [{ name: 'bob.example', documentRoot: '/home/bob/public_html' }],
    mailboxes: [{ address: 'bob@bob.example', path: '/home/bob/Maildir' }],
    panelFiles: [BOB],
  },
};

const server = () => SpoiltServer.of(EXAMPLE, VirtualminSource);
const look = (at: SpoiltServer) => at.discover();

async function change(at: SpoiltServer, path: string, edit: (text: string) => string) {
  await at.write(path, edit(await readFile(join(at.root, path), 'utf8')));
}

describe('the Virtualmin source', () => {
  it('lists the accounts with everything exactly, and without a warning', async () => {
    expect(await look(await server())).toEqual({ accounts: [alice, bob], warnings: [] });
  });

  it('knows sites that nginx serves', async () => {
    const at = await server();
    await change(at, BOB, (text) => text.replace('web=1', 'web=0\nvirtualmin-nginx=1'));
    expect((await look(at)).accounts[1]).toEqual(bob);
  });

  it.each([
    ['missing', (folder: string) => rm(folder, { recursive: true })],
    ['without a server', (folder: string) => rm(join(folder, '17400000004004'))],
  ])('never takes a list that is %s for nobody', async (_, spoil) => {
    const at = await server();
    for (const id of ['17400000001001', '17400000002002', '17400000003003']) {
      await rm(join(at.root, DOMAINS, id));
    }
    await spoil(join(at.root, DOMAINS));
    await expect(look(at)).rejects.toMatchObject({
      kind: 'source',
      code: 'accounts.none-listed',
      message: expect.stringContaining(DOMAINS) as string,
    });
  });

  it('trusts no home, id or size that a file claims', async () => {
    const at = await server();
    await change(at, BOB, (text) =>
      text.replace('/home/bob\n', '/\n').replace('uid=1002', 'uid=0'),
    );
    const { accounts, warnings } = await look(at);
    expect(accounts[1]).toEqual({
      ...bob,
      parts: { ...bob.parts, problems: problemsOf('bob', warnings) },
    });
    expect(warnings).toEqual([
      'Account bob: Its home is "/home/bob" in /etc/passwd, which counts, and not "/".',
    ]);
  });

  it('takes no hostile name for a path or a database', async () => {
    const at = await server();
    await change(at, BOB, (text) =>
      text
        .replace('dom=bob.example', 'dom=../../etc/$(id)')
        .replace('mysql=0', 'mysql=1')
        .concat('db_mysql=ok x`y ../z\nmysql_user=o"k\nplan=../../../etc/shadow\n'),
    );
    const sub = 'dom=b.example\nuser=bob\nparent=17400000004004\nmysql=1\ndb_mysql=ok x`y ../z\n';
    const rest = 'web=1\npublic_html_path=/home/bob/../alice\nssl=1\nssl_key=key\ndns=1\n';
    await at.write(`${DOMAINS}/17500000000000`, sub + rest);
    const { accounts, warnings } = await look(at);
    expect(accounts[1]).toEqual({
      ...bob,
      package: undefined,
      parts: {
        ...NO_PARTS,
        domains: [{ name: 'b.example' }],
        databases: [{ engine: 'mariadb', name: 'ok' }],
        panelFiles: [BOB, `${DOMAINS}/17500000000000`],
        problems: problemsOf('bob', warnings),
      },
    });
    expect(warnings).toEqual(
      [
        '"../../etc/$(id)" is no domain',
        '"/home/bob/../alice" is no absolute path',
        '"x`y" is no name of a database or its user',
        '"../z" is no name of a database or its user',
        String.raw`"o\"k" is no name of a database or its user`,
        'The zone of b.example is not on this server, and left out',
        '"key" is no absolute path',
      ].map((problem) => `Account bob: ${problem}.`),
    );
  });

  it('tells of servers whose files cannot be used, and lists what is known', async () => {
    const at = await server();
    await rm(join(at.root, ALICE));
    await symlink(join(at.root, BOB), join(at.root, ALICE));
    await at.write(`${DOMAINS}/18000000000000`, '');
    await truncate(join(at.root, DOMAINS, '18000000000000'), 5 * 1024 * 1024);
    await at.write(`${DOMAINS}/18000000000001`, 'what\nis=this\n');
    await change(at, BOB, (text) => text.replace('dom=', 'xdom='));
    const { accounts, warnings } = await look(at);
    const { name, uid, gid, home, user } = alice;
    const site = '/home/alice/domains';
    expect(accounts).toEqual([
      { ...bob, parts: { ...NO_PARTS, panelFiles: [BOB], problems: ['"" is no domain.'] } },
      {
        ...{ name, uid, gid, home, user },
        isSuspended: false,
        parts: {
          ...alice.parts,
          domains: ['shop.example', 'alice.test'].map((domain) => ({
            name: domain,
            documentRoot: `${site}/${domain}/public_html`,
          })),
          databases: [{ engine: 'mariadb', name: 'shop' }],
          databaseUsers: [{ engine: 'mariadb', name: 'alice' }],
          mailboxes: alice.parts.mailboxes.slice(2),
          zones: alice.parts.zones.slice(1),
          certificates: [],
          panelFiles: alice.parts.panelFiles.slice(1),
          problems: ['The server "17400000001001" is not known, only those below it.'],
        },
      },
    ]);
    expect(warnings).toEqual([
      expect.stringMatching(/^Account with the server 17400000001001: .* it is a symlink\.$/),
      expect.stringMatching(/^Account with the server 18000000000000: .* larger than 4 MiB\.$/),
      expect.stringMatching(
        /^Account with the server 18000000000001: .* it does not tell its user\.$/,
      ),
      'Account bob: "" is no domain.',
      'Account alice: The server "17400000001001" is not known, only those below it.',
    ]);
  });

  it('lists a user once', async () => {
    const at = await server();
    await at.write(`${DOMAINS}/18000000000000`, 'dom=again.example\nuser=bob\nhome=/home/bob\n');
    await at.write(`${DOMAINS}/18000000000001`, 'dom=r.example\nuser=root\nhome=/root\n');
    const { accounts, warnings } = await look(at);
    expect(accounts).toEqual([alice, bob]);
    expect(warnings).toEqual([
      'The account "bob" is not backed up: it is listed already.',
      'The account "root" is not backed up: its uid is 0, that of root.',
    ]);
  });
});
