import { mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NO_PARTS, SpoiltServer } from '../../testing/spoilt-server.js';
import { DirectAdminSource } from './directadmin.source.js';

const SERVER = fileURLToPath(new URL('fixtures/server', import.meta.url));
const USERS = 'usr/local/directadmin/data/users';

function server(files: Record<string, string> = {}): Promise<SpoiltServer> {
  return SpoiltServer.of(SERVER, DirectAdminSource, files);
}

const mariadb = (name: string) => ({ engine: 'mariadb', name });
const zone = (domain: string) => ({ domain, path: `/etc/bind/${domain}.db` });

describe('the DirectAdmin source', () => {
  it('lists an account with everything exactly', async () => {
    const { account } = await (await server()).account('carol');
    const site = '/home/carol/domains/carol.example';
    const own = `/${USERS}/carol`;
    expect(account).toEqual({
      name: 'carol',
      uid: 1001,
      gid: 1001,
      home: '/home/carol',
      user: 'carol',
      owner: 'resell',
      package: 'Big_Package',
      email: 'carol@mail.example',
      isSuspended: false,
      parts: {
        domains: [
          { name: 'carol.example', documentRoot: `${site}/public_html` },
          { name: 'carol.test', documentRoot: `${site}/public_html` },
          { name: 'blog.carol.example', documentRoot: `${site}/public_html/blog` },
          { name: 'dev.api.carol.example', documentRoot: `${site}/dev-api` },
          { name: 'books.example', documentRoot: '/home/carol/domains/books.example/public_html' },
        ],
        databases: [mariadb('carol_shop-test'), mariadb('carol_wp')],
        databaseUsers: [],
        mailboxes: [
          { address: 'info@carol.example', path: '/home/carol/imap/carol.example/info/Maildir' },
          {
            address: "o'neil@carol.example",
            path: "/home/carol/imap/carol.example/o'neil/Maildir",
          },
          {
            address: 'orders@books.example',
            path: '/home/carol/imap/books.example/orders/Maildir',
          },
          { address: 'carol@carol.example', path: '/home/carol/Maildir' },
        ],
        zones: [zone('carol.example'), zone('carol.test'), zone('books.example')],
        certificates: [
          {
            domain: 'carol.example',
            paths: ['key', 'cert', 'cacert', 'cert.combined'].map(
              (ending) => `${own}/domains/carol.example.${ending}`,
            ),
          },
          {
            domain: 'books.example',
            paths: [`${own}/domains/books.example.key`, `${own}/domains/books.example.cert`],
          },
        ],
        crontab: '/var/spool/cron/crontabs/carol',
        ftpAccounts: [
          { user: 'carol', home: '/home/carol', passwordHash: '$6$ExampleOnly$aaa.' },
          {
            user: 'editor@carol.example',
            home: `${site}/public_html/blog`,
            passwordHash: '$6$ExampleOnly$ccc.',
          },
        ],
        panelFiles: [own, '/etc/virtual/carol.example', '/etc/virtual/books.example'],
      },
    });
  });

  it('lists admins, resellers, theirs and a suspended one, without a warning', async () => {
    const { accounts, warnings } = await (await server()).discover();
    expect(warnings).toEqual([]);
    expect(accounts.filter(({ name }) => name !== 'carol')).toEqual([
      {
        name: 'admin',
        uid: 1000,
        gid: 1000,
        home: '/home/admin',
        user: 'admin',
        owner: 'root',
        package: 'custom',
        email: 'admin@mail.example',
        isSuspended: false,
        parts: { ...NO_PARTS, panelFiles: [`/${USERS}/admin`] },
      },
      {
        name: 'car',
        uid: 1004,
        gid: 1004,
        home: '/home/car',
        user: 'car',
        owner: 'admin',
        package: 'small',
        email: 'car@mail.example',
        isSuspended: false,
        parts: {
          ...NO_PARTS,
          databases: [mariadb('car_l'), mariadb('car_one')],
          panelFiles: [`/${USERS}/car`],
        },
      },
      {
        name: 'dave',
        uid: 1003,
        gid: 1003,
        home: '/home2/dave',
        user: 'dave',
        owner: 'resell',
        package: 'small',
        email: 'dave@mail.example',
        isSuspended: true,
        parts: {
          ...NO_PARTS,
          domains: [
            { name: 'dave.example', documentRoot: '/home2/dave/domains/dave.example/public_html' },
          ],
          databases: [mariadb('dave_wp')],
          mailboxes: [
            {
              address: 'dave.smith@dave.example',
              path: '/home2/dave/imap/dave.example/dave.smith/Maildir',
            },
          ],
          zones: [zone('dave.example')],
          ftpAccounts: [
            { user: 'dave', home: '/home2/dave', passwordHash: '!$6$ExampleOnly$ddd.' },
          ],
          panelFiles: [`/${USERS}/dave`, '/etc/virtual/dave.example'],
        },
      },
      {
        name: 'resell',
        uid: 1002,
        gid: 1002,
        home: '/home/resell',
        user: 'resell',
        owner: 'admin',
        package: 'reseller_gold',
        email: 'resell@mail.example',
        isSuspended: false,
        parts: {
          ...NO_PARTS,
          domains: [
            {
              name: 'resell.example',
              documentRoot: '/home/resell/domains/resell.example/public_html',
            },
          ],
          databases: [mariadb('resell_a_b')],
          zones: [zone('resell.example')],
          ftpAccounts: [
            { user: 'resell', home: '/home/resell', passwordHash: '$6$ExampleOnly$bbb.' },
          ],
          panelFiles: [`/${USERS}/resell`, '/etc/virtual/resell.example'],
        },
      },
    ]);
  });

  it('gives a database to the user with the longest prefix', async () => {
    const files = { 'etc/passwd': 'car:x:1:1::/home/car:/s\ncar_one:x:2:2::/home/car_one:/s\n', [`${USERS}/car_one/user.conf`]: 'username=car_one\n', 'var/lib/mysql/car_one_x/db.opt': '' }; // prettier-ignore
    const { accounts } = await (await server(files)).discover();
    expect(accounts.map(({ name, parts }) => [name, parts?.databases])).toEqual([
      ['car', [mariadb('car_l'), mariadb('car_one')]],
      ['car_one', [mariadb('car_one_x')]],
    ]);
  });

  it('finds databases that root moved to another disk', async () => {
    const spoilt = await server();
    await mkdir(spoilt.path('data'));
    await rename(spoilt.path('var/lib/mysql'), spoilt.path('data/mysql'));
    await symlink('/data/mysql', spoilt.path('var/lib/mysql'));
    const { account, warnings } = await spoilt.account('dave');
    expect([account.parts?.databases, warnings]).toEqual([[mariadb('dave_wp')], []]);
  });
});

