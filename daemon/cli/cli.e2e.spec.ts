import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DownloadView } from '../api/download-views.js';
import type { SnapshotDetailView } from '../api/snapshot-detail-view.js';
import type { DestinationView } from '../api/destination-views.js';
import type { EntriesView, RunDetailView, SnapshotView } from '../api/views.js';
import { openCliStage, type CliStage } from '../testing/cli-stage.js';
import { ANNA_UID } from '../testing/test-daemon.js';
import { isReachableByOthers, needsRoot } from '../testing/tools.js';

const HOSTILE_NAME = Buffer.concat([Buffer.from('evil\u001b[2J'), Buffer.from([0xff])]);

let stage: CliStage;
let directory: string;

const holdfast: CliStage['holdfast'] = (...given) => stage.holdfast(...given);

function json<Answer>(...args: string[]): Promise<Answer> {
  return stage.json<Answer>(...args);
}

async function latestSnapshot(account: string): Promise<string> {
  const [latest] = await json<SnapshotView[]>('snapshot', 'list', '--account', account);
  if (latest === undefined) throw new Error(`No snapshot of ${account}.`);
  return latest.id;
}

const indexHtml = (account: string): string =>
  join(directory, 'homes', account, 'public_html', 'index.html');

beforeAll(async () => {
  stage = await openCliStage(async (place) => {
    const home = Buffer.from(join(place, 'homes', 'anna/'));
    await writeFile(Buffer.concat([home, HOSTILE_NAME]), 'odd');
  });
  ({ directory } = stage);
  await json('job', 'run', 'nightly', '--wait');
});

afterAll(() => stage.close());

