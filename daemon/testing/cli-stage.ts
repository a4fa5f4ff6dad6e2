/** A daemon as a process of its own, and the built command line that talks to it. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'vitest';
import { makeTempDir, removeTempDir } from './temp-dir.js';
import { makeTestInstance, type TestInstance } from './test-daemon.js';

const CLI = join(import.meta.dirname, '..', '..', 'dist', 'daemon', 'cli.js');

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

interface CallOptions {
  input?: string;
  uid?: number;
  home?: string;
}

export interface CliStage {
  directory: string;
  instance: TestInstance;
  holdfast(args: string[], options?: CallOptions): Promise<Outcome>;
  /** The one JSON document of a command that must succeed. */
  json<Answer>(...args: string[]): Promise<Answer>;
  /** Asks the daemon to end, and answers its exit code. */
  stop(): Promise<number>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** With the destination `main` and a job `nightly` of all accounts. `prepare`: before it starts. */
export async function openCliStage(
  prepare: (directory: string) => Promise<void> = () => Promise.resolve(),
): Promise<CliStage> {
  const directory = await makeTempDir();
  const instance = await makeTestInstance(directory);
  await prepare(directory);
  const holdfast: CliStage['holdfast'] = (args, { input, uid, home } = {}) =>
    call(args, { cwd: directory, home: home ?? instance.paths.home, input, uid });
  const json = async <Answer>(...args: string[]): Promise<Answer> => {
    const { code, stdout, stderr } = await holdfast(['--json', ...args]);
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
    return JSON.parse(stdout) as Answer;
  };
  let daemon: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    daemon = startDaemon(instance.paths.home);
    await untilAnswering(holdfast);
  };
  await start();
  await json('destination', 'add', 'local', 'main', '--path', instance.store);
  const job = ['--accounts', 'all', '--destination', 'main', '--structure', 'compressed'];
  await json('job', 'add', 'nightly', ...job);
  return {
    ...{ directory, instance, holdfast, json, start },
    stop: async () => {
      daemon?.kill('SIGTERM');
      const [code] = (await once(daemon as ChildProcess, 'exit')) as [number];
      return code;
    },
    close: async () => {
      daemon?.kill('SIGKILL');
      await removeTempDir(directory);
    },
  };
}

interface Call {
  cwd: string;
  home: string;
  input: string | undefined;
  uid: number | undefined;
}

async function call(args: string[], { cwd, home, input, uid }: Call): Promise<Outcome> {
  const identity = uid === undefined ? {} : { uid, gid: uid };
  const child = execFile(process.execPath, [CLI, '--home', home, ...args], {
    ...identity,
    cwd,
    env: { PATH: process.env['PATH'], TZ: 'UTC' },
    encoding: 'utf8',
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (text: string) => (stdout += text));
  child.stderr?.on('data', (text: string) => (stderr += text));
  child.stdin?.end(input ?? '');
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

function startDaemon(home: string): ChildProcess {
  return spawn(process.execPath, [CLI, '--home', home, 'daemon'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: process.env['PATH'] },
  });
}

async function untilAnswering(holdfast: CliStage['holdfast']): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if ((await holdfast(['status'])).code === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The daemon did not start.');
}
