/**
 * What goes wrong on a server, done to the built daemon and the built command line: each answers
 * with one clear sentence and its exit code, what was stored before is still there, and once the
 * cause is mended the same command succeeds. Neighbour: daemon-start.e2e.spec.ts.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import {
  chmod,
  cp,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { AccountView, RunDetailView, SnapshotView } from './api/views.js';
import { canMount, SmallDisk } from './testing/kill-disks.js';
import { BIG_BYTES, FailureStage } from './testing/kill-failures.js';
import { accountFolders, publishedIn } from './testing/kill-store.js';

let stage: FailureStage;

beforeAll(async () => {
  stage = await FailureStage.make();
});

afterAll(() => stage.remove());

describe.skipIf(!canMount())('a small disk', () => {
  let disk: SmallDisk;

  beforeAll(async () => {
    disk = new SmallDisk(join(stage.directory, 'disk'));
    disk.mount(8);
    await stage.addJob('disk', disk.path);
    const options = ['--accounts', 'anna', '--destination', 'disk', '--structure', 'archived'];
    await stage.daemon.json(['job', 'add', 'small', ...options, '--retries', '0']);
    await stage.daemon.json(['job', 'run', 'small', '--wait']);
  });

  afterAll(() => {
    disk.release();
  });

  it('that fills up fails the account that does not fit, and keeps the others', async () => {
    const before = publishedIn(disk.path);
    await stage.runEnds(['job', 'run', 'disk'], 3, {
      state: 'incomplete',
      said: /Storing \S+\.tar\.gz in \S+ failed \(ENOSPC\): free some space or raise the quota\./,
    });
    expect(publishedIn(disk.path)).toHaveLength(before.length + 1);
    expect(publishedIn(disk.path)).toEqual(expect.arrayContaining(before));
    await stage.expectIntact(disk.path);
  });

  it('that is over its limit takes nothing, and says so to whoever asks', async () => {
    const filler = join(disk.path, 'filler');
    await writeFile(filler, Buffer.alloc(8_100_000)).catch(() => undefined);
    const said = /The file system of \S+ is [\d.]+ % full, over the disk limit of 95 %/;
    await stage.runEnds(['job', 'run', 'small'], 4, { state: 'failed', said });
    await rm(filler);
    await stage.succeeds('job', 'run', 'small');
    await stage.expectIntact(disk.path);
  });

  it('that is read-only takes nothing, and gives back what it has', async () => {
    disk.remount('ro');
    const said = /failed \(EROFS\): check the owner, the mode and the mount options/;
    await stage.runEnds(['job', 'run', 'small'], 4, { state: 'failed', said });
    const validation = await stage.daemon.holdfast(['destination', 'validate', 'disk']);
    expect([validation.code, validation.stdout]).toEqual([4, expect.stringMatching(/EROFS/)]);
    // What is there can still be read.
    await stage.succeeds('verify', await stage.latest('anna', 'disk'));
    disk.remount('rw');
    await stage.succeeds('job', 'run', 'small');
  });

  it('that is not mounted gets nothing written below its mount point', async () => {
    const kept = join(stage.directory, 'kept');
    await cp(disk.path, kept, { recursive: true });
    const id = await stage.latest('anna', 'disk');
    await disk.unmount();
    const said =
      /holdfast\.json is missing in \S+, so its disk is probably not mounted; mount it\./;
    await stage.runEnds(['job', 'run', 'small'], 4, { state: 'failed', said });
    await stage.refused(['snapshot', 'browse', id], 4, said);
    await stage.runEnds(['restore', id], 4, { state: 'failed', said });
    expect(readdirSync(disk.path)).toEqual([]);
    disk.mount(8);
    await cp(kept, disk.path, { recursive: true });
    await stage.succeeds('job', 'run', 'small');
    await stage.succeeds('verify', id);
  });

  it('that fills up under a restore keeps what was there', async () => {
    const target = join(disk.path, 'target');
    await mkdir(join(target, 'homedir'), { recursive: true });
    await writeFile(join(target, 'homedir', 'big.bin'), 'old');
    const said = /The restore stopped because the disk is full where it writes; make room/;
    const restore = ['restore', await stage.latest('bob'), '--to', target];
    await stage.runEnds(restore, 4, { state: 'failed', said });
    expect(await readFile(join(target, 'homedir', 'big.bin'), 'utf8')).toBe('old');
    const names = readdirSync(target, { recursive: true }) as string[];
    expect(names.filter((name) => name.includes('.holdfast-'))).toEqual([]);
    const elsewhere = join(stage.directory, 'roomy');
    await stage.succeeds('restore', await stage.latest('bob'), '--to', elsewhere);
    expect((await stat(join(elsewhere, 'homedir', 'big.bin'))).size).toBe(BIG_BYTES);
    await rm(target, { recursive: true });
  });
});

describe('a place for backups', () => {
  it('that vanished is not made anew', async () => {
    await rename(stage.store, `${stage.store}-away`);
    const said = /The backup directory \S+ does not exist; mount its disk or create it\./;
    await stage.runEnds(['job', 'run', 'main'], 4, { state: 'failed', said });
    expect(existsSync(stage.store)).toBe(false);
    await rename(`${stage.store}-away`, stage.store);
    await stage.succeeds('job', 'run', 'main');
    await stage.expectIntact();
  });

  it('that others may write is refused, when it is added and later', async () => {
    const place = join(stage.directory, 'open');
    await mkdir(place);
    await chmod(place, 0o775);
    const said = /can be written by its group, who could change the backups; run: chmod g-w /;
    await stage.refused(['destination', 'add', 'local', 'open', '--path', place], 4, said);
    expect(readdirSync(place)).toEqual([]);
    await chmod(stage.store, 0o770);
    await stage.runEnds(['job', 'run', 'main'], 4, { state: 'failed', said });
    await chmod(stage.store, 0o700);
    await stage.succeeds('job', 'run', 'main');
    await stage.expectIntact();
  });

  it('inside a home, or around one, is refused', async () => {
    const inside = join(stage.homeOf('anna'), 'backups');
    await mkdir(inside);
    onTestFinished(() => rm(inside, { recursive: true }));
    const add = ['destination', 'add', 'local', 'inside', '--path'];
    const said = /is inside the account home|, who could replace the backups/;
    await stage.refused([...add, inside], 4, said);
    const around = join(stage.directory, 'homes');
    await stage.refused([...add, around], 4, /holds the account home/);
    expect([readdirSync(inside), existsSync(join(around, 'holdfast.json'))]).toEqual([[], false]);
  });

  it.each([
    ['does not exist', '/nowhere/at/all', 4, /The backup directory \S+ does not exist/],
    ['is a file', '/etc/passwd', 4, /\/etc\/passwd is not a directory; give another path\./],
    ['is relative to where nothing is', 'none', 4, /\/none does not exist/],
  ])('that %s is refused', async (_, path, code, said) => {
    await stage.refused(['destination', 'add', 'local', 'wrong', '--path', path], code, said);
    await stage.refused(['destination', 'show', 'wrong'], 5, /There is no destination "wrong"\./);
  });
});

describe('an account', () => {
  it('whose home is gone fails alone', async () => {
    await rename(stage.homeOf('bob'), `${stage.homeOf('bob')}-away`);
    const said = /The home \S+ of bob cannot be backed up: it does not exist\./;
    await stage.runEnds(['job', 'run', 'main'], 3, { state: 'incomplete', said });
    await rename(`${stage.homeOf('bob')}-away`, stage.homeOf('bob'));
    await stage.succeeds('job', 'run', 'main');
    await stage.expectIntact();
  });

  it('is not forgotten when the list of accounts is broken, empty or gone', async () => {
    const file = join(stage.directory, 'accounts.yaml');
    const right = await readFile(file, 'utf8');
    onTestFinished(() => writeFile(file, right));
    const wrong: [text: string | undefined, said: RegExp][] = [
      ['accounts: [', /is not YAML/],
      ['', /The list of accounts \S+ cannot be used/],
      ['accounts: []', /found no accounts, which is taken for a mistake/],
      [undefined, /The list of accounts \S+ could not be read \(ENOENT\)/],
    ];
    for (const [text, said] of wrong) {
      await (text === undefined ? rm(file) : writeFile(file, text));
      await stage.restart();
      expect(stage.daemon.logTail()).toMatch(said);
      const accounts = await stage.daemon.json<AccountView[]>(['account', 'list']);
      const states = accounts.map(({ name, state }) => `${name} ${state}`);
      expect(states).toEqual(['anna active', 'bob active']);
    }
    await stage.succeeds('job', 'run', 'main');
  });
});

describe('a snapshot', () => {
  /** Fresh, of both accounts; the files of anna's. */
  async function makeOne() {
    await stage.succeeds('job', 'run', 'main');
    const id = await stage.latest('anna');
    const folder = accountFolders(stage.store).get('anna') ?? '';
    return {
      id,
      file: join(folder, 'snapshots', `${id}.json`),
      archive: join(folder, 'archives', `${id}-1.tar.gz`),
    };
  }

  async function isMarkedDamaged(id: string): Promise<boolean> {
    const { snapshot } = await stage.daemon.json<{ snapshot: SnapshotView }>([
      'snapshot',
      'show',
      id,
    ]);
    return snapshot.isDamaged;
  }

  it('whose file was deleted behind our back is damaged, and can be removed', async () => {
    const { id, file } = await makeOne();
    await rm(file);
    await stage.refused(['snapshot', 'browse', id], 4, /is missing/);
    await stage.runEnds(['restore', id], 4, { state: 'failed', said: /is missing/ });
    await stage.runEnds(['verify', id], 4, { state: 'failed', said: /The snapshot is damaged/ });
    expect(await isMarkedDamaged(id)).toBe(true);
    await stage.succeeds('snapshot', 'remove', id);
    await stage.expectIntact();
    await stage.succeeds('job', 'run', 'main');
  });

  it('with a damaged archive restores all but what the damage hit, and lists that', async () => {
    const noise = randomBytes(3_000_000);
    await stage.writeFor('anna', 'noise.bin', noise);
    const { id, archive } = await makeOne();
    const { size } = await stat(archive);
    const handle = await open(archive, 'r+');
    await handle.write(Buffer.from('not what was there'), 0, 18, Math.floor(size / 2));
    await handle.close();
    await stage.writeFor('anna', 'noise.bin', 'old');
    await rm(join(stage.homeOf('anna'), 'public_html', 'index.html'));
    const detail = await stage.daemon.json<RunDetailView>(['restore', id, '--wait'], 3);
    expect(detail.run.state).toBe('incomplete');
    expect(JSON.stringify(detail.tasks[0]?.result)).toMatch(/homedir\/noise\.bin.*damaged/);
    expect(await readFile(join(stage.homeOf('anna'), 'noise.bin'), 'utf8')).toBe('old');
    const page = join(stage.homeOf('anna'), 'public_html', 'index.html');
    expect(await readFile(page, 'utf8')).toBe('<h1>anna</h1>\n');
    await stage.runEnds(['verify', id], 4, {
      state: 'failed',
      said: /The snapshot is damaged: \d+ place/,
    });
    expect(await isMarkedDamaged(id)).toBe(true);
    await stage.succeeds('snapshot', 'remove', id);
    await rm(join(stage.homeOf('anna'), 'noise.bin'));
    await stage.expectIntact();
  });

  it.each(['is cut short', 'is gone'])(
    'whose archive %s restores nothing and says so',
    async (how) => {
      const { id, archive } = await makeOne();
      await (how === 'is gone' ? rm(archive) : truncate(archive, 100));
      const page = join(stage.homeOf('anna'), 'public_html', 'index.html');
      await stage.writeFor('anna', 'public_html/index.html', 'old');
      await stage.daemon.json<RunDetailView>(['restore', id, '--wait'], 3);
      expect(await readFile(page, 'utf8')).toBe('old');
      await stage.runEnds(['verify', id], 4, { state: 'failed', said: /The snapshot is damaged/ });
      await stage.succeeds('snapshot', 'remove', id);
      await stage.succeeds('restore', stage.first);
      expect(await readFile(page, 'utf8')).toBe('<h1>anna</h1>\n');
    },
  );

  it('that does not exist cannot be restored, verified, removed or downloaded', async () => {
    const said = /^There is no snapshot "20200101T000000Z-abcdef"\.\n$/;
    const id = '20200101T000000Z-abcdef';
    for (const args of [
      ['restore', id],
      ['verify', id],
      ['snapshot', 'remove', id],
    ]) {
      await stage.refused(args, 5, said);
    }
    await stage.refused(['download', id, '--output', join(stage.directory, 'none')], 5, said);
    expect(existsSync(join(stage.directory, 'none'))).toBe(false);
    const gone = ['restore', stage.first, 'homedir/none'];
    await stage.runEnds(gone, 4, { state: 'failed', said: /homedir\/none/ });
  });
});
