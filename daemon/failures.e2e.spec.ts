/**
 * What goes wrong on a server, done to the built daemon and the built command line: each answers
 * with one clear sentence and its exit code, what was stored before is still there, and once the
 * cause is mended the same command succeeds.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import {
  chmod,
  chown,
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
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import type { AccountView, RunDetailView, SnapshotView } from './api/views.js';
import { KillableDaemon, type Outcome } from './testing/kill-daemon.js';
import { canMount, SmallDisk } from './testing/kill-disks.js';
import { accountFolders, brokenIn, publishedIn, straysIn } from './testing/kill-store.js';
import { makeTempDir, removeTempDir } from './testing/temp-dir.js';
import { ANNA_UID, BOB_UID, makeTestInstance } from './testing/test-daemon.js';

const isRoot = process.geteuid?.() === 0;
const BIG_BYTES = 12_000_000;

let directory: string;
let daemon: KillableDaemon;
let store: string;
/** Of anna, taken before anything went wrong; whatever happens, it stays. */
let first: string;

const homeOf = (account: string): string => join(directory, 'homes', account);

beforeAll(async () => {
  directory = await makeTempDir();
  ({ store } = await makeTestInstance(directory));
  daemon = new KillableDaemon(directory);
  await changeConfig({ backup: { retryDelaySeconds: 0.1 }, log: { level: 'info' } });
  await writeFor('bob', 'big.bin', randomBytes(BIG_BYTES));
  await daemon.start();
  await addJob('main', store);
  await daemon.json(['job', 'run', 'main', '--wait']);
  first = await latest('anna');
});

afterAll(async () => {
  await daemon.kill();
  await removeTempDir(directory);
});

async function changeConfig(changes: object, home = daemon.paths.home): Promise<void> {
  const file = join(home, 'config.yaml');
  const config = parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, stringify({ ...config, ...changes }));
}

async function writeFor(account: string, name: string, content: string | Buffer): Promise<void> {
  const path = join(homeOf(account), name);
  await writeFile(path, content);
  const uid = account === 'anna' ? ANNA_UID : BOB_UID;
  if (isRoot) await chown(path, uid, uid);
}

/** A destination and a job of one name; retries would only take time here. */
async function addJob(name: string, path: string, accounts = 'all'): Promise<void> {
  await daemon.json(['destination', 'add', 'local', name, '--path', path]);
  const options = ['--accounts', accounts, '--destination', name, '--structure', 'compressed'];
  await daemon.json(['job', 'add', name, ...options, '--retries', '0']);
}

async function latest(account: string, destination = 'main'): Promise<string> {
  const query = ['--account', account, '--destination', destination];
  const [newest] = await daemon.json<SnapshotView[]>(['snapshot', 'list', ...query]);
  if (newest === undefined) throw new Error(`No snapshot of ${account}.`);
  return newest.id;
}

/** The command ends with this code and says one sentence, on standard error alone. */
async function refused(args: string[], code: number, sentence: RegExp): Promise<string> {
  const outcome = await daemon.holdfast(args);
  expectSentence(outcome, code, sentence);
  return outcome.stderr;
}

function expectSentence({ code: ended, stdout, stderr }: Outcome, code: number, said: RegExp) {
  expect({ ended, stdout, stderr }).toEqual({
    ended: code,
    stdout: '',
    stderr: expect.stringMatching(said) as string,
  });
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/Unexpected|undefined|\bat .*\.js|inside Holdfast/);
}

/** The run ends like this, for this reason, told once to a person as well. */
async function runEnds(
  args: string[],
  code: number,
  ends: { state: string; said: RegExp },
): Promise<RunDetailView> {
  const human = await daemon.holdfast([...args, '--wait']);
  expect([human.code, human.stdout]).toEqual([code, expect.stringMatching(ends.said)]);
  const detail = await daemon.json<RunDetailView>([...args, '--wait'], code);
  expect(detail.run.state).toBe(ends.state);
  expect(detail.run.error?.message).toMatch(ends.said);
  expect(detail.run.error?.message).not.toMatch(/Unexpected|undefined|\n/);
  return detail;
}

