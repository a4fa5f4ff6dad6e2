/** Forks our own modules as worker processes; see processes.ts for the rules they share. */
import { type ChildProcess, fork } from 'node:child_process';
import { BoundedOutput } from './bounded-output.js';
import { AppError } from './errors.js';
import { forgetGroup, rememberGroup, signalGroup } from './process-groups.js';
import { MINIMAL_ENVIRONMENT } from './processes.js';

export interface ForkOptions<FromWorker> {
  onMessage: (message: FromWorker) => void;
  /** Added to (and winning over) `MINIMAL_ENVIRONMENT`. */
  env?: Record<string, string>;
  args?: string[];
  /** Options of Node itself, such as `--max-old-space-size=256`. */
  nodeArgs?: string[];
  cwd?: string;
}

export interface WorkerExit {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what the worker printed, on either stream; for the log when it died. */
  output: string;
}

export interface WorkerProcess<ToWorker> {
  pid: number;
  /** Resolves once, when the process is gone and all it said has been delivered; never rejects. */
  exited: Promise<WorkerExit>;
  /** Sends a message; false when the worker no longer listens. */
  send: (message: ToWorker) => boolean;
  /** Ends the worker and everything it started, at once. */
  kill: (signal?: NodeJS.Signals) => void;
}

const MAX_OUTPUT_BYTES = 64 * 1024;

/**
 * Starts `modulePath` in a process of its own, leading its own group, talking by messages that
 * survive structured cloning (Buffers, Maps, bigints). Throws when the process cannot be started.
 * A worker must not leave before the callback of its last `process.send`, or messages are lost.
 */
export function forkWorker<ToWorker extends object, FromWorker>(
  modulePath: string,
  options: ForkOptions<FromWorker>,
): WorkerProcess<ToWorker> {
  const child = fork(modulePath, options.args ?? [], {
    serialization: 'advanced',
    detached: true,
    env: { ...MINIMAL_ENVIRONMENT, ...options.env },
    execArgv: options.nodeArgs ?? [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const { pid } = child;
  if (pid === undefined) {
    // The reason follows as an event; without a listener it would end the daemon.
    child.on('error', () => undefined);
    throw new AppError(
      'bug',
      'worker.not-started',
      'The system refused to start a worker process.',
    );
  }
  rememberGroup(pid);
  child.on('message', (message) => {
    options.onMessage(message as FromWorker);
  });
  return {
    pid,
    exited: exitOf(child, pid),
    send: (message) => send(child, message),
    kill: (signal = 'SIGKILL') => {
      signalGroup(pid, signal);
    },
  };
}

function exitOf(child: ChildProcess, pid: number): Promise<WorkerExit> {
  const output = new BoundedOutput('end', MAX_OUTPUT_BYTES);
  child.stdout?.on('data', (chunk: Buffer) => {
    output.add(chunk);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    output.add(chunk);
  });
  return new Promise((resolve) => {
    child.on('exit', () => {
      // What the worker left running must not outlive it, nor hold its pipes open.
      signalGroup(pid, 'SIGKILL');
      forgetGroup(pid);
    });
    child.on('close', (exitCode, signal) => {
      const exit = { exitCode, signal, output: output.text() };
      if (!child.connected) resolve(exit);
      else {
        child.once('disconnect', () => {
          resolve(exit);
        });
      }
    });
    child.on('error', () => undefined);
  });
}

function send(child: ChildProcess, message: object): boolean {
  if (!child.connected) return false;
  // The callback takes the error of a worker that dies meanwhile; its exit tells the story.
  child.send(message, () => undefined);
  return true;
}
