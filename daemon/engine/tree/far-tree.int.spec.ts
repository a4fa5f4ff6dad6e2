/** Incremental snapshots as trees on an SSH server: what is shared, what is copied, and that no tree
 * ever changes. */
import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { appendFile, chmod, link, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'; // prettier-ignore
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareSnapshots, compareTrees, snapshotOfTree, type CompareOptions, type TreeSnapshot } from '../../testing/compare-trees.js'; // prettier-ignore
import { EngineHarness } from '../../testing/engine-harness.js';
import { SshStage } from '../../testing/servers/ssh-stage.js';
import { canRunSshd } from '../../testing/servers/sshd-server.js';
import { tempDir } from '../../testing/temp-dir.js';
import { fillTreeHome } from '../../testing/tree-home.js';
import { needsTool } from '../../testing/tools.js';
import type { BackupRequest, EngineContext, SnapshotSummary } from '../types.js';

/** Trees share their files: every file of a tree may have names elsewhere. */
const SHARED: CompareOptions = { ignore: ['group'] };
const canRun = canRunSshd() && needsTool('rsync', 'bwrap');

class Stage {
  private last: SnapshotSummary | undefined;
  private now = Date.now() + 3_600_000;

  private constructor(
    readonly ssh: SshStage,
    readonly harness: EngineHarness,
    readonly home: string,
    readonly place: string,
  ) {
    harness.now = () => new Date(this.now);
    harness.destination = ssh.open();
  }

  static async make(ssh: SshStage): Promise<Stage> {
    const place = await tempDir();
    const home = join(place, 'home');
    await fill(home);
    const idOf = (which: string): number =>
      Number(execFileSync('id', [which, ssh.server.user]).toString());
    const [uid, gid] = [idOf('-u'), idOf('-g')];
    const harness = await EngineHarness.make(place, { home, uid, gid });
    const stage = new Stage(ssh, harness, home, place);
    stage.own();
    return stage;
  }

  /** All of the home belongs to the account of the server, which cannot give files to others. */
  own(): void {
    const { uid } = this.harness.account;
    const owner = `${this.ssh.server.user}:`;
    // Only what is not: a new owner is a change.
    const others = [
      this.home,
      '-not',
      '-uid',
      String(uid),
      '-exec',
      'chown',
      '-h',
      owner,
      '{}',
      '+',
    ];
    execFileSync('find', others);
  }

  /** The next day. */
  async backup(
    changes: Partial<BackupRequest> = {},
    context: Partial<EngineContext> = {},
  ): Promise<SnapshotSummary> {
    const parent =
      this.last === undefined
        ? undefined
        : { snapshotKey: this.harness.keyOf(this.last.id), expiringArchives: [] };
    this.now += 86_400_000;
    const request = { structure: 'incremental', parent, ...changes } as const;
    this.last = await this.harness.backup(request, context);
    return this.last;
  }

  get trees(): string {
    return join(this.ssh.server.directory, this.harness.prefix, 'trees');
  }

  tree(snapshotId: string): string {
    return join(this.trees, snapshotId, 'homedir');
  }

  inode(snapshotId: string, name: string): number {
    return statSync(join(this.tree(snapshotId), name)).ino;
  }

  async restored(snapshotId: string): Promise<string> {
    const path = join(this.place, `restored-${snapshotId}`);
    await mkdir(path);
    const target = { place: 'directory', path, mode: 'overlay' } as const;
    const report = await this.harness.restore(snapshotId, { target });
    expect(report).toMatchObject({ state: 'complete', failed: 0 });
    return join(path, 'homedir');
  }
}

async function fill(home: string): Promise<void> {
  await fillTreeHome(home);
  for (const name of HOSTILE_NAMES) await writeFile(join(home, name), `hostile: ${name}`);
  await mkdir(join(home, '-rf $(id)\n'));
  await writeFile(join(home, '-rf $(id)\n/in\\side'), 'deep');
  await symlink('site', join(home, 'link'));
  await symlink('/etc/passwd', join(home, 'abroad'));
  await link(join(home, 'site/page-1.php'), join(home, 'zz-again.php'));
  execFileSync('mkfifo', [join(home, 'fifo')]);
  execFileSync('setfattr', ['-n', 'user.kind', '-v', 'plain', join(home, 'site/page-2.php')]);
  execFileSync('setfacl', ['-m', 'u:12345:r', join(home, 'site/page-3.php')]);
}

