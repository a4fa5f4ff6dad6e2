/** Questions at the terminal. Answers go to the caller and nowhere else: no history, no echo of
 * passwords, never the command line's arguments, which every user of the server can read. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { AppError } from '../platform/errors.js';
import type { Terminal } from './terminal.js';

const MAX_PASSWORD_LENGTH = 4096;

/** A line typed at the terminal. */
export async function ask(terminal: Terminal, question: string): Promise<string> {
  const { stdin, stderr } = terminal.streams;
  const lines = createInterface({ input: stdin, output: stderr, historySize: 0 });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

/** A new password: typed twice without echo, or the first line of standard input in a script. */
export async function askNewPassword(terminal: Terminal): Promise<string> {
  if (!terminal.streams.stdin.isTTY) return readFirstLine(terminal);
  const first = await askHidden(terminal, 'New password: ');
  const second = await askHidden(terminal, 'Again: ');
  if (first === second) return first;
  throw new AppError('input', 'cli.password-mismatch', 'The two passwords are not the same.');
}

/** A secret that exists: typed once without echo, or the first line of standard input. */
export function askSecret(terminal: Terminal, question: string): Promise<string> {
  return terminal.streams.stdin.isTTY ? askHidden(terminal, question) : readFirstLine(terminal);
}

async function askHidden(terminal: Terminal, question: string): Promise<string> {
  const { stdin, stderr } = terminal.streams;
  const nowhere = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 });
  const interrupted = new Promise<never>((_, reject) => {
    lines.once('SIGINT', () => {
      reject(new AppError('cancelled', 'cli.cancelled', 'Nothing was changed.'));
    });
  });
  stderr.write(question);
  try {
    return await Promise.race([lines.question(''), interrupted]);
  } finally {
    lines.close();
    stderr.write('\n');
  }
}

async function readFirstLine(terminal: Terminal): Promise<string> {
  let text = '';
  for await (const chunk of terminal.streams.stdin.setEncoding('utf8')) {
    text += String(chunk);
    if (text.includes('\n') || text.length > MAX_PASSWORD_LENGTH) break;
  }
  return text.split(/\r?\n/, 1)[0] ?? '';
}
