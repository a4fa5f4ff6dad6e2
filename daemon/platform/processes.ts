/**
 * The only door to other programs and to our own worker processes.
 *
 * Programs get an argument array, never a shell; an explicit environment, never ours; and a process
 * group of their own that dies as a whole on abort or timeout. Captured output is bounded. Secrets
 * go through `input` or files, never through arguments, so arguments may appear in errors.
 * Neighbours: process-groups.ts, bounded-output.ts, worker-processes.ts (forking).
 */
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { BoundedOutput } from './bounded-output.js';
import { AppError, cancelled, errnoOf, type ErrorKind } from './errors.js';
import { forgetGroup, rememberGroup, signalGroup } from './process-groups.js';

/** What a program sees of the environment unless told otherwise. */
export const MINIMAL_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
};

/** How long what a program printed may take to arrive once it has ended. */
const DRAIN_MS = 2_000;

export interface RunOptions {
  cwd?: string;
  /** Added to (and winning over) `MINIMAL_ENVIRONMENT`. */
  env?: Record<string, string>;
  /** Standard input; nothing when not given. */
  input?: string | Uint8Array | Readable;
  signal?: AbortSignal;
  timeoutMs?: number;
  /** Kept of each stream: the start of stdout, the end of stderr. 1 MiB when not given. */
  maxOutputBytes?: number;
  /** Keep the end of both streams together, as `stderr`; stdout is empty then. */
  isMerged?: boolean;
  /** Exit codes that are not failures; only 0 when not given. */
  expectedExitCodes?: number[];
  /** The kind of the error when the program fails; `source` when not given. */
  failureKind?: ErrorKind;
  uid?: number;
  gid?: number;
}

export interface RunResult {
  exitCode: number;
  stdout: Buffer;
  /** Whether stdout was longer than what is kept of it. */
  isTruncated: boolean;
  stderr: string;
}

/** A program that could not be started, failed, or took too long. */
export class CommandError extends AppError {
  readonly exitCode: number | undefined;

  constructor(
    outcome: { kind: ErrorKind; code: string; message: string; cause?: unknown },
    details: { command: string; args: readonly string[]; exitCode?: number; output: string },
  ) {
    super(outcome.kind, outcome.code, outcome.message, { cause: outcome.cause, details });
    this.name = 'CommandError';
    this.exitCode = details.exitCode;
  }
}

/**
 * Runs a program to its end. Rejects with `CommandError` (`command.missing`, `command.failed`,
 * `command.killed`, `command.timed-out`) or, when `signal` aborts, with a `cancelled` error.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const execa = await loadExeca();
  if (options.signal?.aborted === true) throw cancelled(command);
  const limit = options.maxOutputBytes ?? 1024 * 1024;
  const stdout = new BoundedOutput('start', limit);
  const stderr = new BoundedOutput('end', limit);
  const child = execa(command, args, execaOptions(options));
  const printed = options.isMerged === true ? stderr : stdout;
  child.stdout.on('data', (chunk: Buffer) => printed.add(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));
  const stop = stopOn(child.pid, options);
  let drained: NodeJS.Timeout | undefined;
  child.once('exit', () => {
    stop.disarm();
    // What it left in the background, outside its group, may hold the streams open for ever.
    drained = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, DRAIN_MS);
  });
  const ended = await child;
  clearTimeout(drained);
  stop.release();

  const failure = { command, args, options, output: stderr.text(), ended };
  return {
    exitCode: throwUnlessDone(failure, stop),
    stdout: stdout.bytes(),
    isTruncated: stdout.isTruncated,
    stderr: stderr.text(),
  };
}

/**
 * Runs a program and gives its standard output as it comes; it waits while nobody reads on. Throws as
 * `run` does once all was read. A program whose output is not read to its end is killed.
 */
export async function* readOutput(
  command: string,
  args: readonly string[],
  options: Omit<RunOptions, 'maxOutputBytes'> = {},
): AsyncGenerator<Buffer, void, undefined> {
  const execa = await loadExeca();
  if (options.signal?.aborted === true) throw cancelled(command);
  const stderr = new BoundedOutput('end', 1024 * 1024);
  const child = execa(command, args, execaOptions(options));
  child.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));
  const stop = stopOn(child.pid, options);
  let isRead = false;
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    isRead = true;
  } finally {
    if (!isRead && child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    const ended = await child;
    stop.release();
    if (isRead) throwUnlessDone({ command, args, options, output: stderr.text(), ended }, stop);
  }
}