const HOSTILE_NAMES = [
  '--rsh=touch x',
  '-e sh',
  '$(touch x)',
  '`id`',
  "a'b;id",
  '"; id',
  'two\nlines',
  `fake\n${'0'.repeat(64)}  .`,
  'back\\slash',
  ' blank ',
  '#comment',
  ';comment',
  '*',
  '~',
];

describe.skipIf(!canRun)('a tree on a server with a shell', () => {
  const ssh = new SshStage();
  ssh.serve('shell');

  it('is the home, and the restore is, too', async () => {
    const stage = await Stage.make(ssh);
    const first = await stage.backup();
    expect(stage.harness.logged).toEqual([]);
    expect(first).toMatchObject({ state: 'complete', newBytes: first.contentBytes });
    expect(await compareTrees(stage.home, stage.tree(first.id), SHARED)).toEqual([]);
    expect(await compareTrees(stage.home, await stage.restored(first.id))).toEqual([]);
    expect(await stage.harness.verify(first.id)).toMatchObject({ state: 'complete' });
    expect(readdirSync(stage.trees)).toEqual([first.id]);
  });

  it('shares with the one before what did not change, and nothing else', async () => {
    const stage = await Stage.make(ssh);
    const first = await stage.backup();
    await appendFile(join(stage.home, 'site/page-3.php'), 'more');
    await chmod(join(stage.home, 'site/page-4.php'), 0o600);
    await rm(join(stage.home, 'site/page-5.php'));
    await writeFile(join(stage.home, 'new.txt'), 'new');
    await rename(join(stage.home, 'site/page-6.php'), join(stage.home, 'moved.php'));
    stage.own();
    const before = await snapshotOfTree(stage.tree(first.id));
    const second = await stage.backup();
    const after = await snapshotOfTree(stage.tree(first.id));
    expect(compareSnapshots(before, after, SHARED)).toEqual([]);
    expect(await compareTrees(stage.home, stage.tree(second.id), SHARED)).toEqual([]);
    const isShared = (name: string): boolean =>
      stage.inode(first.id, name) === stage.inode(second.id, name);
    const same = ['site/page-1.php', 'site/page-2.php', 'large.bin', 'holes', 'two\nlines'];
    expect(same.filter((name) => !isShared(name))).toEqual([]);
    expect(['site/page-3.php', 'site/page-4.php'].filter(isShared)).toEqual([]);
    expect(second.newBytes).toBeLessThan(20_000);
    expect(await stage.harness.verify(second.id)).toMatchObject({ state: 'complete' });
  });

  it('never changes again, whatever happens to the home', async () => {
    const stage = await Stage.make(ssh);
    const trees = new Map<string, TreeSnapshot>();
    for (let round = 0; round < 20; round += 1) {
      await changeSomething(stage.home, round);
      stage.own();
      const { id } = await stage.backup();
      trees.set(id, await snapshotOfTree(stage.tree(id)));
      expect(await compareTrees(stage.home, stage.tree(id), SHARED)).toEqual([]);
    }
    for (const [id, before] of trees) {
      expect(compareSnapshots(before, await snapshotOfTree(stage.tree(id)), SHARED)).toEqual([]);
    }
    const last = [...trees.keys()].at(-1) ?? '';
    expect(await stage.harness.verify(last)).toMatchObject({ state: 'complete' });
  }, 180_000);

  it('has nothing of what is left out, and no more what became excluded', async () => {
    const stage = await Stage.make(ssh);
    const first = await stage.backup();
    const excludes = { patterns: ['/site', '/nothing', '/fifo'], useDefaults: false };
    const second = await stage.backup({ excludes });
    expect(readdirSync(stage.tree(first.id))).toContain('site');
    const gone = new Set(['site', 'nothing', 'fifo']);
    const left = readdirSync(stage.home, { encoding: 'latin1' }).filter((name) => !gone.has(name));
    expect(readdirSync(stage.tree(second.id), { encoding: 'latin1' }).sort()).toEqual(left.sort());
    expect(await stage.harness.verify(second.id)).toMatchObject({ state: 'complete' });
  });

  it('copies what was lost from the tree before, or does not read as it should', async () => {
    const stage = await Stage.make(ssh);
    const first = await stage.backup();
    await rm(join(stage.tree(first.id), 'site/page-2.php'));
    const second = await stage.backup();
    expect(stage.harness.logged.join('\n')).toContain('could not be linked and were copied');
    expect(await compareTrees(stage.home, stage.tree(second.id), SHARED)).toEqual([]);
    for (let i = 10; i < 60; i += 1) {
      const path = join(stage.tree(second.id), `site/page-${String(i)}.php`);
      const { atime, mtime } = statSync(path);
      writeFileSync(path, readFileSync(path, 'utf8').replace('php', 'PHP'));
      await utimes(path, atime, mtime);
    }
    let { id } = second;
    for (let day = 0; day < 30; day += 1) ({ id } = await stage.backup());
    expect(await compareTrees(stage.home, stage.tree(id), SHARED)).toEqual([]);
    expect(stage.harness.logged.join('\n')).toContain('is damaged in the snapshot before');
  }, 180_000);

  it('leaves nothing when the line is cut, and the next backup works', async () => {
    const stage = await Stage.make(ssh);
    const first = await stage.backup();
    await writeFile(join(stage.home, 'huge.bin'), randomBytes(64 * 1024 * 1024));
    stage.own();
    let isCut = false;
    const cut = stage.backup(
      {},
      {
        onProgress: ({ bytes }) => {
          if (isCut || bytes < 2 * first.contentBytes) return;
          isCut = true;
          ssh.server.signalSessions('SIGKILL');
        },
      },
    );
    await expect(cut).rejects.toMatchObject({ kind: 'destination' });
    expect(isCut).toBe(true);
    expect(readdirSync(stage.trees).filter((name) => !name.startsWith('.'))).toEqual([first.id]);
    const second = await stage.backup();
    expect(readdirSync(stage.trees).sort()).toEqual([first.id, second.id].sort());
    expect(await compareTrees(stage.home, stage.tree(second.id), SHARED)).toEqual([]);
  });

  it('goes when its snapshot is removed, and what a killed worker left is swept', async () => {
    const stage = await Stage.make(ssh);
    const left = join(stage.trees, '.20260101T000000Z-aaaaaa.tmp-0011');
    await mkdir(join(left, 'deep/er'), { recursive: true });
    execFileSync('chown', ['-R', `${ssh.server.user}:`, ssh.server.directory]);
    const first = await stage.backup();
    expect(readdirSync(stage.trees)).toEqual([first.id]);
    await stage.harness.remove(first.id);
    expect(() => lstatSync(stage.trees)).toThrow();
  });
});