/** Nothing was lost: what was stored verifies, nothing half-made lies about. */
async function expectIntact(place = store): Promise<void> {
  expect([brokenIn(place), straysIn(place)]).toEqual([[], []]);
  const { run } = await daemon.json<RunDetailView>(['verify', first, '--wait']);
  expect(run.state).toBe('complete');
}

async function succeeds(...args: string[]): Promise<void> {
  const { run } = await daemon.json<RunDetailView>([...args, '--wait']);
  expect(run.state).toBe('complete');
}

describe.skipIf(!canMount())('a small disk', () => {
  let disk: SmallDisk;

  beforeAll(async () => {
    disk = new SmallDisk(join(directory, 'disk'));
    disk.mount(8);
    await addJob('disk', disk.path);
    const options = ['--accounts', 'anna', '--destination', 'disk', '--structure', 'archived'];
    await daemon.json(['job', 'add', 'small', ...options, '--retries', '0']);
    await daemon.json(['job', 'run', 'small', '--wait']);
  });

  afterAll(() => {
    disk.release();
  });

  it('that fills up fails the account that does not fit, and keeps the others', async () => {
    const before = publishedIn(disk.path);
    await runEnds(['job', 'run', 'disk'], 3, {
      state: 'incomplete',
      said: /Storing \S+\.tar\.gz in \S+ failed \(ENOSPC\): free some space or raise the quota\./,
    });
    expect(publishedIn(disk.path)).toHaveLength(before.length + 2);
    expect(publishedIn(disk.path)).toEqual(expect.arrayContaining(before));
    await expectIntact(disk.path);
  });

  it('that is over its limit takes nothing, and says so to whoever asks', async () => {
    const filler = join(disk.path, 'filler');
    await writeFile(filler, Buffer.alloc(7_700_000)).catch(() => undefined);
    const said = /The file system of \S+ is [\d.]+ % full, over the disk limit of 95 %/;
    await runEnds(['job', 'run', 'small'], 4, { state: 'failed', said });
    await rm(filler);
    await succeeds('job', 'run', 'small');
    await expectIntact(disk.path);
  });

  it('that is read-only is refused before any work', async () => {
    disk.remount('ro');
    const said = /failed \(EROFS\): check the owner, the mode and the mount options/;
    await runEnds(['job', 'run', 'small'], 4, { state: 'failed', said });
    const validation = await daemon.holdfast(['destination', 'validate', 'disk']);
    expect([validation.code, validation.stdout]).toEqual([4, expect.stringMatching(/EROFS/)]);
    // What is there can still be read.
    await succeeds('verify', await latest('anna', 'disk'));
    disk.remount('rw');
    await succeeds('job', 'run', 'small');
  });

  it('that is not mounted gets nothing written below its mount point', async () => {
    const kept = join(directory, 'kept');
    await cp(disk.path, kept, { recursive: true });
    const id = await latest('anna', 'disk');
    disk.unmount();
    const said =
      /holdfast\.json is missing in \S+, so its disk is probably not mounted; mount it\./;
    await runEnds(['job', 'run', 'small'], 4, { state: 'failed', said });
    await refused(['snapshot', 'browse', id], 4, said);
    await runEnds(['restore', id], 4, { state: 'failed', said });
    expect(readdirSync(disk.path)).toEqual([]);
    disk.mount(8);
    await cp(kept, disk.path, { recursive: true });
    await succeeds('job', 'run', 'small');
    await succeeds('verify', id);
  });

  it('that fills up under a restore keeps what was there', async () => {
    const target = join(disk.path, 'target');
    await mkdir(join(target, 'homedir'), { recursive: true });
    await writeFile(join(target, 'homedir', 'big.bin'), 'old');
    const said = /The restore stopped because the disk is full where it writes; make room/;
    const restore = ['restore', await latest('bob'), '--to', target];
    await runEnds(restore, 4, { state: 'failed', said });
    expect(await readFile(join(target, 'homedir', 'big.bin'), 'utf8')).toBe('old');
    const names = readdirSync(target, { recursive: true }) as string[];
    expect(names.filter((name) => name.includes('.holdfast-'))).toEqual([]);
    const elsewhere = join(directory, 'roomy');
    await succeeds('restore', await latest('bob'), '--to', elsewhere);
    expect((await stat(join(elsewhere, 'homedir', 'big.bin'))).size).toBe(BIG_BYTES);
    await rm(target, { recursive: true });
  });
});