describe('a DirectAdmin server whose files are broken', () => {
  it('tells once, and keeps with everyone, that no databases are to be found', async () => {
    const spoilt = await server();
    await rm(spoilt.path('var/lib/mysql'), { recursive: true });
    const { accounts, warnings } = await spoilt.discover();
    const problem = 'Databases are not known: /var/lib/mysql and /home/mysql list nothing.';
    expect(warnings).toEqual([`All accounts: ${problem}`]);
    expect(accounts.map(({ parts }) => parts?.problems)).toEqual(Array(5).fill([problem]));
  });

  it('lists an account of which it knows the name only', async () => {
    const spoilt = await server({ [`${USERS}/carol/user.conf`]: '' });
    await rm(spoilt.path(`${USERS}/dave/user.conf`));
    await rm(spoilt.path(`${USERS}/dave/domains.list`));
    const { accounts, warnings } = await spoilt.discover();
    const carol = accounts.find(({ name }) => name === 'carol');
    expect(carol).toMatchObject({ uid: 1001, home: '/home/carol', isSuspended: false });
    expect(carol?.parts?.domains[0]?.name).toBe('books.example');
    expect(accounts.find(({ name }) => name === 'dave')).toMatchObject({ uid: 1003 });
    expect(warnings).toEqual([
      `Account carol: "/${USERS}/carol/user.conf" was not used: it has no key=value line.`,
      `Account dave: "/${USERS}/dave/user.conf" was not used: it is missing.`,
    ]);
  });

  it('never says that there is nobody', async () => {
    const spoilt = await server();
    await rm(spoilt.path(USERS), { recursive: true });
    await expect(spoilt.discover()).rejects.toMatchObject({ kind: 'source' });
    await mkdir(spoilt.path(USERS));
    await expect(spoilt.discover()).rejects.toThrow('is missing or names nobody');
    await rm(spoilt.path(USERS), { recursive: true });
    await writeFile(spoilt.path(USERS), '');
    await expect(spoilt.discover()).rejects.toMatchObject({ kind: 'source' });
  });
});