describe('wrong usage', () => {
  it.each([
    ['an unknown command', ['frobnicate'], /^Unknown command 'frobnicate'/],
    ['a near miss', ['job', 'lst'], /did you mean list\?/],
    ['an unknown option', ['account', 'list', '--all'], /^Unknown option '--all'/],
    ['too many operands', ['account', 'list', 'x'], /^Too many arguments/],
    ['a missing operand', ['job', 'show'], /^Missing required argument 'name'/],
    ['a missing option', ['destination', 'add', 'local', 'x'], /^Required option '--path/],
    ['an impossible value', ['run', 'list', '--limit', '0'], /must be at least 1/],
    ['a word that is not a choice', ['restore', 'x', '--mode', 'all'], /Allowed choices are/],
    ['two options that exclude each other', ['restore', 'x', '--to', 'a', '--beside'], /cannot be/],
    ['a bad name', ['destination', 'add', 'local', 'B!', '--path', '/x'], /name: A name has/],
    ['no command at all', ['job'], /A command is missing/],
  ])('%s is told in a sentence, exit 2', async (_, args, message) => {
    const human = await holdfast(args);
    expect([human.code, human.stdout]).toEqual([2, '']);
    expect(human.stderr).toMatch(new RegExp(message.source, 'm'));
    const machine = await holdfast(['--json', ...args]);
    expect([machine.code, machine.stderr]).toEqual([2, '']);
    const { error } = JSON.parse(machine.stdout) as { error: { kind: string; message: string } };
    expect(error.kind).toBe('input');
    expect(error.message).toMatch(message);
  });
});

describe('help', () => {
  it('documents the exit codes and every noun', async () => {
    const { code, stdout } = await holdfast(['help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Exit codes:\n +0 {2}done\n +2 .*\n +3 .*\n +4 .*\n +5 .*\n +6 /);
    for (const noun of [
      'account',
      'destination',
      'job',
      'schedule',
      'run',
      'snapshot',
      'restore',
      'user',
    ]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${noun} `, 'm'));
    }
  });
});

describe('an instance', () => {
  it('is made once, with keys that only its owner reads', async () => {
    const home = join(directory, 'fresh');
    const accounts = join(directory, 'accounts.yaml');
    const made = await holdfast(['init', '--accounts', accounts, '--sandbox'], { home });
    expect([made.code, made.stderr]).toEqual([0, '']);
    expect(made.stdout).toContain(`holdfast --home ${home} daemon`);
    const config = await readFile(join(home, 'config.yaml'), 'utf8');
    expect(config).toContain('sandbox: true');
    expect(config).toContain(`file: ${accounts}`);
    const modeOf = async (name: string) => (await stat(join(home, name))).mode & 0o777;
    expect(await modeOf('state')).toBe(0o700);
    expect(await modeOf('state/keys/server.key.pem')).toBe(0o600);
    expect(await modeOf('run')).toBe(0o755);
    const again = await holdfast(['init'], { home });
    expect([again.code, again.stderr]).toEqual([4, expect.stringMatching(/already an instance/)]);
    expect(await readFile(join(home, 'config.yaml'), 'utf8')).toBe(config);
  });

  it('without a daemon says how to start one', async () => {
    const home = join(directory, 'nobody');
    const { code, stderr } = await holdfast(['status'], { home });
    expect([code, stderr]).toEqual([
      4,
      `The daemon is not running; start it with: holdfast --home ${home} daemon\n`,
    ]);
  });

  it('has one daemon only', async () => {
    const second = await holdfast(['daemon']);
    expect([second.code, second.stderr]).toEqual([4, expect.stringMatching(/already running/)]);
  });

  it('names every mistake in its configuration and does not start', async () => {
    const home = join(directory, 'mistaken');
    await mkdir(home);
    await writeFile(join(home, 'config.yaml'), 'panel: { prot: 1 }\nqueue: { nice: 99 }\n');
    const { code, stderr } = await holdfast(['daemon'], { home });
    expect(code).toBe(2);
    expect(stderr).toMatch(/panel\.prot/);
    expect(stderr).toMatch(/queue\.nice/);
  });
});

describe('a destination', () => {
  it('is changed setting by setting', async () => {
    const set = (...args: string[]) => json<DestinationView>('destination', 'set', 'main', ...args);
    const changed = await set('--notes', 'in the cellar', '--threads', '2', '--no-visible');
    expect(changed).toMatchObject({ notes: 'in the cellar', threads: 2, isVisible: false });
    expect(await set('--threads', '0', '--visible', '--setting', 'diskLimitPercent=97')).toMatchObject({ notes: 'in the cellar', threads: null, isVisible: true, diskLimitPercent: 97 }); // prettier-ignore
    expect(await set('--setting', 'diskLimitPercent=')).toMatchObject({ diskLimitPercent: null });
  });

  it('over SSH is entered with a key made here', async () => {
    const file = join(directory, 'id_backup');
    const made = await json<{ authorizedKeysLine: string }>('destination', 'key-pair', '--output', file, '--comment', 'web1'); // prettier-ignore
    expect(made.authorizedKeysLine).toMatch(
      /^restrict,command="internal-sftp" ssh-ed25519 \S+ web1$/,
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const again = await holdfast(['destination', 'key-pair', '--output', file]);
    expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(/exists already/)]);
    const place = [
      '--host',
      '127.0.0.1',
      '--port',
      '1',
      '--user',
      'u',
      '--path',
      '/b',
      '--key',
      file,
    ];
    const refused = await holdfast(['destination', 'add', 'ssh', 'box', ...place]);
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringMatching(/u@127\.0\.0\.1:1/)]);
  });

  it.each<[string[], RegExp]>([
    [['--setting', 'bucket=x'], /bucket/],
    [['--setting', 'path'], /key=value/],
    [['--bandwidth', '3'], /too slow/],
    [['--threads', 'x'], /whole number/],
  ])('%j is refused in a sentence', async (args, message) => {
    const { code, stderr } = await holdfast(['destination', 'set', 'main', ...args]);
    expect([code, stderr]).toEqual([expect.toBeOneOf([2, 4]), expect.stringMatching(message)]);
  });
});

describe('reading', () => {
  it.each([
    [['status']],
    [['account', 'list']],
    [['account', 'show', 'anna']],
    [['destination', 'list']],
    [['destination', 'show', 'main']],
    [['destination', 'validate', 'main']],
    [['destination', 'browse', 'main', '--limit', '2']],
    [['job', 'list']],
    [['job', 'show', 'nightly']],
    [['run', 'list']],
    [['run', 'show', '1']],
    [['snapshot', 'list']],
    [['user', 'list']],
  ])('%j answers with one document, and with text', async (args) => {
    await json(...args);
    const human = await holdfast(args);
    expect([human.code, human.stderr]).toEqual([0, '']);
    expect(human.stdout.trim()).not.toBe('');
  });

  it.each([
    ['account', 'show'],
    ['destination', 'show'],
    ['job', 'run'],
    ['snapshot', 'show'],
    ['user', 'remove'],
  ])('%s %s of something that does not exist is exit 5', async (noun, verb) => {
    const { code, stderr } = await holdfast([noun, verb, 'nothing']);
    expect([code, stderr]).toEqual([5, expect.stringMatching(/^There is no \w+ "nothing"\.\n$/)]);
  });

  it('shows hostile names harmlessly and takes them back as base64', async () => {
    const id = await latestSnapshot('anna');
    const shown = await holdfast(['snapshot', 'browse', id, 'homedir']);
    expect(shown.stdout).toContain('evil\\x1b[2J\\xff');
    expect(shown.stdout).not.toContain('\u001b');
    const { entries } = await json<EntriesView>('snapshot', 'search', id, 'evil');
    const path = entries[0]?.path ?? '';
    expect(path).toMatch(/^base64:/);
    const { code } = await holdfast(['download', id, path, '--output', 'odd']);
    expect([code, await readFile(join(directory, 'odd'), 'utf8')]).toEqual([0, 'odd']);
  });
});

describe('a run', () => {
  it('is followed as lines of JSON that end with its end', async () => {
    const { code, stdout } = await holdfast(['--json', 'run', 'show', '1', '--follow']);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; run?: { state: string } });
    expect(code).toBe(0);
    expect(events.length).toBeGreaterThan(3);
    expect(events.at(-1)).toMatchObject({ event: 'end', run: { state: 'complete' } });
  });

  it('is told in plain lines and a table where there is no terminal', async () => {
    const { code, stdout, stderr } = await holdfast(['job', 'run', 'nightly', '--wait']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^anna → main: complete$/m);
    expect(stdout).toMatch(/^anna +main +complete +\d/m);
    expect(stdout).toMatch(/^Run \d+ \(backup\): complete after /m);
  });

  it('that ended cannot be cancelled: exit 4', async () => {
    const { code, stderr } = await holdfast(['run', 'cancel', '1']);
    expect([code, stderr]).toEqual([4, expect.stringMatching(/has ended already/)]);
  });
});

describe('a snapshot on demand', () => {
  const wait = ['snapshot', 'create', '--wait'];

  it('is made where a job offers it, and not again too soon', async () => {
    const bob = ['--account', 'bob'];
    const refused = await holdfast([...wait, ...bob, '--job', 'nobody']);
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringMatching(/schedule add JOB --on-demand/)]); // prettier-ignore
    const where = ['--destination', 'main', '--structure', 'archived'];
    await json('job', 'add', 'ad-hoc', '--accounts', 'anna,bob', ...where);
    await json('schedule', 'add', 'ad-hoc', '--on-demand', '--keep-days', '7');
    const made = await holdfast([...wait, ...bob, '--job', 'ad-hoc', '--note', 'before an update']);
    expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/\(backup\): complete/)]);
    const again = await holdfast([...wait, ...bob, '--job', 'ad-hoc']);
    expect([again.code, again.stderr]).toEqual([
      4,
      expect.stringMatching(/next is possible at 20/),
    ]);
    expect((await holdfast(wait)).code).toBe(2);
  });

  it.skipIf(!needsRoot() || !isReachableByOthers())('is the account’s own', async () => {
    const where = ['--accounts', 'anna', '--destination', 'main', '--structure', 'archived'];
    await json('job', 'add', 'own', ...where);
    await json('schedule', 'add', 'own', '--on-demand');
    const as = { uid: ANNA_UID };
    const made = await holdfast([...wait, '--job', 'own'], as);
    expect([made.code, made.stderr]).toEqual([0, expect.stringMatching(/^Run \d+: backup/)]);
    expect((await holdfast([...wait, '--account', 'bob'], as)).code).toBe(5);
  });
});

describe('a restore', () => {
  it('brings a deleted folder back, after telling what it would do', async () => {
    const id = await latestSnapshot('anna');
    await rm(join(directory, 'homes', 'anna', 'public_html'), { recursive: true });
    const preview = await json<{ counts: { created: number } }>('restore', id, '--preview');
    expect(preview.counts.created).toBe(2);
    const detail = await json<RunDetailView>('restore', id, 'homedir/public_html', '--wait');
    expect(detail.run.state).toBe('complete');
    expect(await readFile(indexHtml('anna'), 'utf8')).toBe('<h1>anna</h1>\n');
  });

  it('that deletes wants the account’s name', async () => {
    const id = await latestSnapshot('anna');
    const bare = await holdfast(['restore', id, '--mode', 'mirror']);
    expect([bare.code, bare.stderr]).toEqual([2, expect.stringMatching(/--confirm anna/)]);
    const wrong = await holdfast(['restore', id, '--mode', 'mirror', '--confirm', 'bob']);
    expect(wrong.code).toBe(2);
  });
});

describe('a download', () => {
  const path = 'homedir/public_html/index.html';

  it('goes to standard output alone', async () => {
    const id = await latestSnapshot('bob');
    const { code, stdout } = await holdfast(['download', id, path, '--output', '-']);
    expect([code, stdout]).toEqual([0, '<h1>bob</h1>\n']);
  });

  it('never replaces a file unless told to', async () => {
    const id = await latestSnapshot('bob');
    const target = join(directory, 'kept');
    await writeFile(target, 'mine');
    const refused = await holdfast(['download', id, path, '--output', target]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/already there/)]);
    expect(await readFile(target, 'utf8')).toBe('mine');
    expect((await holdfast(['download', id, path, '--output', target, '--force'])).code).toBe(0);
    expect(await readFile(target, 'utf8')).toBe('<h1>bob</h1>\n');
  });

  it('is prepared alone, listed, linked to and removed', async () => {
    const id = await latestSnapshot('bob');
    const bare = await holdfast(['download', id, path]);
    expect([bare.code, bare.stderr]).toEqual([
      2,
      expect.stringMatching(/--output FILE.*--prepare/),
    ]);
    expect((await holdfast(['download', id, path, '--prepare', '--output', 'x'])).code).toBe(2);
    const run = await json<{ id: number }>('download', id, path, '--prepare');
    await holdfast(['run', 'show', String(run.id), '--follow']);
    const [download] = await json<DownloadView[]>('downloads', 'list');
    expect(download).toMatchObject({ id: run.id, account: 'bob', state: 'ready', paths: [path] });
    expect((await holdfast(['downloads', 'list'])).stdout).toContain('index.html');
    const link = await json<{ url: string }>('downloads', 'link', String(run.id));
    const fetched = await fetch(link.url);
    expect(await fetched.text()).toBe('<h1>bob</h1>\n');
    await json('downloads', 'remove', String(run.id));
    expect((await fetch(link.url)).status).toBe(404);
    expect((await holdfast(['downloads', 'link', String(run.id)])).code).toBe(5);
  });

  it('into a directory that is not there is refused before any work', async () => {
    const id = await latestSnapshot('bob');
    const before = await json<unknown[]>('run', 'list');
    const target = join(directory, 'none', 'x');
    const { code, stderr } = await holdfast(['download', id, path, '--output', target]);
    expect([code, stderr]).toEqual([4, expect.stringMatching(/cannot be written .*ENOENT/)]);
    expect(await json<unknown[]>('run', 'list')).toHaveLength(before.length);
  });
});

describe('users', () => {
  it('get a password over standard input and a link that signs in', async () => {
    await json('user', 'add', 'chief');
    const weak = await holdfast(['user', 'password', 'chief'], { input: 'short\n' });
    expect(weak.code).toBe(2);
    const input = 'correct horse battery staple\n';
    expect((await holdfast(['user', 'password', 'chief'], { input })).code).toBe(0);
    const users = await json<{ name: string; hasPassword: boolean }[]>('user', 'list');
    expect(users).toMatchObject([{ name: 'chief', hasPassword: true }]);
    const link = await holdfast(['sign-in-link', '--user', 'chief']);
    expect(link.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/link\/[\w-]{43}\n$/);
    expect((await fetch(link.stdout.trim())).status).toBe(200);
  });
});

describe.skipIf(!needsRoot() || !isReachableByOthers())('an account’s own Unix user', () => {
  const as = { uid: ANNA_UID };

  beforeAll(async () => {
    await chmod(directory, 0o755);
  });

  it('sees and restores what is its own, and nothing else', async () => {
    const list = await holdfast(['--json', 'snapshot', 'list'], as);
    const seen = JSON.parse(list.stdout) as SnapshotView[];
    expect(new Set(seen.map((one) => one.account))).toEqual(new Set(['anna']));
    expect((await holdfast(['account', 'show', 'bob'], as)).code).toBe(5);
    expect((await holdfast(['snapshot', 'show', await latestSnapshot('bob')], as)).code).toBe(5);
    expect((await holdfast(['job', 'list'], as)).code).toBe(6);
    await rm(indexHtml('anna'));
    const restore = ['restore', await latestSnapshot('anna'), '--wait'];
    expect((await holdfast(restore, as)).code).toBe(0);
    const back = await stat(indexHtml('anna'));
    expect([back.uid, back.gid]).toEqual([ANNA_UID, ANNA_UID]);
  });

  it('says something of its snapshots, and finds them by it', async () => {
    const id = await latestSnapshot('anna');
    const label = (...words: string[]) => holdfast(['snapshot', 'label', id, ...words], as);
    expect((await holdfast(['snapshot', 'note', id, 'before <the> update'], as)).code).toBe(0);
    expect((await label('add', 'keep', 'old')).code).toBe(0);
    expect((await label('remove', 'old')).stdout).toBe(`${id}: keep\n`);
    expect([(await label('remove', 'old')).code, (await label('add', 'No')).code]).toEqual([5, 2]);
    const found = await json<SnapshotView[]>('snapshot', 'list', '--label', 'keep');
    expect(found).toMatchObject([{ id, note: 'before <the> update', labels: ['keep'] }]);
    const { run, trigger } = await json<SnapshotDetailView>('snapshot', 'show', id);
    expect([run?.requestedBy, trigger]).toEqual(['anna', 'manual']);
    const { stdout } = await holdfast(['snapshot', 'show', id], as);
    expect(stdout).toMatch(/note +before <the> update\n[^]*made by +anna, run \d+ \(manual\)\n/);
    const bobs = ['snapshot', 'note', await latestSnapshot('bob'), 'mine'];
    expect((await holdfast(bobs, as)).code).toBe(5);
  });

  it('is refused when it owns no account', async () => {
    const { code, stderr } = await holdfast(['status'], { uid: 62_999 });
    expect([code, stderr]).toEqual([6, expect.stringMatching(/uid 62999 has no account/)]);
  });
});

it('the daemon ends with exit 0 when it is asked to, and takes its socket away', async () => {
  const code = await stage.stop();
  expect(code).toBe(0);
  expect((await holdfast(['status'])).code).toBe(4);
  await stage.start();
  expect(await json<SnapshotView[]>('snapshot', 'list')).not.toHaveLength(0);
});
