import { chmod, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NO_PARTS, SpoiltServer, problemsOf } from '../../testing/spoilt-server.js';
import { HestiaSource } from './hestiacp.source.js';

const EXAMPLE = new URL('fixtures/server', import.meta.url);
const USERS = '/usr/local/hestia/data/users';
const SITE = '/home/alice/web/alice.example';

const alice = {
  name: 'alice',
  uid: 1001,
  gid: 1001,
  home: '/home/alice',
  user: 'alice',
  package: 'big plan',
  email: 'alice@mail.example',
  isSuspended: false,
  parts: {
    domains: [
      { name: 'alice.example', documentRoot: `${SITE}/public_html` },
      { name: 'www.alice.example', documentRoot: `${SITE}/public_html` },
      { name: 'alice.test', documentRoot: `${SITE}/public_html` },
      { name: 'shop.alice.example', documentRoot: `${SITE}/public_html/shop` },
    ],
    databases: [
      { engine: 'mariadb', name: 'alice_wp' },
      { engine: 'mariadb', name: 'alice_old' },
      { engine: 'postgresql', name: 'alice_geo' },
    ],
    databaseUsers: [
      { engine: 'mariadb', name: 'alice_wp' },
      { engine: 'postgresql', name: 'alice_geo' },
    ],
    mailboxes: [
      { address: 'info@alice.example', path: '/home/alice/mail/alice.example/info' },
      {
        address: 'first.last+x@alice.example',
        path: '/home/alice/mail/alice.example/first.last+x',
      },
    ],
    zones: [{ domain: 'alice.example', path: '/home/alice/conf/dns/alice.example.db' }],
    certificates: [
      {
        domain: 'alice.example',
        paths: ['key', 'crt', 'ca'].map((end) => `${USERS}/alice/ssl/alice.example.${end}`),
      },
      {
        domain: 'mail.alice.example',
        paths: ['key', 'crt'].map((end) => `${USERS}/alice/ssl/mail.alice.example.${end}`),
      },
    ],
    crontab: '/var/spool/cron/crontabs/alice',
    ftpAccounts: [
      { user: 'alice_web', home: SITE, passwordHash: '$6$ExampleOnly$bbb.' },
      {
        user: 'alice_blog',
        home: `${SITE}/public_html/blog`,
        passwordHash: '$6$ExampleOnly$ccc/',
      },
    ],
    panelFiles: [`${USERS}/alice`],
  },
};

const server = () => SpoiltServer.of(EXAMPLE, HestiaSource);
const look = (at: SpoiltServer) => at.discover();

