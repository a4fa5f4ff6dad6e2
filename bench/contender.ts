/** What is put on the clock, and how it is known that the work was really done. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GeneratedAccount } from './generate-account.js';

export interface BenchOptions {
  /** Rounds, of which the medians count. */
  runs: number;
  /** Where everything goes. */
  directory: string;
  hasMillion: boolean;
  /** Ids of contenders that are not wanted. */
  without: string[];
}

export interface Contender {
  id: string;
  label: string;
  /** Programs without which it is skipped. */
  tools: string[];
  /** Contenders of which one must have run: it reads what they wrote. */
  readsFrom?: string[];
  /** Not on the clock. */
  prepare?: () => void | Promise<void>;
  argv: string[];
  /** What it wrote and whose size is of interest. */
  output?: string;
  /** What is removed when it has been measured. */
  discard?: string;
  /** Throws when the work was not done; not on the clock. */
  check?: (stdout: string) => void | Promise<void>;
}

export interface Keys {
  signingKeyPem: string;
  publicKeyPem: string;
}

export interface Course {
  account: GeneratedAccount;
  /** Empty when a run begins, and on the same file system as the account. */
  scratch: string;
  keys: Keys;
  threads: number;
}

export function at(course: Course, name: string): string {
  return join(course.scratch, name);
}

export function checkFileCount(directory: string, files: number): void {
  const found = execFileSync('find', [directory, '-type', 'f', '-printf', 'x']).length;
  if (found !== files) throw new Error(`${found} of ${files} files were restored.`);
}

export function checkOneFile(course: Course, copy: string): void {
  const original = readFileSync(join(course.account.home, course.account.oneFile));
  if (!original.equals(readFileSync(copy))) throw new Error(`${copy} is not the file asked for.`);
}
