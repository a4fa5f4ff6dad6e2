/**
 * The built daemon for walks through the panel: homes with ordinary and with hostile files, one job,
 * a first snapshot of everyone. What a test changes it does in `anna`, to files of its own.
 */
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { RunView, SignInLinkView, SnapshotView } from '../api/views.js';
import { KillableDaemon } from './kill-daemon.js';
import { HOSTILE } from './sample-rows.js';
import { ANNA_UID, makeTestInstance } from './test-daemon.js';

/** As they lie in the folder `odd` of anna's home, and as the panel is to show them. */
export const ODD_NAMES: readonly { bytes: Buffer; shown: string }[] = [
  { bytes: Buffer.from(`${HOSTILE}.txt`), shown: `${HOSTILE}.txt` },
  { bytes: Buffer.from('line\nbreak.txt'), shown: 'line\\x0abreak.txt' },
  { bytes: Buffer.from([0x63, 0x61, 0x66, 0xe9]), shown: 'caf\\xe9' },
];

const MEBIBYTE = 1 << 20;

export class WalkStage {
  readonly daemon: KillableDaemon;
  /** What anna's `docs/report.bin` holds. */
  readonly report = randomBytes(300_000);
  private readonly homes: string;

  constructor(private readonly directory: string) {
    this.daemon = new KillableDaemon(directory);
    this.homes = join(directory, 'homes');
  }

  async open(): Promise<void> {
    const { paths, store } = await makeTestInstance(this.directory);
    await this.configure(paths.config);
    await this.fillHome();
    await this.daemon.start();
    const { client } = this.daemon;
    await client.post('/destinations', { name: 'main', kind: 'local', path: store });
    const job = { name: 'nightly', accounts: 'all', structure: 'compressed' };
    await client.post('/jobs', { ...job, destinations: ['main'] });
    const run = await client.post<RunView>('/jobs/nightly/run');
    const ended = await this.daemon.runEnded(run.id);
    if (ended.run.state !== 'complete') {
      throw new Error(`The first backup is ${ended.run.state}:\n${this.daemon.logTail()}`);
    }
  }

  /** The path of something in anna's home. */
  inHome(...names: (string | Buffer)[]): Buffer {
    const parts = [join(this.homes, 'anna'), ...names].map((name) => Buffer.from(name));
    return Buffer.concat(parts.flatMap((part) => [Buffer.from('/'), part])).subarray(1);
  }

  /** The address of a link that signs in as the account, or as an admin. */
  async newLink(account: string | undefined): Promise<string> {
    const wanted = account === undefined ? {} : { account };
    return (await this.daemon.client.post<SignInLinkView>('/sign-in-links', wanted)).url;
  }

  snapshotsOf(account: string): Promise<SnapshotView[]> {
    return this.daemon.client.get<SnapshotView[]>('/snapshots', { account });
  }

  /** Gives carol so much that is slow to compress that her backup takes this many seconds or so. */
  async burdenCarol(seconds: number): Promise<void> {
    const letters = Buffer.from(randomBytes(MEBIBYTE).map((byte) => 0x61 + (byte % 4)));
    const file = await open(join(this.homes, 'carol', 'burden.txt'), 'w');
    for (let written = 0; written < seconds * 6; written += 1) await file.write(letters);
    await file.close();
  }

  private async configure(configFile: string): Promise<void> {
    const config = parse(await readFile(configFile, 'utf8')) as { accounts: { file: string } };
    // So that a backup lasts long enough to be looked at.
    const backup = { compressionLevel: 9, threads: 1, retries: 0 };
    await writeFile(configFile, stringify({ ...config, backup }));
    const { file } = config.accounts;
    const listed = parse(await readFile(file, 'utf8')) as { accounts: object[] };
    const home = join(this.homes, 'carol');
    await mkdir(home);
    await writeFile(join(home, 'a.txt'), 'carol\n');
    await writeFile(file, stringify({ accounts: [...listed.accounts, { name: 'carol', home }] }));
  }

  private async fillHome(): Promise<void> {
    await this.give(this.inHome('docs'));
    await this.give(this.inHome('docs', 'report.bin'), this.report);
    await this.give(this.inHome('docs', 'Invoices 2026.txt'), 'one\ntwo\n');
    await this.give(this.inHome('gallery'));
    await this.give(this.inHome('gallery', 'one.jpg'), randomBytes(5000));
    await this.give(this.inHome('gallery', 'two.jpg'), randomBytes(5000));
    await this.give(this.inHome('odd'));
    for (const { bytes, shown } of ODD_NAMES) {
      await this.give(this.inHome('odd', bytes), `${shown}\n`);
    }
  }

  /** A file with this content, or a folder; the account's own. */
  async give(path: Buffer, content?: Buffer | string): Promise<void> {
    if (content === undefined) await mkdir(path);
    else await writeFile(path, content);
    if (process.geteuid?.() === 0) await chown(path, ANNA_UID, ANNA_UID);
  }
}