describe('a place for backups', () => {
  it('that vanished is not made anew', async () => {
    await rename(store, `${store}-away`);
    const said = /The backup directory \S+ does not exist; mount its disk or create it\./;
    await runEnds(['job', 'run', 'main'], 4, { state: 'failed', said });
    expect(existsSync(store)).toBe(false);
    await rename(`${store}-away`, store);
    await succeeds('job', 'run', 'main');
    await expectIntact();
  });

  it('that others may write is refused, when it is added and later', async () => {
    const place = join(directory, 'open');
    await mkdir(place);
    await chmod(place, 0o775);
    const said = /can be written by its group, who could change the backups; run: chmod g-w /;
    await refused(['destination', 'add', 'local', 'open', '--path', place], 4, said);
    expect(readdirSync(place)).toEqual([]);
    await chmod(store, 0o770);
    await runEnds(['job', 'run', 'main'], 4, { state: 'failed', said });
    await chmod(store, 0o700);
    await succeeds('job', 'run', 'main');
    await expectIntact();
  });

  it('inside a home, or around one, is refused', async () => {
    const inside = join(homeOf('anna'), 'backups');
    await mkdir(inside);
    onTestFinished(() => rm(inside, { recursive: true }));
    const add = ['destination', 'add', 'local', 'inside', '--path'];
    await refused(
      [...add, inside],
      4,
      isRoot ? /is inside the account home|could replace/ : /insid/,
    );
    const around = join(directory, 'homes');
    await refused([...add, around], 4, /holds the account home/);
    expect([readdirSync(inside), existsSync(join(around, 'holdfast.json'))]).toEqual([[], false]);
  });

  it.each([
    ['does not exist', '/nowhere/at/all', 4, /The backup directory \S+ does not exist/],
    ['is a file', '/etc/passwd', 4, /\/etc\/passwd is not a directory; give another path\./],
    ['is not a path', 'relative', 4, /./],
  ])('that %s is refused', async (_, path, code, said) => {
    await refused(['destination', 'add', 'local', 'wrong', '--path', path], code, said);
    await refused(['destination', 'show', 'wrong'], 5, /There is no destination "wrong"\./);
  });
});

describe('an account', () => {
  it('whose home is gone fails alone', async () => {
    await rename(homeOf('bob'), `${homeOf('bob')}-away`);
    const said = /The home \S+ of bob cannot be backed up: it does not exist\./;
    await runEnds(['job', 'run', 'main'], 3, { state: 'incomplete', said });
    await rename(`${homeOf('bob')}-away`, homeOf('bob'));
    await succeeds('job', 'run', 'main');
    await expectIntact();
  });

  it.each([
    ['is broken', 'accounts: [', /is not YAML/],
    ['is empty', '', /The list of accounts \S+ cannot be used/],
    ['lists nobody', 'accounts: []', /found no accounts, which is taken for a mistake/],
    ['is gone', undefined, /The list of accounts \S+ could not be read \(ENOENT\)/],
  ])('is not forgotten when the list of accounts %s', async (_, text, said) => {
    const file = join(directory, 'accounts.yaml');
    const right = await readFile(file, 'utf8');
    onTestFinished(() => writeFile(file, right));
    await (text === undefined ? rm(file) : writeFile(file, text));
    await restart();
    expect(daemon.logTail()).toMatch(said);
    const accounts = await daemon.json<AccountView[]>(['account', 'list']);
    expect(accounts.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'anna active',
      'bob active',
    ]);
    await succeeds('job', 'run', 'main');
  });
});

