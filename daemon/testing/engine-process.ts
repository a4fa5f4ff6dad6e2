/** Runs the built engine in a process of its own (engine-program.mjs). Test support. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Identity } from './hostile-attack.js';

const run = promisify(execFile);
const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const PROGRAM = fileURLToPath(new URL('engine-program.mjs', import.meta.url));
const MAX_HEAP_MIB = 512;
const TIMEOUT_MS = 100_000;

export interface Outcome<Result> {
  ok?: Result;
  error?: { kind: string; code: string; message: string };
  /** Of the whole process. */
  maxRssMiB: number;
  seconds: number;
}

export interface EngineWork {
  work: 'backup' | 'restore' | 'verify';
  /** Path of a local destination. */
  store: string;
  request: unknown;
  /** How far its clock is ahead. */
  aheadMs?: number;
}

/** Ends badly when the process needs more than a small heap, or too long. */
export async function runEngine<Result>(work: EngineWork, as?: Identity): Promise<Outcome<Result>> {
  const args = [`--max-old-space-size=${MAX_HEAP_MIB}`, PROGRAM];
  const options = { ...as, cwd: '/', timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await run(process.execPath, [...args, JSON.stringify({ dist: DIST, ...work })], options); // prettier-ignore
  return JSON.parse(stdout) as Outcome<Result>;
}

/** Ends it with SIGKILL so long after its work began, if it is still there. */
export async function killEngine(work: EngineWork, afterMs: number): Promise<void> {
  const args = [PROGRAM, JSON.stringify({ dist: DIST, ...work })];
  const child = spawn(process.execPath, args, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  await Promise.race([once(child.stderr, 'data'), ended]);
  await Promise.race([wait(afterMs), ended]);
  child.kill('SIGKILL');
  await ended;
}
