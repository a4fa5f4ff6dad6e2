/** An account of plain Linux that was removed, made again by the built command line: real users. */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountView, RunDetailView } from './api/views.js';
import type { RecreationView } from './api/recreation-views.js';
import { instancePaths } from './platform/instance.js';
import { KillableDaemon } from './testing/kill-daemon.js';
import { makeTempDir, removeTempDir } from './testing/temp-dir.js';
import { needsRoot } from './testing/tools.js';

const UID = 58_000 + (process.pid % 900) * 2;
const NAMES = [`hfgone${String(UID)}`, `hfstay${String(UID)}`] as const;
const [gone] = NAMES;

describe.skipIf(!needsRoot())('an account that was removed', () => {
  let directory: string;
  let daemon: KillableDaemon;

  beforeAll(async () => {
    directory = await makeTempDir();
    execFileSync('chmod', ['755', directory]);
    await mkdir(join(directory, 'homes'), { mode: 0o755 });
    await mkdir(join(directory, 'store'), { mode: 0o700 });
    for (const [index, name] of NAMES.entries()) {
      const home = join(directory, 'homes', name);
      execFileSync('useradd', ['--uid', String(UID + index), '--user-group', '--create-home', '--home-dir', home, name]); // prettier-ignore
      await writeFile(join(home, 'page.html'), `of ${name}`);
      execFileSync('chown', [`${name}:${name}`, join(home, 'page.html')]);
    }
    const paths = instancePaths(join(directory, 'instance'));
    await mkdir(paths.home);
    const accounts = { source: 'linux', uidMin: UID, uidMax: UID + 1 };
    await writeFile(paths.config, stringify({ accounts, panel: { port: 0 }, log: { level: 'silent' } })); // prettier-ignore
    daemon = new KillableDaemon(directory);
    await daemon.start();
    await daemon.json(['destination', 'add', 'local', 'main', '--path', join(directory, 'store')]);
    await daemon.json(['job', 'add', 'nightly', '--accounts', 'all', '--destination', 'main', '--structure', 'compressed']); // prettier-ignore
    await daemon.json(['job', 'run', 'nightly', '--wait']);
  });

  afterAll(async () => {
    await daemon.kill();
    for (const name of NAMES) {
      try {
        execFileSync('userdel', ['--remove', name], { stdio: 'ignore' });
      } catch {
        // A test had removed it, and failed to make it again.
      }
    }
    await removeTempDir(directory);
  });

  async function refusal(...args: string[]): Promise<string> {
    const { stdout } = await daemon.holdfast(['--json', ...args]);
    return (JSON.parse(stdout) as { error: { code: string } }).error.code;
  }

  it('is made with the ids and the home it had, and its newest snapshot restored', async () => {
    const before = await daemon.json<AccountView>(['account', 'show', gone]);
    expect(await refusal('account', 'recreate', gone, '--confirm', gone)).toBe('account.here');
    execFileSync('userdel', ['--remove', gone], { stdio: 'ignore' });
    await daemon.json(['job', 'run', 'nightly', '--wait']);
    const home = join(directory, 'homes', gone);
    await expect(stat(home)).rejects.toThrow('ENOENT');

    const plan = await daemon.json<RecreationView>(['account', 'recreate', gone, '--preview']);
    expect(plan.obstacles).toEqual([]);
    expect(plan.commands.map(([program]) => program)).toEqual(['/usr/sbin/groupadd', '/usr/sbin/useradd']); // prettier-ignore
    expect(await refusal('account', 'recreate', gone, '--confirm', 'other')).toBe(
      'account.confirm',
    );

    const { run } = await daemon.json<RunDetailView>(['account', 'recreate', gone, '--confirm', gone, '--wait']); // prettier-ignore
    expect(run.state).toBe('complete');
    expect(execFileSync('getent', ['passwd', gone], { encoding: 'utf8' })).toBe(
      `${gone}:x:${String(UID)}:${String(UID)}::${home}:/usr/sbin/nologin\n`,
    );
    const page = join(home, 'page.html');
    expect(await readFile(page, 'utf8')).toBe(`of ${gone}`);
    expect(await stat(page)).toMatchObject({ uid: UID, gid: UID });
    const after = await daemon.json<AccountView>(['account', 'show', gone]);
    expect(after).toMatchObject({ id: before.id, state: 'active' });
    expect(await daemon.json<unknown[]>(['snapshot', 'list', '--account', gone])).not.toEqual([]);
  });

  it('is not made where its uid is another user’s by now', async () => {
    execFileSync('userdel', ['--remove', gone], { stdio: 'ignore' });
    await daemon.json(['job', 'run', 'nightly', '--wait']);
    const thief = `${gone}x`;
    execFileSync('useradd', ['--uid', String(UID), '--no-create-home', '--home-dir', '/nonexistent', thief]); // prettier-ignore
    try {
      const { obstacles } = await daemon.json<RecreationView>(['account', 'recreate', gone, '--preview']); // prettier-ignore
      expect(obstacles.join()).toContain(`is that of ${thief} now`);
      expect(await refusal('account', 'recreate', gone, '--confirm', gone)).toBe(
        'account.not-made',
      );
    } finally {
      execFileSync('userdel', [thief], { stdio: 'ignore' });
    }
  });
});