describe('a DirectAdmin server with hostile names and files', () => {
  it('takes no name that leads elsewhere', async () => {
    const own = `${USERS}/carol`;
    const spoilt = await server({
      [`${own}/user.conf`]: "domain=../../etc\ncreator='`id`'\npackage=a\u0007\nsuspended=yes;no\n",
      [`${own}/domains.list`]:
        'carol.example\n../dave/dave.example\n$(id).example\ncarol.example\n',
      [`${own}/domains/carol.example.pointers`]: 'x/y=type=alias\n',
      [`${own}/domains/carol.example.subdomains`]: '..\ndev\n',
      [`${own}/domains/carol.example.subdomains.docroot.override`]:
        'dev=public_html=/../dave&private_html=/x\n',
      'etc/virtual/carol.example/passwd': '../dave:x\n`id`/..:x\ninfo:x\n',
      'etc/proftpd.passwd': 'a/b:x:1001:1001::/home:/s\nroot:x:1001:1001::relative:/s\n',
      'var/lib/mysql/carol_@002e@002e@002f/db.opt': '',
    });
    const { account, warnings } = await spoilt.account('carol');
    expect(account).toMatchObject({ owner: '`id`', isSuspended: false });
    expect(account.package).toBeUndefined();
    expect(account.parts).toMatchObject({
      domains: [
        { name: 'carol.example', documentRoot: '/home/carol/domains/carol.example/public_html' },
        { name: 'dev.carol.example', documentRoot: '/home/carol/domains/carol.example/public_html/dev' }, // prettier-ignore
      ],
      databases: [mariadb('carol_shop-test'), mariadb('carol_wp')],
      mailboxes: [{ address: 'info@carol.example' }, { path: '/home/carol/Maildir' }],
      ftpAccounts: [{ user: 'carol' }],
    });
    expect(warnings).toHaveLength(8);
    expect(warnings.filter((warning) => /\p{Cc}/u.test(warning))).toEqual([]);
  });

  it('follows no symlink', async () => {
    const spoilt = await server();
    await rm(spoilt.path(`${USERS}/carol/user.conf`));
    await symlink('../dave/user.conf', spoilt.path(`${USERS}/carol/user.conf`));
    await rm(spoilt.path('etc/virtual/carol.example/passwd'));
    await symlink('/etc/passwd', spoilt.path('etc/virtual/carol.example/passwd'));
    await rm(spoilt.path('home/carol/Maildir'), { recursive: true });
    await symlink('/home2/dave', spoilt.path('home/carol/Maildir'));
    const { account, warnings } = await spoilt.account('carol');
    expect(account).toMatchObject({ isSuspended: false });
    expect(account.parts?.mailboxes.map(({ address }) => address)).toEqual([
      'orders@books.example',
    ]);
    expect(warnings).toHaveLength(2);
    for (const warning of warnings) expect(warning).toMatch(/was not used: it is a symlink\.$/);
  });

  it('reads nothing huge', async () => {
    const spoilt = await server();
    await truncate(spoilt.path(`${USERS}/carol/domains.list`), 1024 ** 4);
    const { account, warnings } = await spoilt.account('carol');
    expect(account.parts?.domains[0]?.name).toBe('carol.example');
    expect(warnings).toEqual([
      `Account carol: "/${USERS}/carol/domains.list" was not used: it is larger than 4 MiB.`,
    ]);
  });
});