describe('a snapshot', () => {
  /** Fresh, of both accounts; the files of anna's. */
  async function makeOne() {
    await succeeds('job', 'run', 'main');
    const id = await latest('anna');
    const folder = accountFolders(store).get('anna') ?? '';
    return {
      id,
      file: join(folder, 'snapshots', `${id}.json`),
      archive: join(folder, 'archives', `${id}-1.tar.gz`),
    };
  }

  async function isMarkedDamaged(id: string): Promise<boolean> {
    const { snapshot } = await daemon.json<{ snapshot: SnapshotView }>(['snapshot', 'show', id]);
    return snapshot.isDamaged;
  }

  it('whose file was deleted behind our back is damaged, and can be removed', async () => {
    const { id, file } = await makeOne();
    await rm(file);
    await refused(['snapshot', 'browse', id], 4, /is missing/);
    await runEnds(['restore', id], 4, { state: 'failed', said: /is missing/ });
    await runEnds(['verify', id], 4, { state: 'failed', said: /The snapshot is damaged/ });
    expect(await isMarkedDamaged(id)).toBe(true);
    await succeeds('snapshot', 'remove', id);
    await expectIntact();
    await succeeds('job', 'run', 'main');
  });

  it('with a damaged archive restores all but what the damage hit, and lists that', async () => {
    const noise = randomBytes(3_000_000);
    await writeFor('anna', 'noise.bin', noise);
    const { id, archive } = await makeOne();
    const { size } = await stat(archive);
    const handle = await open(archive, 'r+');
    await handle.write(Buffer.from('not what was there'), 0, 18, Math.floor(size / 2));
    await handle.close();
    await writeFor('anna', 'noise.bin', 'old');
    await rm(join(homeOf('anna'), 'public_html', 'index.html'));
    const detail = await daemon.json<RunDetailView>(['restore', id, '--wait'], 3);
    expect(detail.run.state).toBe('incomplete');
    expect(JSON.stringify(detail.tasks[0]?.result)).toMatch(/homedir\/noise\.bin.*damaged/);
    expect(await readFile(join(homeOf('anna'), 'noise.bin'), 'utf8')).toBe('old');
    const page = join(homeOf('anna'), 'public_html', 'index.html');
    expect(await readFile(page, 'utf8')).toBe('<h1>anna</h1>\n');
    await runEnds(['verify', id], 4, {
      state: 'failed',
      said: /The snapshot is damaged: \d+ place/,
    });
    expect(await isMarkedDamaged(id)).toBe(true);
    await succeeds('snapshot', 'remove', id);
    await rm(join(homeOf('anna'), 'noise.bin'));
    await expectIntact();
  });

  it.each(['is cut short', 'is gone'])(
    'whose archive %s restores nothing and says so',
    async (how) => {
      const { id, archive } = await makeOne();
      await (how === 'is gone' ? rm(archive) : truncate(archive, 100));
      const page = join(homeOf('anna'), 'public_html', 'index.html');
      await writeFor('anna', 'public_html/index.html', 'old');
      await daemon.json<RunDetailView>(['restore', id, '--wait'], 3);
      expect(await readFile(page, 'utf8')).toBe('old');
      await runEnds(['verify', id], 4, { state: 'failed', said: /The snapshot is damaged/ });
      await succeeds('snapshot', 'remove', id);
      await succeeds('restore', first);
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
      await refused(args, 5, said);
    }
    await refused(['download', id, '--output', join(directory, 'none')], 5, said);
    expect(existsSync(join(directory, 'none'))).toBe(false);
    await refused(['restore', first, 'homedir/none', '--wait'], 5, /homedir\/none/);
  });
});

