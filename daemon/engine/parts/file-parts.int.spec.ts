/** Parts that are files are put back where they belong now, by whom may, and taken back again. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { describe, expect, it } from 'vitest';
import { PartRestores, problems } from '../../testing/part-restores.js';
import { ACCOUNT_UID, MBOX_UID, type PartsStage } from '../../testing/parts-stage.js';
import type { RestoreReport } from '../types.js';
import { MAX_PART_BYTES } from './capture-parts.js';
import { panelPath } from './part-names.js';

const ZONE = 'named/example.com.db';
const SOA = '$TTL 300\n@ IN SOA a. b. 1 2 3 4 5\n';

describe('a restore of parts', () => {
  it('brings back each, with owner and mode of what stands there', async () => {
    const given = await PartRestores.make();
    const { stage } = given;
    stage.write(ZONE, 'spoilt', 4_200, 0o664);
    rmSync(stage.path('ssl/example.com.key'));
    rmSync(stage.path('crontabs/alice'));
    stage.write('panel/data/alice/main', 'spoilt');
    rmSync(stage.path('panel/data/alice/more'), { recursive: true });
    const report = await given.report([
      'zone:example.com',
      'certificate:example.com',
      'cron',
      'config',
    ]);
    expect(report).toMatchObject({ state: 'complete', problems: [] });
    expect(given.read(ZONE)).toBe(SOA);
    expect(statSync(stage.path(ZONE))).toMatchObject({ uid: 4_200, mode: 0o100664 });
    expect(given.read('ssl/example.com.key')).toBe('PRIVATE\n');
    expect(statSync(stage.path('ssl/example.com.key'))).toMatchObject({ uid: 0, mode: 0o100600 });
    expect(statSync(stage.path('crontabs/alice'))).toMatchObject({ uid: ACCOUNT_UID, mode: 0o100600 }); // prettier-ignore
    expect(given.read('panel/data/alice/main')).toBe('main\n');
    expect(given.read('panel/data/alice/more/sub')).toBe('sub\n');
    expect(report.parts).toContainEqual({ title: stage.path(ZONE), action: 'replaced' });
    expect(report.parts).toContainEqual({ title: stage.path('crontabs/alice'), action: 'created' });
    const { logged } = stage.harness;
    expect(logged).toContain('So that the server takes notice: rndc reload example.com');
    expect(logged.join()).toContain('systemctl reload apache2');
  });

  it('leaves what is as it was alone', async () => {
    const given = await PartRestores.make();
    const before = statSync(given.stage.path(ZONE)).ino;
    expect(await given.report(['zone:example.com'])).toMatchObject({ state: 'complete' });
    expect(statSync(given.stage.path(ZONE)).ino).toBe(before);
    expect(given.stage.harness.logged.join()).not.toContain('takes notice');
  });

  it('goes where the account’s source names them now, and nowhere else', async () => {
    const given = await PartRestores.make();
    const { stage } = given;
    const [zone] = stage.parts.zones;
    if (zone === undefined) throw new Error('no zone');
    rmSync(stage.path(ZONE));
    stage.folder('bind', 0);
    zone.path = stage.path('bind/db.example.com');
    stage.parts.certificates = [];
    const report = await given.report(['zone:example.com', 'certificate:example.com']);
    expect(given.read('bind/db.example.com')).toBe(SOA);
    expect(existsSync(stage.path(ZONE))).toBe(false);
    expect(problems(report)[0]).toMatch(/^certificates\/example.com\/example.com.crt: the account has no place for it now/); // prettier-ignore
    expect(report).toMatchObject({ state: 'incomplete', failed: 2 });
  });

  it('brings back one file of the panel alone, whatever its neighbours are', async () => {
    const given = await PartRestores.make();
    const { stage } = given;
    stage.write('panel/data/alice/main', Buffer.alloc(MAX_PART_BYTES + 1));
    stage.write('panel/data/alice/more/sub', 'spoilt');
    const path = `${panelPath(stage.path('panel/data/alice'))}/more`;
    const { report, safetyId = '' } = await given.restore([path]);
    expect(report).toMatchObject({ state: 'complete', problems: [] });
    expect(statSync(stage.path('panel/data/alice/main')).size).toBe(MAX_PART_BYTES + 1);
    expect(given.read('panel/data/alice/more/sub')).toBe('sub\n');
    const kept: string[] = [];
    const reader = await stage.harness.reader(safetyId);
    for await (const entry of reader.entries()) kept.push(entry.path);
    expect(kept).toEqual(['config', 'homedir', 'config/account.json', 'config/panel', panelPath(stage.path('panel/data/alice')), path, `${path}/sub`]); // prettier-ignore
  });

  it('brings back an mbox of the mail system', async () => {
    const given = await PartRestores.make();
    given.stage.write('spool/carol', 'lost', MBOX_UID, 0o660);
    await given.restore(['mailbox:carol@example.com']);
    expect(given.read('spool/carol')).toBe('From carol\n\nHello\n');
    expect(statSync(given.stage.path('spool/carol'))).toMatchObject({
      uid: MBOX_UID,
      mode: 0o100660,
    });
  });

  it('tells before what it would do, and writes nothing then', async () => {
    const given = await PartRestores.make();
    const { stage } = given;
    rmSync(stage.path('panel/data/alice/more'), { recursive: true });
    rmSync(stage.path(ZONE));
    symlinkSync('/etc/passwd', stage.path(ZONE));
    const { changes } = await given.preview(['config', 'cron', 'zone:example.com']);
    const more = `${panelPath(stage.path('panel/data/alice'))}/more/sub`;
    expect(changes).toContainEqual(expect.objectContaining({ path: more, action: 'created' }));
    expect(changes).toContainEqual(
      expect.objectContaining({ path: 'cron/crontab', action: 'replaced' }),
    );
    expect(changes).toContainEqual(
      expect.objectContaining({ path: 'zones/example.com.zone', action: 'skipped' }),
    );
    expect(existsSync(stage.path('panel/data/alice/more'))).toBe(false);
  });

  it('has no copy beside: that is refused, or told with what has one', async () => {
    const given = await PartRestores.make();
    rmSync(given.stage.path('crontabs/alice'));
    const beside = { target: { place: 'beside' } } as const;
    const asked = given.restore(['cron'], beside);
    await expect(asked).rejects.toMatchObject({ code: 'restore.no-place' });
    const preview = await given.preview(['cron', 'files'], beside);
    expect(preview.changes).toContainEqual(
      expect.objectContaining({ path: 'cron', action: 'skipped' }),
    );
    const report = await given.report(['cron', 'files'], beside);
    expect(report).toMatchObject({ state: 'complete', adjusted: 1 });
    expect(problems(report)).toEqual([expect.stringMatching(/^cron: is not restored beside/)]);
    expect(existsSync(given.stage.path('crontabs/alice'))).toBe(false);
  });

  it('is refused for what the snapshot lacks', async () => {
    const given = await PartRestores.make();
    for (const path of ['zones/other.zone', 'mail/eve@example.com', 'config/account.json']) {
      await expect(given.restore([path])).rejects.toMatchObject({ code: 'restore.no-place' });
    }
  });
});

describe('a restore to a hostile place', () => {
  it.each<[why: RegExp, spoil: (stage: PartsStage) => void]>([
    [/a symlink stands in its place/, (stage) => {
      rmSync(stage.path(ZONE));
      symlinkSync(stage.path('victim'), stage.path(ZONE));
    }],
    [/a fifo stands in its place/, (stage) => {
      rmSync(stage.path(ZONE));
      execFileSync('mkfifo', [stage.path(ZONE)]);
    }],
    [/"named" in it is a symlink/, (stage) => {
      renameSync(stage.path('named'), stage.path('elsewhere'));
      symlinkSync('elsewhere', stage.path('named'));
    }],
    [/the account can change the folder/, (stage) => {
      chownSync(stage.path('named'), ACCOUNT_UID, 0);
    }],
    [/the account can change the folder/, (stage) => {
      chmodSync(stage.path('named'), 0o777);
    }],
    [/there is no folder/, (stage) => {
      rmSync(stage.path('named'), { recursive: true });
    }],
  ])('is refused: %s', async (why, spoil) => {
    const given = await PartRestores.make();
    const { stage } = given;
    stage.write('victim', 'mine');
    stage.write(ZONE, 'other');
    spoil(stage);
    rmSync(stage.path('crontabs/alice'));
    const { report, safetyId } = await given.restore(['zone:example.com', 'cron']);
    expect(report).toMatchObject({ state: 'incomplete', failed: 1 });
    expect(problems(report)).toEqual([expect.stringMatching(why)]);
    expect(safetyId).toBeUndefined();
    expect(given.read('victim')).toBe('mine');
    expect(given.read('crontabs/alice')).toBe('0 * * * * true\n');
  }); // prettier-ignore

  it('leaves links below a panel’s folder alone', async () => {
    const given = await PartRestores.make();
    const { stage } = given;
    rmSync(stage.path('panel/data/alice/more'), { recursive: true });
    stage.folder('abroad', 0);
    symlinkSync(stage.path('abroad'), stage.path('panel/data/alice/more'));
    const report = await given.report(['config']);
    expect(problems(report)).toEqual([expect.stringMatching(/a link or a file is on its way/)]);
    expect(existsSync(stage.path('abroad/sub'))).toBe(false);
  });
});

describe('a crontab of the system', () => {
  async function withProgram(script: string): Promise<PartRestores & { restored: RestoreReport }> {
    const given = await PartRestores.make();
    const { stage } = given;
    const program = stage.path('crontab');
    writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    stage.write('crontabs/alice', 'spoilt', ACCOUNT_UID, 0o600);
    const cron = { program, spools: [stage.path('crontabs')] };
    return Object.assign(given, { restored: await given.report(['cron'], { cron }) });
  }

  it('is installed by its own program', async () => {
    const given = await withProgram(
      'echo "$@" > "$0.said"; cat > "$(dirname "$0")/crontabs/alice"',
    );
    expect(given.restored.state).toBe('complete');
    expect(given.read('crontab.said')).toBe('-u alice -\n');
    expect(given.read('crontabs/alice')).toBe('0 * * * * true\n');
  });

  it('stays as it is when that refuses', async () => {
    const given = await withProgram('echo "bad minute" >&2; exit 1');
    expect(problems(given.restored)).toEqual([expect.stringMatching(/crontab refused it \(bad minute\)/)]); // prettier-ignore
    expect(given.read('crontabs/alice')).toBe('spoilt');
  });

  it('is never root’s', async () => {
    const given = await PartRestores.make();
    given.stage.write('crontabs/alice', 'spoilt');
    const report = await given.report(['cron'], { user: 'root' });
    expect(problems(report)).toEqual([expect.stringMatching(/crontab of root/)]);
    expect(given.read('crontabs/alice')).toBe('spoilt');
  });
});

describe('FTP accounts', () => {
  it('are told as lines where no file gives them back', async () => {
    const given = await PartRestores.make();
    expect(await given.report(['ftp'])).toMatchObject({ state: 'complete', problems: [] });
    given.stage.parts.ftpAccounts = [];
    const report = await given.report(['ftp']);
    const id = String(ACCOUNT_UID);
    const home = given.stage.path('home');
    expect(report.state).toBe('incomplete');
    expect(problems(report)).toEqual([
      `ftp/accounts.json: these are not there, or otherwise; make them in the panel: alice_ftp:$6$salt$hash:${id}:${id}::${home}:/sbin/nologin`,
    ]);
  });

  it('come back with the panel’s file of them', async () => {
    const given = await PartRestores.make((stage) => {
      stage.write('da/data/users/alice/ftp.passwd', 'alice_ftp:x\n');
      stage.write('da/data/users/alice/user.conf', 'other\n');
      stage.parts.panelFiles.push(stage.path('da/data/users/alice'));
    });
    given.stage.write('da/data/users/alice/ftp.passwd', '');
    given.stage.write('da/data/users/alice/user.conf', 'changed\n');
    given.stage.parts.ftpAccounts = [];
    expect(await given.report(['ftp'])).toMatchObject({ state: 'complete', problems: [] });
    expect(given.read('da/data/users/alice/ftp.passwd')).toBe('alice_ftp:x\n');
    expect(given.read('da/data/users/alice/user.conf')).toBe('changed\n');
  });
});

describe('an undo of parts', () => {
  it('brings back what stood there and removes what did not, and is undone itself', async () => {
    const given = await PartRestores.make();
    const { stage } = given;
    stage.write(ZONE, 'my own', 4_200, 0o664);
    rmSync(stage.path('crontabs/alice'));
    const kept = await given.restore(['zone:example.com', 'cron']);
    const reader = await stage.harness.reader(kept.safetyId ?? '');
    expect(reader.summary).toMatchObject({ state: 'complete' });
    expect(reader.summary.items.map(({ name, entries }) => [name, entries])).toContainEqual(['zone:example.com', 1]); // prettier-ignore
    for (const path of ['config/account.json', 'zones']) expect(await reader.find(path)).toBeDefined(); // prettier-ignore
    for (const path of ['cron', 'ftp', 'mail', 'certificates', 'config/panel']) {
      expect(await reader.find(path)).toBeUndefined();
    }
    expect(given.read(ZONE)).toBe(SOA);
    const { counts } = await given.previewUndo(kept);
    expect(counts).toMatchObject({ deleted: 1, replaced: 1 });
    const undone = await given.undo(kept);
    expect(undone.report).toMatchObject({ state: 'complete', problems: [] });
    expect(undone.report.parts?.map(({ action }) => action)).toEqual(['replaced', 'deleted']);
    expect(given.read(ZONE)).toBe('my own');
    expect(statSync(stage.path(ZONE))).toMatchObject({ uid: 4_200, mode: 0o100664 });
    expect(existsSync(stage.path('crontabs/alice'))).toBe(false);
    expect((await given.undo(undone)).report).toMatchObject({ state: 'complete', problems: [] });
    expect(given.read(ZONE)).toBe(SOA);
    expect(given.read('crontabs/alice')).toBe('0 * * * * true\n');
    expect(statSync(stage.path('crontabs/alice'))).toMatchObject({ uid: ACCOUNT_UID, mode: 0o100600 }); // prettier-ignore
  });

  it('keeps what was changed since, and brings it back when undone', async () => {
    const given = await PartRestores.make();
    const { stage } = given;
    stage.write(ZONE, 'my own');
    rmSync(stage.path('crontabs/alice'));
    const kept = await given.restore(['zone:example.com', 'cron']);
    stage.write(ZONE, 'newer');
    stage.write('crontabs/alice', 'newer');
    const undone = await given.undo(kept);
    expect(undone.report).toMatchObject({ state: 'complete', problems: [] });
    expect(given.read(ZONE)).toBe('my own');
    expect(existsSync(stage.path('crontabs/alice'))).toBe(false);
    await given.undo(undone);
    expect(given.read(ZONE)).toBe('newer');
    expect(given.read('crontabs/alice')).toBe('newer');
  });

  it('goes to where the account’s source names the parts now', async () => {
    const given = await PartRestores.make();
    const { stage } = given;
    const kept = await given.restore(['cron']);
    stage.folder('cron', 0);
    stage.parts.crontab = stage.path('cron/alice');
    stage.write('crontabs/alice', 'not the account’s now');
    await given.undo(kept);
    expect(given.read('cron/alice')).toBe('0 * * * * true\n');
    expect(given.read('crontabs/alice')).toBe('not the account’s now');
  });
});

describe('what a restore of parts keeps first', () => {
  it('is nothing where nothing is', async () => {
    const given = await PartRestores.make();
    rmSync(given.stage.path('crontabs/alice'));
    const kept = await given.restore(['cron']);
    expect(kept.safetyId).toBeUndefined();
    expect((await given.undo(kept)).report.state).toBe('complete');
    expect(existsSync(given.stage.path('crontabs/alice'))).toBe(false);
  });

  it('is all of it, or nothing is restored', async () => {
    const given = await PartRestores.make();
    const { stage } = given;
    stage.write('panel/data/alice/main', Buffer.alloc(MAX_PART_BYTES + 1));
    rmSync(stage.path('crontabs/alice'));
    await expect(given.restore(['config', 'cron'])).rejects.toMatchObject({ code: 'restore.not-kept' }); // prettier-ignore
    expect(existsSync(stage.path('crontabs/alice'))).toBe(false);
    expect(given.snapshots()).toEqual([`${given.snapshotId}.json`]);
  });

  it('does not need what was not chosen', async () => {
    const given = await PartRestores.make();
    const { stage } = given;
    stage.parts.problems = ['The panel did not answer.'];
    for (const name of ['vmail', 'spool', 'ssl', 'panel']) rmSync(stage.path(name), { recursive: true }); // prettier-ignore
    stage.write(ZONE, 'spoilt');
    const { report, safetyId } = await given.restore(['zone:example.com']);
    expect(report).toMatchObject({ state: 'complete', problems: [] });
    expect(await stage.harness.verify(safetyId ?? '')).toMatchObject({ state: 'complete' });
  });
});
