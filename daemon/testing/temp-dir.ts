import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

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

export async function removeTempDir(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}
