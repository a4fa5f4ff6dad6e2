/**
 * The built daemon as a process of its own that tests may kill, and the built command line beside
 * it. Its workers are found by their working directory, which is the test's own.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunDetailView, RunView } from '../api/views.js';
import { apiPath, DaemonClient } from '../cli/client.js';
import { instancePaths, type InstancePaths } from '../platform/instance.js';

const CLI = join(import.meta.dirname, '..', '..', 'dist', 'daemon', 'cli.js');
const READY_WITHIN_MS = 60_000;
const GONE_WITHIN_MS = 10_000;

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  home?: string;
  input?: string;
}

export class KillableDaemon {
  readonly paths: InstancePaths;
  readonly client: DaemonClient;
  private child: ChildProcess | undefined;

  /** `directory`: the test's own; the instance lies in its `instance`. */
  constructor(readonly directory: string) {
    this.paths = instancePaths(join(directory, 'instance'));
    this.client = new DaemonClient(this.paths.socket, 'holdfast daemon');
    // Its group is its own, so an interrupted test run would leave it behind.
    process.once('exit', () => {
      if (this.isAlive) sendSignal(this.pid, 'SIGKILL');
    });
  }

  get pid(): number {
    const { pid } = this.child ?? {};
    if (pid === undefined) throw new Error('The daemon was not started.');
    return pid;
  }

  get isAlive(): boolean {
    return this.child?.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    // Appended, so that the log of a failed test tells the whole story.
    const log = openSync(this.logFile, 'a');
    // A group of its own, as under systemd.
    this.child = spawn(process.execPath, [CLI, '--home', this.paths.home, 'daemon'], {
      cwd: this.directory,
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env['PATH'] },
    });
    closeSync(log);
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!(await this.isReady())) {
      if (!this.isAlive) throw new Error(`The daemon ended at once:\n${this.logTail()}`);
      if (Date.now() > deadline) throw new Error(`The daemon hangs:\n${this.logTail()}`);
      await sleep(25);
    }
  }

  async isReady(): Promise<boolean> {
    return this.client.get('/status').then(
      () => true,
      () => false,
    );
  }

  /** How it ended: an exit code, or the signal that ended it. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    const { child } = this;
    if (child !== undefined && this.isAlive) await once(child, 'exit');
    return child?.exitCode ?? child?.signalCode ?? null;
  }

  /** For the end of a test: nothing of it is left. */
  async kill(): Promise<void> {
    if (this.isAlive) process.kill(this.pid, 'SIGKILL');
    await this.ended();
    for (const pid of this.workers()) sendSignal(pid, 'SIGKILL');
    await this.workersGone();
  }

  /** Those at work, also of a daemon that is dead. */
  workers(): number[] {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && isWorkerIn(pid, this.directory));
  }

  /** False: some live on. */
  async workersGone(): Promise<boolean> {
    const deadline = Date.now() + GONE_WITHIN_MS;
    while (this.workers().length > 0) {
      if (Date.now() > deadline) return false;
      await sleep(10);
    }
    return true;
  }

  run(id: number): Promise<RunDetailView> {
    return this.client.get<RunDetailView>(apiPath('runs', id));
  }

  /** The run once it has ended; throws when it is stuck. */
  async runEnded(id: number, withinMs = 60_000): Promise<RunDetailView> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const detail = await this.run(id);
      if (detail.run.finishedAt !== null) return detail;
      if (Date.now() > deadline) {
        throw new Error(`Run ${id} is stuck: ${JSON.stringify(detail)}\n${this.logTail()}`);
      }
      await sleep(20);
    }
  }

  async unfinishedRuns(): Promise<RunView[]> {
    const inState = (state: string) => this.client.get<RunView[]>('/runs', { state });
    return [...(await inState('queued')), ...(await inState('running'))];
  }

  /** The built command line; the environment holds nothing of ours. */
  async holdfast(args: string[], options: CliOptions = {}): Promise<Outcome> {
    const child = execFile(
      process.execPath,
      [CLI, '--home', options.home ?? this.paths.home, ...args],
      {
        cwd: this.directory,
        env: { PATH: process.env['PATH'], TZ: 'UTC' },
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
        timeout: 120_000,
      },
    );
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (text: string) => (stdout += text));
    child.stderr?.on('data', (text: string) => (stderr += text));
    child.stdin?.end(options.input ?? '');
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  /** The answer of a command that must end with `code`. */
  async json<Answer>(args: string[], code = 0): Promise<Answer> {
    const outcome = await this.holdfast(['--json', ...args]);
    if (outcome.code !== code) {
      throw new Error(
        `holdfast ${args.join(' ')} ended with ${String(outcome.code)}, not ${code}:\n` +
          `${outcome.stdout}${outcome.stderr}\n${this.logTail()}`,
      );
    }
    return JSON.parse(outcome.stdout) as Answer;
  }

  logTail(lines = 25): string {
    const text = readFileSync(this.logFile, 'utf8');
    return text.trimEnd().split('\n').slice(-lines).join('\n');
  }

  private get logFile(): string {
    return join(this.directory, 'daemon.log');
  }
}

/** Sends a signal to a process that may be gone. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile, which is as well.
  }
}

function isWorkerIn(pid: number, directory: string): boolean {
  try {
    if (readlinkSync(`/proc/${pid}/cwd`) !== directory) return false;
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('/worker.js\0');
  } catch {
    // Gone while we looked; a zombie has no working directory either.
    return false;
  }
}