/** When the first program is run: most workers run none, and it is a third of what those of restores load. */
async function loadExeca(): Promise<(typeof import('execa'))['execa']> {
  const { execa } = await import('execa');
  return execa;
}

function throwUnlessDone(failure: Failure, stop: ReturnType<typeof stopOn>): number {
  if (stop.reason() === 'aborted') throw cancelled(failure.command);
  if (stop.reason() === 'timed-out') throw timedOut(failure);
  const { exitCode } = failure.ended;
  const expected = failure.options.expectedExitCodes ?? [0];
  if (exitCode === undefined || !expected.includes(exitCode)) throw failed(failure);
  return exitCode;
}

function execaOptions(options: RunOptions) {
  return {
    input: options.input ?? '',
    env: { ...MINIMAL_ENVIRONMENT, ...options.env },
    extendEnv: false,
    reject: false,
    buffer: false,
    detached: true,
    stripFinalNewline: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  } as const;
}

/** Kills the child's group on abort or timeout until released. */
function stopOn(pid: number | undefined, options: RunOptions) {
  let reason: 'aborted' | 'timed-out' | undefined;
  const stop = (why: 'aborted' | 'timed-out'): void => {
    reason ??= why;
    if (pid !== undefined) signalGroup(pid, 'SIGKILL');
  };
  const onAbort = (): void => {
    stop('aborted');
  };
  if (pid !== undefined) rememberGroup(pid);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          stop('timed-out');
        }, options.timeoutMs);
  return {
    reason: () => reason,
    /** It has ended by itself: it no longer takes too long. */
    disarm: () => {
      clearTimeout(timer);
    },
    release: () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
      if (pid !== undefined) forgetGroup(pid);
    },
  };
}

interface Failure {
  command: string;
  args: readonly string[];
  options: RunOptions;
  output: string;
  ended: { exitCode?: number; signal?: string; cause?: unknown };
}

function timedOut(failure: Failure): CommandError {
  const seconds = (failure.options.timeoutMs ?? 0) / 1000;
  const message = `${failure.command} did not finish within ${String(seconds)} s and was stopped.`;
  return commandError(failure, 'command.timed-out', message);
}

function failed(failure: Failure): CommandError {
  const { command, ended, output } = failure;
  const { cwd } = failure.options;
  if (cwd !== undefined && ended.exitCode === undefined && !existsSync(cwd)) {
    const message = `${command} could not be started: there is no directory ${cwd}.`;
    return commandError(failure, 'command.not-started', message);
  }
  if (errnoOf(ended.cause) === 'ENOENT') {
    const message = `The program ${command} is not there; install it or correct its path.`;
    return commandError(failure, 'command.missing', message);
  }
  const said = lastLine(output);
  const because = said === '' ? '.' : `: ${said}`;
  if (ended.signal !== undefined) {
    return commandError(
      failure,
      'command.killed',
      `${command} was ended by ${ended.signal}${because}`,
    );
  }
  if (ended.exitCode === undefined) {
    const reason = errnoOf(ended.cause) ?? 'unknown error';
    return commandError(
      failure,
      'command.not-started',
      `${command} could not be started (${reason}).`,
    );
  }
  const message = `${command} failed with exit code ${String(ended.exitCode)}${because}`;
  return commandError(failure, 'command.failed', message);
}

function commandError(failure: Failure, code: string, message: string): CommandError {
  const { command, args, ended, output } = failure;
  return new CommandError(
    { kind: failure.options.failureKind ?? 'source', code, message, cause: ended.cause },
    {
      command,
      args,
      output: output.slice(-4096),
      ...(ended.exitCode === undefined ? {} : { exitCode: ended.exitCode }),
    },
  );
}

function lastLine(text: string): string {
  const line = text.trimEnd().split('\n').at(-1) ?? '';
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
