/** What of an account besides its home is stored, in every structure, and what is refused. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync } from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareTrees, type CompareOptions } from '../../testing/compare-trees.js';
import { ACCOUNT_UID, MAIL_UID, PartsStage } from '../../testing/parts-stage.js';
import { panelPath } from './part-names.js';

const ITEMS = [
  'certificate:example.com',
  'config',
  'cron',
  'files',
  'ftp',
  'mailbox:alice@example.com',
  'mailbox:bob@example.com',
  'mailbox:carol@example.com',
  'zone:example.com',
];
const SHARED: CompareOptions = { ignore: ['group'] };

function panelName(stage: PartsStage, name: string): string {
  return panelPath(stage.path(name));
}

/** Each part with its place in the snapshot. */
function placesOf(stage: PartsStage): [string, string][] {
  return [
    ['vmail/bob/Maildir', 'mail/bob@example.com'],
    ['spool/carol', 'mail/carol@example.com'],
    ['named/example.com.db', 'zones/example.com.zone'],
    ['ssl', 'certificates/example.com'],
    ['crontabs/alice', 'cron/crontab'],
    ['panel/users/alice', panelName(stage, 'panel/users/alice')],
    ['panel/data/alice', panelName(stage, 'panel/data/alice')],
    ['home', 'homedir'],
  ];
}

async function expectWhole(
  stage: PartsStage,
  restored: string,
  options: CompareOptions = {},
): Promise<void> {
  for (const [name, stored] of placesOf(stage)) {
    // What is itself compared has a name of its own; the folder of a certificate is made up.
    if (name === 'ssl') {
      for (const ending of ['key', 'crt']) {
        const file = `example.com.${ending}`;
        const [was, is] = [join(stage.path('ssl'), file), join(restored, stored, file)];
        expect(readFileSync(is)).toEqual(readFileSync(was));
        expect(statSync(is).mode).toBe(statSync(was).mode);
      }
    } else if (statSync(stage.path(name)).isDirectory()) {
      expect(await compareTrees(stage.path(name), join(restored, stored), options)).toEqual([]);
    } else {
      const [was, is] = [statSync(stage.path(name)), statSync(join(restored, stored))];
      expect(readFileSync(join(restored, stored))).toEqual(readFileSync(stage.path(name)));
      expect([is.uid, is.gid, is.mode, is.mtimeMs]).toEqual([was.uid, was.gid, was.mode, was.mtimeMs]); // prettier-ignore
    }
  }
  const [ftp] = JSON.parse(readFileSync(join(restored, 'ftp/accounts.json'), 'utf8')) as unknown[];
  expect(ftp).toEqual(stage.parts.ftpAccounts[0]);
}

describe.each(['archived', 'compressed', 'incremental'] as const)('parts (%s)', (structure) => {
  it('come back as they were, and are items', async () => {
    const stage = await PartsStage.make();
    const summary = await stage.backup({ structure });
    expect(summary.leftOut).toEqual([]);
    expect(summary.state).toBe('complete');
    expect(summary.items.map(({ name }) => name).sort()).toEqual(ITEMS);
    expect(await stage.harness.verify(summary.id)).toMatchObject({ state: 'complete' });
    await expectWhole(stage, await stage.restored(summary.id));
  });

  it('count once, also a mailbox that lies in the home', async () => {
    const stage = await PartsStage.make();
    const { items, entries, contentBytes } = await stage.backup({ structure });
    const [alice] = items.filter(({ name }) => name === 'mailbox:alice@example.com');
    expect(alice).toMatchObject({ entries: 7, bytes: 17 });
    const inFiles = items.filter(({ name }) => name !== 'mailbox:alice@example.com');
    // Tops of what is no item by itself: certificates, mail and zones.
    expect(inFiles.reduce((sum, item) => sum + item.entries, 0) + 3).toBe(entries);
    expect(inFiles.reduce((sum, item) => sum + item.bytes, 0)).toBe(contentBytes);
  });
});

