/** The shell of the server, over the connection that serves SFTP: a text of far-scripts.ts, its input,
 * its answer. */
import type { ClientChannel } from 'ssh2';
import { BoundedOutput } from '../../daemon/platform/bounded-output.js';
import { abortable, destinationError } from '../destination-error.js';
import { SessionLost, type SftpSession } from './sftp-session.js';

const MAX_OUTPUT_BYTES = 1024 * 1024;
const MAX_ERRORS_BYTES = 16 * 1024;

export interface FarCall {
  /** Starts the sentence of an error. */
  what: string;
  /** The folder to work in; it has no line feed. */
  folder: string;
  lines?: readonly string[];
  /** One character for each byte. */
  names?: readonly string[];
  signal?: AbortSignal | undefined;
  /** Answers that are no failure; only 0 when not given. */
  expectedExitCodes?: readonly number[];
  maxOutputBytes?: number;
}

export interface FarAnswer {
  exitCode: number | undefined;
  stdout: Buffer;
  /** Made printable. */
  errors: string;
}

/** Runs a text to its end. Rejects when it fails, with the end of what it said. */
export async function askShell(
  session: SftpSession,
  script: string,
  call: FarCall,
): Promise<FarAnswer> {
  const channel = await session.exec(script);
  const stdout = new BoundedOutput('start', call.maxOutputBytes ?? MAX_OUTPUT_BYTES);
  channel.on('data', (chunk: Buffer) => {
    stdout.add(chunk);
  });
  const ended = endOf(session, channel);
  channel.end(inputOf(call));
  try {
    const { exitCode, errors } = await abortable(ended, call.signal, call.what);
    const isExpected = exitCode !== undefined && (call.expectedExitCodes ?? [0]).includes(exitCode);
    if (isExpected) return { exitCode, stdout: stdout.bytes(), errors };
    throw farFailure(call.what, errors, `exit code ${String(exitCode)}`);
  } catch (error) {
    channel.close();
    throw error;
  }
}

/** The end of a program, and what it complained of; rejects when the connection ends before. */
export function endOf(
  session: SftpSession,
  channel: ClientChannel,
): Promise<Omit<FarAnswer, 'stdout'>> {
  const errors = new BoundedOutput('end', MAX_ERRORS_BYTES);
  let exitCode: number | undefined;
  channel.stderr.on('data', (chunk: Buffer) => {
    errors.add(chunk);
  });
  channel.on('error', () => undefined);
  channel.on('exit', (code: number | null) => {
    exitCode = code ?? undefined;
  });
  const ended = new Promise<Omit<FarAnswer, 'stdout'>>((resolve, reject) => {
    channel.once('close', () => {
      resolve({ exitCode, errors: printable(errors.text()) });
    });
    void session.ended.then(() => {
      reject(new SessionLost('the connection was lost; try again'));
    });
  });
  ended.catch(() => undefined);
  return ended;
}

export function farFailure(what: string, errors: string, how: string): Error {
  const isFull = /no space left|disk quota exceeded/i.test(errors);
  const said = errors.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
  const reason = said === '' ? how : `${how}, ${said}`;
  const mend = isFull ? 'free some space there' : 'look at the server and run it again';
  const code = isFull ? 'destination.full' : 'destination.unreachable';
  return destinationError(code, `${what} failed (${reason}); ${mend}.`, { isRetryable: !isFull });
}

/** For messages: what a program of the server says may repeat names of files. */
export function printable(text: string): string {
  return text.replace(/[^\n -~]/g, '?');
}

function inputOf({ folder, lines = [], names = [] }: FarCall): Buffer {
  const head = [folder, ...lines].map((line) => `${line}\n`).join('');
  const list = names.map((name) => `./${name}\0`).join('');
  return Buffer.concat([Buffer.from(head), Buffer.from(list, 'latin1')]);
}
