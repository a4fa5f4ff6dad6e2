/** Questions to Plesk's own database `psa`, asked through its command. */
import { AppError } from '../../platform/errors.js';
import { run } from '../../platform/processes.js';

export type PleskQuery = (sql: string) => Promise<string[][]>;

const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', '0': '\0', '\\': '\\' };

/** `plesk db` knows how to sign in; what it prints is MySQL's batch output. */
export function pleskQuery(command = '/usr/sbin/plesk'): PleskQuery {
  return async (sql) => {
    const options = { timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_OUTPUT_BYTES };
    const { stdout, isTruncated } = await run(command, ['db', '-Ne', sql], options);
    if (isTruncated) {
      throw new AppError('source', 'accounts.too-many', 'plesk db answered more than 64 MiB.');
    }
    return parseBatchOutput(stdout.toString());
  };
}

/** Rows a line, fields by tabs; newlines, tabs, NULs and backslashes in them are escaped. */
export function parseBatchOutput(text: string): string[][] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => line.split('\t').map(unescaped));
}

function unescaped(field: string): string {
  return field.replace(/\\(.)/gs, (whole, letter: string) => ESCAPES[letter] ?? whole);
}