describe('a mailbox of the home', () => {
  it('is restored by its name, and nothing with it', async () => {
    const stage = await PartsStage.make();
    const { id } = await stage.backup();
    rmSync(stage.path('home/mail/alice'), { recursive: true });
    rmSync(stage.path('home/index.html'));
    const selection = { paths: [], items: ['mailbox:alice@example.com'] };
    const report = await stage.harness.restore(id, { selection });
    expect(report).toMatchObject({ state: 'complete', failed: 0 });
    expect(readFileSync(stage.path('home/mail/alice/cur/1:2,S'), 'utf8')).toBe(
      'Subject: at home\n',
    );
    expect(statSync(stage.path('home/index.html'), { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe('the next incremental snapshot', () => {
  it('stores in archives only what changed', async () => {
    const stage = await PartsStage.make();
    const structure = 'incremental';
    Object.assign(stage.harness.destination.capabilities, { hardLinkTrees: false });
    const first = await stage.backup({ structure });
    expect(first.newBytes).toBeGreaterThan(3 * 1024 * 1024);
    expect(await stage.backup({ structure })).toMatchObject({ newBytes: 0 });
    appendFileSync(stage.path('named/example.com.db'), '; more\n');
    stage.write('vmail/bob/Maildir/new/fresh', 'Subject: fresh\n', MAIL_UID);
    const third = await stage.backup({ structure });
    const zone = statSync(stage.path('named/example.com.db')).size;
    expect(third.newBytes).toBe(zone + 15);
    await expectWhole(stage, await stage.restored(third.id));
  });

  it('links in a tree what did not change', async () => {
    const stage = await PartsStage.make();
    const structure = 'incremental';
    const first = await stage.backup({ structure });
    stage.write('vmail/bob/Maildir/cur/3:2,S', 'Subject: other\n', MAIL_UID, 0o600);
    execFileSync('chmod', ['600', stage.path('panel/users/alice')]);
    renameSync(stage.path('spool/carol'), stage.path('spool/carol.old'));
    stage.write('spool/carol', 'From carol\n\nHello\n\nFrom dave\n', 4_102, 0o660);
    const second = await stage.backup({ structure });
    const tree = (id: string): string =>
      join(stage.harness.store, stage.harness.prefix, 'trees', id);
    const isShared = (name: string): boolean => {
      const [was, is] = [first.id, second.id].map((id) => statSync(join(tree(id), name)).ino);
      return was === is;
    };
    const box = 'mail/bob@example.com';
    const same = [`${box}/cur/1:2,S`, `${box}/new/again`, `${box}/.Sent/cur/large:2,S`, 'cron/crontab', 'ftp/accounts.json', 'zones/example.com.zone', 'certificates/example.com/example.com.key']; // prettier-ignore
    expect(same.filter((name) => !isShared(name))).toEqual([]);
    const changed = [`${box}/cur/3:2,S`, 'mail/carol@example.com', panelName(stage, 'panel/users/alice')]; // prettier-ignore
    expect(changed.filter(isShared)).toEqual([]);
    expect(second.newBytes).toBeLessThan(1000);
    expect(await stage.harness.verify(second.id)).toMatchObject({ state: 'complete' });
    await expectWhole(stage, tree(second.id), SHARED);
    await expectWhole(stage, await stage.restored(second.id));
  });
});

describe('what is not there', () => {
  it('is no crontab, or a problem with a name', async () => {
    const stage = await PartsStage.make();
    for (const name of ['crontabs', 'named', 'ssl', 'vmail']) rmSync(stage.path(name), { recursive: true }); // prettier-ignore
    const { state, leftOut, items } = await stage.backup();
    expect(state).toBe('incomplete');
    expect(leftOut.map(({ path, code }) => [path, code]).sort()).toEqual([
      ['certificates/example.com/example.com.crt', 'unreadable'],
      ['certificates/example.com/example.com.key', 'unreadable'],
      ['mail/bob@example.com', 'vanished'],
      ['zones/example.com.zone', 'unreadable'],
    ]);
    expect(items.map(({ name }) => name)).not.toContain('cron');
    expect(leftOut[0]?.message).toContain(`there is no "${stage.path('ssl/example.com.key')}"`);
  });

  it('is a problem of the panel that could not be read, too', async () => {
    const stage = await PartsStage.make();
    stage.parts.problems = ['The file "x" was not used.'];
    const { state, leftOut } = await stage.backup();
    expect(state).toBe('incomplete');
    expect(leftOut[0]).toMatchObject({ path: 'config/panel', message: 'may lack something: The file "x" was not used' }); // prettier-ignore
  });
});

describe('hostile parts', () => {
  it('are refused and named: links, pipes, devices, what is huge', async () => {
    const stage = await PartsStage.make();
    const replace = (name: string, make: (path: string) => void): void => {
      rmSync(stage.path(name), { recursive: true });
      make(stage.path(name));
    };
    replace('named/example.com.db', (path) => symlinkSync('/etc/passwd', path));
    replace('ssl/example.com.key', (path) => execFileSync('mkfifo', [path]));
    replace('ssl/example.com.crt', (path) => execFileSync('mknod', [path, 'c', '1', '3']));
    truncateSync(stage.path('panel/data/alice/main'), 16 * 1024 * 1024 + 1);
    replace('crontabs', (path) => symlinkSync('/etc', path));
    replace('vmail/bob/Maildir', (path) => symlinkSync('/etc', path));
    replace('spool/carol', (path) => symlinkSync('/etc/shadow', path));
    const { id, leftOut, items, state } = await stage.backup();
    expect(state).toBe('incomplete');
    const messages = new Map(leftOut.map(({ path, message }) => [path, message]));
    expect(messages.get('zones/example.com.zone')).toMatch(/symlink, not a file$/);
    expect(messages.get('certificates/example.com/example.com.key')).toMatch(/fifo, not a file$/);
    expect(messages.get('certificates/example.com/example.com.crt')).toMatch(/character-device, not a file$/); // prettier-ignore
    expect(messages.get(`${panelName(stage, 'panel/data/alice')}/main`)).toMatch(/more than the 16777216/); // prettier-ignore
    expect(messages.get('cron/crontab')).toMatch(/"crontabs" in it is a symlink$/);
    expect(messages.get('mail/bob@example.com')).toMatch(/symlink, not a file$/);
    expect(messages.get('mail/carol@example.com')).toMatch(/symlink, not a file$/);
    const names = items.map(({ name }) => name);
    expect(names.filter((name) => /^(cron|zone|certificate|mailbox:[bc])/.test(name))).toEqual([]);
    const reader = await stage.harness.reader(id);
    for (const top of ['zones', 'certificates', 'cron', 'mail']) {
      expect(await reader.find(top)).toBeUndefined();
    }
  });

  it('are no way out of the home, nor to what is root’s', async () => {
    const stage = await PartsStage.make();
    rmSync(stage.path('home/mail/alice'), { recursive: true });
    symlinkSync('/etc', stage.path('home/mail/alice'));
    stage.write('home/conf/zone.db', 'zone', ACCOUNT_UID);
    symlinkSync('/etc', stage.path('home/conf/abroad'));
    stage.parts.zones.push({ domain: 'in.example', path: stage.path('home/conf/zone.db') });
    stage.parts.zones.push({ domain: 'out.example', path: stage.path('home/conf/abroad/passwd') });
    stage.parts.mailboxes.push({ address: 'root@example.com', path: '/etc' });
    const { id, leftOut, state } = await stage.backup();
    expect(state).toBe('incomplete');
    expect(leftOut.map(({ path }) => path).sort()).toEqual(['mail/root@example.com', 'zones/out.example.zone']); // prettier-ignore
    const reader = await stage.harness.reader(id);
    expect(await reader.find('homedir/mail/alice')).toMatchObject({ type: 'symlink' });
    expect(await reader.find('zones/in.example.zone')).toMatchObject({ sizeBytes: 4 });
    expect(await reader.list('homedir/mail/alice')).toEqual([]);
  });

  it('cannot make a snapshot that does not read', async () => {
    const stage = await PartsStage.make();
    const [zone] = stage.parts.zones;
    const [certificate] = stage.parts.certificates;
    if (zone === undefined || certificate === undefined) throw new Error('no parts');
    stage.parts.zones.push(zone, { ...zone, domain: '../../etc' }, { ...zone, domain: '.a/b%c' });
    stage.write('other/example.com.key', 'OTHER\n');
    certificate.paths.push(stage.path('other/example.com.key'));
    stage.parts.certificates.push({ ...certificate });
    stage.parts.mailboxes.push({
      address: `${'ä'.repeat(130)}@x`,
      path: stage.path('spool/carol'),
    });
    const { id, leftOut, items } = await stage.backup();
    expect(leftOut.map(({ message }) => message)).toEqual([expect.stringMatching(/too long$/)]);
    expect(await stage.harness.verify(id)).toMatchObject({ state: 'complete' });
    const names = items.map(({ name }) => name).filter((name) => name.startsWith('zone:'));
    expect(names).toEqual(['zone:../../etc', 'zone:.a/b%c', 'zone:example.com']);
    const reader = await stage.harness.reader(id);
    const keys = (await reader.list('certificates/example.com')).map(({ path }) => path);
    expect(keys).toHaveLength(3);
    expect(keys.filter((path) => path.endsWith('%2fexample.com.key'))).toHaveLength(2);
  });
});
