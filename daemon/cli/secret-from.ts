/** Secrets and other texts of files: what stands on a command line, every user of the server can read. */
import { readFileSync } from 'node:fs';
import { AppError, errnoOf } from '../platform/errors.js';
import { askSecret } from './prompt.js';
import type { Terminal } from './terminal.js';

/** From a file, or asked for when that is "-". */
export async function secretFrom(
  terminal: Terminal,
  file: string | undefined,
  question: string,
): Promise<string | undefined> {
  if (file === undefined) return undefined;
  if (file === '-') return askSecret(terminal, question);
  return readText(file).replace(/\r?\n$/, '');
}

export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const message = `The file ${file} could not be read (${errnoOf(error) ?? 'unknown'}).`;
    throw new AppError('input', 'cli.file', message, { cause: error });
  }
}
