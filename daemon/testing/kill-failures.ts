/** The stage of the failure tests: a built daemon with two accounts, and how failures are judged. */
import { randomBytes } from 'node:crypto';
import { chown, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parse, stringify } from 'yaml';
import type { RunDetailView, SnapshotView } from '../api/views.js';
import { KillableDaemon, type Outcome } from './kill-daemon.js';
import { brokenIn, straysIn } from './kill-store.js';
import { makeTempDir, removeTempDir } from './temp-dir.js';
import { ANNA_UID, BOB_UID, makeTestInstance } from './test-daemon.js';

/** Of bob; noise, so that it fits on no small disk. */
export const BIG_BYTES = 12_000_000;

export class FailureStage {
  /** Of anna, taken before anything went wrong; whatever happens, it stays. */
  first = '';

  private constructor(
    readonly daemon: KillableDaemon,
    readonly store: string,
  ) {}

  static async make(): Promise<FailureStage> {
    const directory = await makeTempDir();
    const { store } = await makeTestInstance(directory);
    const stage = new FailureStage(new KillableDaemon(directory), store);
    await stage.changeConfig({
      backup: { retryDelaySeconds: 0.1 },
      log: { level: 'info' },
      // Side by side, the account that fills a disk fails the other one, too.
      queue: { concurrency: 1 },
    });
    await stage.writeFor('bob', 'big.bin', randomBytes(BIG_BYTES));
    await stage.daemon.start();
    await stage.addJob('main', store);
    await stage.daemon.json(['job', 'run', 'main', '--wait']);
    stage.first = await stage.latest('anna');
    return stage;
  }

  get directory(): string {
    return this.daemon.directory;
  }

  async remove(): Promise<void> {
    await this.daemon.kill();
    await removeTempDir(this.directory);
  }

  homeOf(account: 'anna' | 'bob'): string {
    return join(this.directory, 'homes', account);
  }

  async writeFor(account: 'anna' | 'bob', name: string, content: string | Buffer): Promise<void> {
    const path = join(this.homeOf(account), name);
    await writeFile(path, content);
    const uid = account === 'anna' ? ANNA_UID : BOB_UID;
    if (process.geteuid?.() === 0) await chown(path, uid, uid);
  }

  async changeConfig(changes: object): Promise<void> {
    const file = this.daemon.paths.config;
    const config = parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, stringify({ ...config, ...changes }));
  }

  /** A destination and a job of one name; retries would only take time here. */
  async addJob(name: string, path: string, accounts = 'all'): Promise<void> {
    await this.daemon.json(['destination', 'add', 'local', name, '--path', path]);
    const what = ['--accounts', accounts, '--destination', name, '--structure', 'compressed'];
    await this.daemon.json(['job', 'add', name, ...what, '--retries', '0']);
  }

  async latest(account: string, destination = 'main'): Promise<string> {
    const query = ['--account', account, '--destination', destination];
    const [newest] = await this.daemon.json<SnapshotView[]>(['snapshot', 'list', ...query]);
    if (newest === undefined) throw new Error(`No snapshot of ${account}.`);
    return newest.id;
  }

  /** The command ends with this code and says one sentence, on standard error alone. */
  async refused(args: string[], code: number, said: RegExp): Promise<void> {
    expectSentence(await this.daemon.holdfast(args), code, said);
  }

  /** The run ends like this, for this reason, in one sentence that a person is told. */
  async runEnds(
    args: string[],
    code: number,
    { state, said }: { state: string; said: RegExp },
  ): Promise<RunDetailView> {
    const human = await this.daemon.holdfast([...args, '--wait']);
    expect([human.code, human.stdout]).toEqual([code, expect.stringMatching(said)]);
    const runId = /^Run (\d+) \(/m.exec(human.stdout)?.[1] ?? 'none';
    const detail = await this.daemon.json<RunDetailView>(['run', 'show', runId]);
    expect(detail.run.state).toBe(state);
    expect(detail.run.error?.message).toMatch(said);
    expect(detail.run.error?.message).not.toMatch(/Unexpected|undefined|\n/);
    return detail;
  }

  async succeeds(...args: string[]): Promise<void> {
    const { run } = await this.daemon.json<RunDetailView>([...args, '--wait']);
    expect(run.state).toBe('complete');
  }

  /** Nothing was lost: what was stored verifies, nothing half-made lies about. */
  async expectIntact(place = this.store): Promise<void> {
    expect([brokenIn(place), straysIn(place)]).toEqual([[], []]);
    await this.succeeds('verify', this.first);
  }

  async stop(): Promise<void> {
    process.kill(this.daemon.pid, 'SIGTERM');
    expect(await this.daemon.ended()).toBe(0);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.daemon.start();
  }
}

export function expectSentence(
  { code: ended, stdout, stderr }: Outcome,
  code: number,
  said: RegExp,
): void {
  expect({ ended, stdout, stderr }).toEqual({
    ended: code,
    stdout: '',
    stderr: expect.stringMatching(said) as string,
  });
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/Unexpected|undefined|\bat .*\.js|inside Holdfast/);
}
