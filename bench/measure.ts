/** Runs a program under GNU time and says what it cost. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);
const TIME = '/usr/bin/time';

export interface Cost {
  wallSeconds: number;
  /** User and system time of every process that took part. */
  cpuSeconds: number;
  /** Of the largest of these processes. */
  peakRssBytes: number;
}

export interface Measured extends Cost {
  stdout: string;
}

/**
 * Measures `argv` from start to exit. What is dirty in the page cache is written out first, so that
 * nobody pays for whoever ran before; what is read is warm. A failure rejects with its last words.
 */
export async function measure(
  argv: string[],
  scratch: string,
  environment: NodeJS.ProcessEnv,
): Promise<Measured> {
  execFileSync('sync');
  const figures = join(scratch, 'time.txt');
  const args = ['-f', '%U %S %M', '-o', figures, '--', ...argv];
  const options = { env: environment, maxBuffer: 64 * 1024 * 1024 };
  const startedAt = process.hrtime.bigint();
  const { stdout } = await execFileAsync(TIME, args, options).catch((error: unknown) => {
    throw new Error(`${argv.join(' ')} failed: ${lastWords(error)}`, { cause: error });
  });
  const wallSeconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  const last = readFileSync(figures, 'utf8').trim().split('\n').at(-1) ?? '';
  const [user = Number.NaN, system = Number.NaN, kibibytes = Number.NaN] = last
    .split(' ')
    .map(Number);
  return { wallSeconds, cpuSeconds: user + system, peakRssBytes: kibibytes * 1024, stdout };
}

function lastWords(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'stderr' in error) {
    const words = String(error.stderr).trim();
    if (words !== '') return words.slice(-2000);
  }
  return error instanceof Error ? error.message : String(error);
}