describe.skipIf(!canRun).each(['chroot', 'plain'] as const)(
  'a server without a shell (%s)',
  (flavour) => {
    const ssh = new SshStage();
    ssh.serve(flavour);

    it('gets archives of what changed, and the log says why', async () => {
      const stage = await Stage.make(ssh);
      const first = await stage.backup();
      expect(first.state).toBe('complete');
      expect(stage.harness.logged.join('\n')).toContain('because it offers no shell');
      expect(() => lstatSync(stage.trees)).toThrow();
      expect(await compareTrees(stage.home, await stage.restored(first.id))).toEqual([]);
    });
  },
);

async function changeSomething(home: string, round: number): Promise<void> {
  const at = (name: string): string => join(home, name);
  const page = `site/page-${String(10 + round)}.php`;
  if (round % 3 === 0) await writeFile(at(page), `<?php // changed in ${String(round)}`);
  if (round % 3 === 1) await chmod(at(page), 0o640);
  if (round % 3 === 2) await rm(at(page));
  if (round % 4 === 1) await mkdir(at(`folder-${String(round)}/deep`), { recursive: true });
  if (round % 4 === 2) {
    await rename(at('link'), at('link.old')).then(() => symlink('empty', at('link')));
  }
  await appendFile(at('nothing'), 'x'.repeat(round));
  await writeFile(at(`new-${String(round)}`), randomBytes(1000 + round));
  if (round === 5) await rm(at('zz-again.php'));
  if (round === 7) await link(at('large.bin'), at('aa-large.bin'));
  // A folder becomes a link, a file a folder, and a link a folder.
  if (round === 9) await rm(at('folder-5'), { recursive: true });
  if (round === 9) await symlink('/etc', at('folder-5'));
  if (round === 11) await rm(at('new-1')).then(() => mkdir(at('new-1/inner'), { recursive: true }));
  if (round === 13) await rm(at('folder-5')).then(() => mkdir(at('folder-5')));
  if (round === 13) await writeFile(at('folder-5/passwd'), 'not that one');
  if (round === 15) await rm(at('-rf $(id)\n'), { recursive: true });
}
