import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const execFileAsync = promisify(execFile);

/** A fresh directory that is removed with everything in it when the calling test is over. */
export async function tempDir(): Promise<string> {
  const path = await makeTempDir();
  onTestFinished(() => removeTempDir(path));
  return path;
}

/** For `beforeAll`: whoever calls this also calls `removeTempDir`. */
export function makeTempDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'holdfast-test-'));
}

/** By rm(1): Node's own does not reach paths beyond 4,096 bytes. */
export async function removeTempDir(path: string): Promise<void> {
  await execFileAsync('rm', ['-rf', '--', path]);
}