describe('the daemon', () => {
  it('that dies under a waiting command is told of, exit 4', async () => {
    const waiting = daemon.holdfast(['job', 'run', 'main', '--wait']);
    while (daemon.workers().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await daemon.kill();
    const { code, stdout, stderr } = await waiting;
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^The daemon is not running; start it/);
    await daemon.start();
    await succeeds('job', 'run', 'main');
    await expectIntact();
  });

  it('whose socket was deleted cannot be reached, and is not started twice', async () => {
    await rm(daemon.paths.socket);
    await refused(['status'], 4, /^The daemon is not running; start it with: holdfast --home /);
    expectSentence(await lastWords(), 4, /A daemon is already running on this instance/);
    expect(daemon.isAlive).toBe(true);
    await restart();
  });

  it('does not start on a port that is taken, and leaves nothing behind', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await whileStopped(async () => {
      await changeConfig({ panel: { port } });
      const said =
        /cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\): another program listens there/;
      expectSentence(await lastWords(), 4, said);
      await changeConfig({ panel: { port: 0 } });
    });
    other.close();
  });

  it('does not start with a damaged catalogue, and changes nothing of it', async () => {
    await whileStopped(async () => {
      const { database } = daemon.paths;
      const right = await readFile(database);
      for (const at of [0, Math.floor(right.length / 2)]) {
        const wrong = Buffer.from(right);
        randomBytes(4096).copy(wrong, at);
        await writeFile(database, wrong);
        const said = /The catalogue \S+ is damaged or is no Holdfast catalogue/;
        expectSentence(await lastWords(), 4, said);
        expect(Buffer.compare(await readFile(database), wrong)).toBe(0);
      }
      await writeFile(database, right);
    });
    await expectIntact();
  });

  it('does not start with the catalogue of a newer Holdfast', async () => {
    await whileStopped(async () => {
      const change = (sql: string): void => {
        const database = new BetterSqlite3(daemon.paths.database);
        database.exec(sql);
        database.close();
      };
      const values = `(9999999999999, 'FromTheFuture9999999999999')`;
      change(`INSERT INTO "migration" ("timestamp", "name") VALUES ${values}`);
      expectSentence(
        await lastWords(),
        4,
        /was written by a newer Holdfast\. Install that version/,
      );
      change(`DELETE FROM "migration" WHERE "timestamp" = 9999999999999`);
    });
    await expectIntact();
  });

  it.each([
    ['is no YAML', 'panel: [', /is not valid YAML/],
    ['anyone may write', undefined, /Anyone may write \S+; run "chmod o-w/],
    [
      'needs a file that is not there',
      'panel: { tls: { certFile: c, keyFile: k } }',
      /cannot be read/,
    ],
  ])('does not start with a config.yaml that %s', async (_, text, said) => {
    const home = join(directory, 'wrong');
    await mkdir(home, { recursive: true });
    onTestFinished(() => rm(home, { recursive: true }));
    const file = join(home, 'config.yaml');
    await writeFile(file, text ?? '{}');
    await chmod(file, text === undefined ? 0o666 : 0o600);
    const { code, stdout, stderr } = await daemon.holdfast(['daemon'], { home });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/Unexpected/);
  });

  /** What a daemon says that does not start. */
  function lastWords(): Promise<Outcome> {
    return daemon.holdfast(['daemon']);
  }

  async function whileStopped(act: () => Promise<void>): Promise<void> {
    process.kill(daemon.pid, 'SIGTERM');
    expect(await daemon.ended()).toBe(0);
    await act();
    await daemon.start();
  }
});

async function restart(): Promise<void> {
  process.kill(daemon.pid, 'SIGTERM');
  expect(await daemon.ended()).toBe(0);
  await daemon.start();
}
