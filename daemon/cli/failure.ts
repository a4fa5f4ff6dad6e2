/** A failed command: what it prints and the code it exits with. */
import { AppError, toAppError, type Problem } from '../platform/errors.js';
import { exitCodeOf, type ExitCode } from '../platform/exit-codes.js';
import { harmlessJson } from '../platform/harmless-json.js';
import { plain, plainLines } from './format.js';
import type { Terminal } from './terminal.js';

/** Prints the error (JSON on standard output in JSON mode) and answers the exit code. */
export function reportFailure(terminal: Terminal, thrown: unknown): ExitCode {
  const error = toAppError(thrown);
  if (terminal.isJson) {
    const { kind, code, message, details } = error;
    const hasDetails = Object.keys(details).length > 0;
    const document = { error: { kind, code, message, ...(hasDetails ? { details } : {}) } };
    terminal.streams.stdout.write(`${harmlessJson(document)}\n`);
  } else {
    terminal.streams.stderr.write(`${sentence(error)}\n`);
  }
  return exitCodeOf(error.kind);
}

function sentence(error: AppError): string {
  const problems = error.details['problems'];
  const text = plainLines(error.message);
  if (!Array.isArray(problems) || error.code === 'config.invalid') return text;
  // Most sentences say already what is wrong; a problem that they do not name follows.
  const unsaid = (problems as Problem[]).filter(({ message }) => !error.message.includes(message));
  const lines = unsaid.map(({ field, message }) =>
    field === '' ? `  ${plain(message)}` : `  ${plain(field)}: ${plain(message)}`,
  );
  return [text, ...lines].join('\n');
}
