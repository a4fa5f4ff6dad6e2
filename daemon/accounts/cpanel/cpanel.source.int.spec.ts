import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SpoiltServer } from '../../testing/spoilt-server.js';
import { CpanelSource } from './cpanel.source.js';

const SERVER = fileURLToPath(new URL('fixtures/server', import.meta.url));

function server(files: Record<string, string> = {}): Promise<SpoiltServer> {
  return SpoiltServer.of(SERVER, CpanelSource, files);
}

const mariadb = (name: string) => ({ engine: 'mariadb', name });
const zone = (domain: string) => ({ domain, path: `/var/named/${domain}.db` });

describe('the cPanel source', () => {
  it('lists an account with everything exactly', async () => {
    const { account } = await (await server()).account('alice');
    const tls = '/var/cpanel/ssl/apache_tls';
    const hash = '$6$Xk2vExampleOnly$abc.';
    expect(account).toEqual({
      name: 'alice',
      uid: 1001,
      gid: 1003,
      home: '/home/alice',
      user: 'alice',
      owner: 'root',
      package: 'Business Plus',
      email: 'alice@mail.example',
      createdAt: '2023-11-14T22:13:20.000Z',
      isSuspended: false,
      parts: {
        domains: [
          { name: 'alice.example', documentRoot: '/home/alice/public_html' },
          { name: 'shop.example', documentRoot: '/home/alice/shop.example' },
          { name: 'alice.test', documentRoot: '/home/alice/public_html' },
          { name: '*.alice.example', documentRoot: '/home/alice/public_html/any' },
          { name: 'blog.alice.example', documentRoot: '/home/alice/public_html/blog' },
          { name: 'shop.alice.example', documentRoot: '/home/alice/shop.example' },
        ],
        databases: [
          mariadb('alice_häfen'),
          mariadb('alice_wp'),
          mariadb('legacy_crm'),
          { engine: 'postgresql', name: 'alice_geo' },
        ],
        databaseUsers: [
          mariadb('alice_wp'),
          mariadb('crm'),
          { engine: 'postgresql', name: 'alice_geo' },
        ],
        mailboxes: [
          { address: 'info@alice.example', path: '/home/alice/mail/alice.example/info' },
          {
            address: 'sales.team@alice.example',
            path: '/home/alice/mail/alice.example/sales.team',
          },
          { address: 'orders@shop.example', path: '/home/alice/mail/shop.example/orders' },
        ],
        zones: [zone('alice.example'), zone('shop.example'), zone('alice.test')],
        certificates: [
          {
            domain: 'alice.example',
            paths: [`${tls}/alice.example/certificates`, `${tls}/alice.example/combined`],
          },
          { domain: 'shop.alice.example', paths: [`${tls}/shop.alice.example/combined`] },
        ],
        crontab: '/var/spool/cron/alice',
        ftpAccounts: [
          { user: 'alice', home: '/home/alice', passwordHash: hash },
          { user: 'alice_logs', home: '/etc/apache2/logs/domlogs/alice', passwordHash: hash },
          {
            user: 'designer@alice.example',
            home: '/home/alice/public_html/themes',
            passwordHash: '$6$Zq9wExampleOnly$def.',
          },
        ],
        panelFiles: [
          '/var/cpanel/users/alice',
          '/var/cpanel/userdata/alice',
          '/var/cpanel/databases/alice.json',
          '/var/cpanel/databases/grants_alice.yaml',
          '/etc/proftpd/alice',
          '/etc/valiases/alice.example',
          '/etc/valiases/shop.example',
          '/etc/vdomainaliases/alice.test',
          '/etc/vfilters/alice.example',
          '/etc/vfilters/shop.example',
        ],
      },
    });
  });

  it("lists a suspended one and a reseller's, and nobody else, without a warning", async () => {
    const { accounts, warnings } = await (await server()).discover();
    expect(accounts.map(({ name }) => name)).toEqual(['alice', 'bobby', 'resell']);
    expect(accounts.slice(1)).toEqual([
      {
        name: 'bobby',
        uid: 1005,
        gid: 1007,
        home: '/home2/bobby',
        user: 'bobby',
        owner: 'resell',
        package: 'resell_small',
        email: 'bobby@mail.example',
        createdAt: '2023-07-22T04:26:40.000Z',
        isSuspended: true,
        parts: {
          domains: [{ name: 'bobby.example', documentRoot: '/home2/bobby/public_html' }],
          databases: [mariadb('bobby_wp')],
          databaseUsers: [mariadb('bobby_wp')],
          mailboxes: [
            { address: 'bobby@bobby.example', path: '/home2/bobby/mail/bobby.example/bobby' },
          ],
          zones: [zone('bobby.example')],
          certificates: [],
          ftpAccounts: [
            { user: 'bobby', home: '/home2/bobby', passwordHash: '*LOCKED*$6$ExampleOnly$ghi.' },
          ],
          panelFiles: [
            '/var/cpanel/users/bobby',
            '/var/cpanel/userdata/bobby',
            '/var/cpanel/databases/bobby.json',
            '/var/cpanel/suspended/bobby',
            '/var/cpanel/suspendinfo/bobby',
            '/etc/proftpd/bobby.suspended',
            '/etc/valiases/bobby.example',
          ],
        },
      },
      {
        name: 'resell',
        uid: 1002,
        gid: 1004,
        home: '/home2/resell',
        user: 'resell',
        owner: 'resell',
        createdAt: '2022-04-15T05:20:00.000Z',
        isSuspended: false,
        parts: {
          domains: [{ name: 'resell.example', documentRoot: '/home2/resell/public_html' }],
          databases: [],
          databaseUsers: [],
          mailboxes: [],
          zones: [zone('resell.example')],
          certificates: [],
          ftpAccounts: [],
          panelFiles: [
            '/var/cpanel/users/resell',
            '/var/cpanel/userdata/resell',
            '/var/cpanel/databases/resell.json',
          ],
        },
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it('knows a suspension by its mark alone', async () => {
    const spoilt = await server({ 'var/cpanel/suspended/alice': '' });
    expect((await spoilt.account('alice')).account.isSuspended).toBe(true);
  });
});

describe('a cPanel server whose files are broken', () => {
  it.each([
    [
      'cut off',
      '{"MYSQL":{"dbs":{"alice_wp":"localhost"},"version":1\n',
      'is not JSON, or cut off',
    ],
    ['empty', '', 'is not JSON'],
    ['of another form', '{"MYSQL":{"dbs":["alice_wp"]}}', 'MYSQL.dbs is not as cPanel writes it'],
    ['no object', 'null', 'its content is not as cPanel writes it'],
  ])('does not guess databases from a map that is %s', async (_, text, problem) => {
    const spoilt = await server({ 'var/cpanel/databases/alice.json': text });
    const { account, warnings } = await spoilt.account('alice');
    expect(account.parts).toMatchObject({ databases: [], databaseUsers: [] });
    expect(account.parts?.mailboxes).toHaveLength(3);
    const told = expect.stringContaining(problem) as unknown;
    expect(account.parts?.problems).toEqual([told]);
    expect(warnings).toEqual([told]);
    expect(warnings[0]).toMatch(/^Account alice: "\/var\/cpanel\/databases\/alice\.json" was not/);
  });

  it('lists an account of which it knows the name only', async () => {
    const spoilt = await server({
      'var/cpanel/users/alice': '\0\0\0',
      'var/cpanel/userdata/alice/main': '--- [',
    });
    const { account, warnings } = await spoilt.account('alice');
    expect(account).toMatchObject({ uid: 1001, home: '/home/alice', isSuspended: false });
    expect(account.parts).toMatchObject({ domains: [], crontab: '/var/spool/cron/alice' });
    expect(account.parts?.databases).toHaveLength(4);
    expect(warnings).toHaveLength(2);
  });

  it('takes the domains from the list of the user when that of the sites is missing', async () => {
    const spoilt = await server();
    await rm(spoilt.path('var/cpanel/userdata/alice/main'));
    const { account } = await spoilt.account('alice');
    expect(account.parts?.domains.map(({ name }) => name)).toEqual([
      'alice.example',
      'shop.example',
      'blog.alice.example',
      'shop.alice.example',
      'alice.test',
    ]);
  });

  it('never says that there is nobody', async () => {
    const spoilt = await server();
    await rm(spoilt.path('var/cpanel/users'), { recursive: true });
    await expect(spoilt.discover()).rejects.toMatchObject({ kind: 'source' });
    await mkdir(spoilt.path('var/cpanel/users'));
    await writeFile(spoilt.path('var/cpanel/users/system'), '');
    await expect(spoilt.discover()).rejects.toMatchObject({ kind: 'source' });
    await expect((await server({ 'etc/passwd': '' })).discover()).rejects.toMatchObject({
      kind: 'source',
      message: '"/etc/passwd" was not used: it is missing or lists nobody.',
    });
  });

  it('leaves out whom it cannot back up, and says why', async () => {
    const passwd = [
      'alice:x:1001:1003::/home/alice:/bin/bash',
      'alice:x:0:0::/root:/bin/bash',
      'slash:x:1010:1010::/:/bin/sh',
      'dots:x:1011:1011::/home/../root:/bin/sh',
      'super:x:0:0::/home/super:/bin/sh',
    ];
    const users = ['slash', 'dots', 'super', 'none', '-rf', 'a b', '$(id)', 'new\nline'];
    const spoilt = await server({
      'etc/passwd': passwd.join('\n'),
      ...Object.fromEntries(users.map((name) => [`var/cpanel/users/${name}`, 'DNS=x.example\n'])),
    });
    const { accounts, warnings } = await spoilt.discover();
    expect(accounts.map(({ name, uid }) => [name, uid])).toEqual([['alice', 1001]]);
    expect(warnings).toHaveLength(users.length + 2);
    expect(warnings.filter((warning) => warning.includes('\n'))).toEqual([]);
    expect(warnings).toEqual(
      expect.arrayContaining([
        'The account "slash" is not backed up: the home "/" must not be the root of the file system.',
        'The account "dots" is not backed up: the home "/home/../root" must not contain "..".',
        'The account "super" is not backed up: its uid is 0, that of root.',
        'The account "none" is not backed up: its panel lists it, but /etc/passwd does not.',
        expect.stringContaining('The account "new\\nline" is not backed up: the name must'),
      ]),
    );
  });

  it('lists an account whose home is not there, so that it does not seem gone', async () => {
    const spoilt = await server();
    await rm(spoilt.path('home/alice'), { recursive: true });
    const { account, warnings } = await spoilt.account('alice');
    expect(account.home).toBe('/home/alice');
    expect(warnings).toEqual(['Account alice: Its home "/home/alice" is not there.']);
  });
});

describe('a cPanel server with hostile names and files', () => {
  it('takes no name that leads elsewhere', async () => {
    const spoilt = await server({
      'var/cpanel/users/alice': "DNS=../../etc\nDNS1=a;reboot.example\nDNS2=$(id).example\nPLAN='a\u001b[2J'\nOWNER=`id`\n", // prettier-ignore
      'var/cpanel/userdata/alice/main':
        'main_domain: alice.example\nparked_domains: ["../bobby", "a\\nb.example"]\naddon_domains: {"x/y": "../bobby/bobby.example"}\n',
      'var/cpanel/userdata/alice/alice.example': 'documentroot: /home/alice/../bobby/public_html\n',
      'var/cpanel/databases/alice.json': '{"MYSQL":{"dbs":{"../mysql":"","a`b":"","ok":""}}}',
      'home/alice/etc/alice.example/passwd':
        '../../bobby:x\n..:x\n$(id):x\nx y:x\ninfo:x\ninfo:x\n',
      'etc/proftpd/alice': 'a b:x:1:1::/home:/s\nok:x:1:1::/home/../etc:/s\nfine:x:1:1::/home:/s\n',
    });
    const { account, warnings } = await spoilt.account('alice');
    expect(account).toMatchObject({ owner: '`id`' });
    expect(account.package).toBeUndefined();
    expect(account.parts).toMatchObject({
      domains: [{ name: 'alice.example' }],
      databases: [mariadb('ok')],
      mailboxes: [{ address: 'info@alice.example' }],
      ftpAccounts: [{ user: 'fine' }],
    });
    expect(account.parts?.domains[0]).toEqual({ name: 'alice.example' });
    expect(warnings).toHaveLength(15);
    expect(warnings.filter((warning) => /\p{Cc}/u.test(warning))).toEqual([]);
  });

  it('follows no symlink', async () => {
    const spoilt = await server();
    const aim = { 'var/cpanel/users/alice': 'bobby', 'var/cpanel/databases/alice.json': 'bobby.json', 'home/alice/etc/alice.example/passwd': '/etc/passwd' }; // prettier-ignore
    for (const [path, target] of Object.entries(aim)) {
      await rm(spoilt.path(path));
      await symlink(target, spoilt.path(path));
    }
    const { account, warnings } = await spoilt.account('alice');
    expect(account.owner).toBeUndefined();
    expect(account.parts?.databases).toEqual([]);
    expect(account.parts?.mailboxes).toEqual([
      { address: 'orders@shop.example', path: '/home/alice/mail/shop.example/orders' },
    ]);
    expect(warnings).toHaveLength(3);
    for (const warning of warnings) expect(warning).toMatch(/was not used: it is a symlink\.$/);
  });

  it('reads nothing huge, and lists no more than it can keep', async () => {
    const many = Array.from({ length: 10_001 }, (_, index) => `m${index}:x`).join('\n');
    const spoilt = await server({
      'home/alice/etc/alice.example/passwd': many,
      'home/alice/etc/shop.example/passwd': '/:x\n'.repeat(100_000),
    });
    await truncate(spoilt.path('var/cpanel/databases/alice.json'), 1024 ** 4);
    const { account, warnings } = await spoilt.account('alice');
    expect(account.parts?.mailboxes).toEqual([]);
    expect(warnings).toHaveLength(21);
    expect(warnings[0]).toContain('it is larger than 4 MiB');
    expect(warnings[1]).toContain('it lists more than 10000 mailboxes');
    expect(warnings[20]).toBe('Account alice: More is wrong than is told here.');
  });

  it('expands no YAML bomb', async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nmain_domain: alice.example\nparked_domains: [*a,*a]\n`;
    const spoilt = await server({ 'var/cpanel/userdata/alice/main': bomb });
    expect((await spoilt.account('alice')).warnings).toEqual([
      'Account alice: "/var/cpanel/userdata/alice/main" was not used: it is not the YAML that cPanel writes.',
    ]);
  });
});