describe('the HestiaCP source', () => {
  it('lists the accounts with everything exactly, and without a warning', async () => {
    expect(await look(await server())).toEqual({
      warnings: [],
      accounts: [
        {
          name: 'admin',
          uid: 1000,
          gid: 1000,
          home: '/home/admin',
          user: 'admin',
          package: 'system',
          email: 'admin@mail.example',
          isSuspended: false,
          parts: { ...NO_PARTS, panelFiles: [`${USERS}/admin`] },
        },
        alice,
        {
          name: 'bob',
          uid: 1002,
          gid: 1002,
          home: '/home/bob',
          user: 'bob',
          package: 'default',
          email: 'bob@mail.example',
          isSuspended: true,
          parts: {
            ...NO_PARTS,
            domains: ['bob.example', 'www.bob.example'].map((name) => ({
              name,
              documentRoot: '/home/bob/web/bob.example/public_html',
            })),
            panelFiles: [`${USERS}/bob`],
          },
        },
      ],
    });
  });

  it.each([
    ['is missing', async (list: string) => rm(list, { recursive: true })],
    ['is empty', async (list: string) => rm(list, { recursive: true }).then(() => mkdir(list))],
    ['is no folder', async (list: string) => rm(list, { recursive: true }).then(() => writeFile(list, ''))], // prettier-ignore
  ])('never takes a list that %s for nobody', async (_, spoil) => {
    const at = await server();
    await spoil(join(at.root, USERS));
    await expect(look(at)).rejects.toMatchObject({
      kind: 'source',
      code: 'accounts.none-listed',
      message: expect.stringContaining(USERS) as string,
    });
  });

  it('lists an account whose files are malformed with what is known', async () => {
    const at = await server();
    await at.write(`${USERS}/alice/user.conf`, 'PACKAGE=\0\nnonsense');
    await at.write(`${USERS}/alice/web.conf`, "DOMAIN='a.example' ALIAS='\nDOMAIN=b.example\n");
    const { accounts, warnings } = await look(at);
    expect(accounts[1]).toMatchObject({ name: 'alice', uid: 1001, isSuspended: false });
    expect(accounts[1]?.parts?.domains).toEqual([]);
    expect(accounts[1]?.parts?.databases).toHaveLength(3);
    expect(warnings).toEqual([
      'Account alice: Its user.conf does not tell about it.',
      `Account alice: In "${USERS}/alice/web.conf" something was not used: the line "DOMAIN='a.example' ALIAS='" is no record with DOMAIN.`,
      `Account alice: In "${USERS}/alice/web.conf" something was not used: the line "DOMAIN=b.example" is no record with DOMAIN.`,
    ]);
  });

  it('takes no hostile name for a path or a database', async () => {
    const at = await server();
    const domains = ['../../etc', '$(touch /tmp/x).example', 'a b.example', '`id`', 'ok.example'];
    await at.write(`${USERS}/alice/web.conf`, domains.map((name) => `DOMAIN='${name}'`).join('\n'));
    await at.write(`${USERS}/alice/mail.conf`, "DOMAIN='../../bob/mail'\nDOMAIN='m.example'");
    await at.write(`${USERS}/alice/mail/m.example.conf`, "ACCOUNT='..'\nACCOUNT='a/../../b'");
    await at.write(`${USERS}/alice/dns.conf`, "DOMAIN='x/../../../../etc/shadow'");
    await at.write(
      `${USERS}/alice/db.conf`,
      `DB='x\`; DROP' TYPE='mysql'\nDB='far' TYPE='mysql' HOST='db.example'\nDB='y' TYPE='oracle'`,
    );
    const { accounts, warnings } = await look(at);
    expect(accounts[1]?.parts).toEqual({
      ...NO_PARTS,
      domains: [{ name: 'ok.example', documentRoot: '/home/alice/web/ok.example/public_html' }],
      crontab: '/var/spool/cron/crontabs/alice',
      panelFiles: [`${USERS}/alice`],
      problems: problemsOf('alice', warnings),
    });
    expect(warnings).toHaveLength(11);
    expect(warnings).toContain('Account alice: "../../etc" is no domain.');
    expect(warnings).toContain('Account alice: ".." is no mailbox.');
    expect(warnings).toContain(
      'Account alice: Its database "far" is left out, for it is on "db.example".',
    );
  });

  it('keeps a docroot outside its form away', async () => {
    const at = await server();
    const line = `DOMAIN='a.example' CUSTOM_DOCROOT='/home/alice/../bob'`;
    await at.write(`${USERS}/alice/web.conf`, line);
    const { accounts, warnings } = await look(at);
    expect(accounts[1]?.parts?.domains).toEqual([{ name: 'a.example' }]);
    expect(warnings).toEqual(['Account alice: "/home/alice/../bob" is no absolute path.']);
  });

  it('follows no symlink, and reads no huge file', async () => {
    const at = await server();
    const folder = join(at.root, USERS, 'alice');
    await rm(join(folder, 'web.conf'));
    await symlink(join(at.root, USERS, 'bob/web.conf'), join(folder, 'web.conf'));
    await truncate(join(folder, 'db.conf'), 4 * 1024 * 1024 + 1);
    await rename(join(folder, 'mail'), join(at.root, 'elsewhere'));
    await symlink(join(at.root, 'elsewhere'), join(folder, 'mail'));
    // What only root can have made is followed.
    await chmod(folder, 0o777);
    const { accounts, warnings } = await look(at);
    expect(accounts[1]?.parts).toMatchObject({ domains: [], databases: [], mailboxes: [] });
    expect(warnings).toEqual([
      expect.stringContaining('/alice/web.conf" was not used: it is a symlink.'),
      expect.stringContaining('/alice/db.conf" was not used: it is larger than 4 MiB.'),
      expect.stringContaining('/alice.example.conf" was not used: "mail" in it is a symlink.'),
    ]);
  });

  it('stops telling what is wrong with an account after a while', async () => {
    const at = await server();
    await at.write(`${USERS}/alice/web.conf`, 'x\n'.repeat(10_000));
    const { warnings } = await look(at);
    expect(warnings).toHaveLength(21);
    expect(warnings[20]).toBe('Account alice: More is wrong than is told here.');
  });

  it('leaves out whom it cannot back up, and says so', async () => {
    const at = await server();
    for (const name of ['-rf', 'new\nline', 'stranger', 'toor', 'rooted']) {
      await mkdir(join(at.root, USERS, name));
    }
    await at.write(
      '/etc/passwd',
      [
        'alice:x:1001:1001::/home/alice:/bin/sh',
        'alice:x:6666:6666::/home/other:/bin/sh',
        'admin:x:1000:1000::/home/missing:/bin/sh',
        'bob:x:1002:1002::/home/../etc:/bin/sh',
        'toor:x:0:0::/root:/bin/sh',
        'rooted:x:1009:1009::/:/bin/sh',
      ].join('\n'),
    );
    const { accounts, warnings } = await look(at);
    expect(accounts.map(({ name, uid }) => [name, uid])).toEqual([
      ['admin', 1000],
      ['alice', 1001],
    ]);
    expect(warnings).toEqual([
      expect.stringContaining('"-rf" is not backed up: the name must be'),
      'Account admin: Its home "/home/missing" is not there.',
      'The account "bob" is not backed up: the home "/home/../etc" must not contain "..".',
      expect.stringContaining('"new\\nline" is not backed up: the name must be'),
      expect.stringContaining('"rooted" is not backed up: the home "/" must not be the root'),
      'The account "stranger" is not backed up: its panel lists it, but /etc/passwd does not.',
      'The account "toor" is not backed up: its uid is 0, that of root.',
    ]);
  });
});
