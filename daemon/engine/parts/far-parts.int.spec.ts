/** Parts of an account in trees on an SSH server. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareTrees } from '../../testing/compare-trees.js';
import { PartsStage } from '../../testing/parts-stage.js';
import { SshStage } from '../../testing/servers/ssh-stage.js';
import { canRunSshd } from '../../testing/servers/sshd-server.js';
import { needsTool } from '../../testing/tools.js';
import { panelPath } from './part-names.js';

const canRun = canRunSshd() && needsTool('rsync', 'bwrap');
const structure = 'incremental';

describe.skipIf(!canRun)('parts in a tree over SSH', () => {
  const ssh = new SshStage();
  ssh.serve('shell');

  it('are shared when they did not change, and come back', async () => {
    const idOf = (which: string): number =>
      Number(execFileSync('id', [which, ssh.server.user]).toString());
    const stage = await PartsStage.make({ uid: idOf('-u'), gid: idOf('-g') });
    stage.harness.destination = ssh.open();
    const first = await stage.backup({ structure });
    expect(first).toMatchObject({ state: 'complete', leftOut: [] });
    expect(await stage.harness.verify(first.id)).toMatchObject({ state: 'complete' });
    stage.write('vmail/bob/Maildir/new/fresh', 'Subject: fresh\n', 4_101, 0o600);
    rmSync(stage.path('vmail/bob/Maildir/cur/5:2,S'));
    rmSync(stage.path('panel/data/alice/more'), { recursive: true });
    appendFileSync(stage.path('named/example.com.db'), '; more\n');
    writeFileSync(stage.path('spool/carol'), 'From eve\n\n' + 'Hello\n'.repeat(500_000));
    const second = await stage.backup({ structure });
    expect(await stage.harness.verify(second.id)).toMatchObject({ state: 'complete' });
    const size = (name: string): number => statSync(stage.path(name)).size;
    expect(second.newBytes).toBe(15 + size('named/example.com.db') + size('spool/carol'));
    const trees = join(ssh.server.directory, stage.harness.prefix, 'trees');
    const isShared = (name: string): boolean => {
      const [was, is] = [first.id, second.id].map((id) => statSync(join(trees, id, name)).ino);
      return was === is;
    };
    const box = 'mail/bob@example.com';
    const same = [`${box}/cur/1:2,S`, `${box}/new/again`, `${box}/.Sent/cur/large:2,S`, 'cron/crontab', 'certificates/example.com/example.com.key', 'ftp/accounts.json', panelPath(stage.path("panel/users/alice"))]; // prettier-ignore
    expect(same.filter((name) => !isShared(name))).toEqual([]);
    expect(['zones/example.com.zone', 'mail/carol@example.com'].filter(isShared)).toEqual([]);
    const gone = statSync(join(trees, second.id, `${box}/cur/5:2,S`), { throwIfNoEntry: false });
    expect(gone).toBeUndefined();
    await expectBack(stage, second.id);
    expect(await stage.backup({ structure })).toMatchObject({ newBytes: 0, state: 'complete' });
  }, 120_000);
});

async function expectBack(stage: PartsStage, id: string): Promise<void> {
  const restored = await stage.restored(id);
  const folders = [
    ['vmail/bob/Maildir', 'mail/bob@example.com'],
    ['panel/data/alice', panelPath(stage.path('panel/data/alice'))],
    ['home', 'homedir'],
  ] as const;
  for (const [name, stored] of folders) {
    expect(await compareTrees(stage.path(name), join(restored, stored))).toEqual([]);
  }
  const files = [
    ['spool/carol', 'mail/carol@example.com'],
    ['named/example.com.db', 'zones/example.com.zone'],
    ['ssl/example.com.key', 'certificates/example.com/example.com.key'],
    ['crontabs/alice', 'cron/crontab'],
  ] as const;
  for (const [name, stored] of files) {
    const [was, is] = [statSync(stage.path(name)), statSync(join(restored, stored))];
    expect(readFileSync(join(restored, stored))).toEqual(readFileSync(stage.path(name)));
    expect([is.uid, is.mode]).toEqual([was.uid, was.mode]);
  }
}
