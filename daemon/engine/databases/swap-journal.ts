/**
 * What a restore of a database has begun, on disk until it has ended: its process may die at any moment,
 * and then `settleMariadb` brings it to an end. One file for each, in a folder that the run alone has.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../platform/errors.js';
import { syncDirectory, writeFileAtomic } from '../../platform/files.js';
import type { MariadbSwap } from './mariadb-swap.js';

export interface SwapJournal {
  format: 'holdfast-swap';
  /** In the names of everything that the restore makes on the server: 12 hex digits. */
  id: string;
  /** Undefined: nothing was touched yet but what the restore itself has made. */
  swap: MariadbSwap | undefined;
}

export async function writeJournal(folder: string, journal: SwapJournal): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFileAtomic(pathOf(folder, journal.id), `${JSON.stringify(journal)}\n`);
}

export async function removeJournal(folder: string, id: string): Promise<void> {
  await rm(pathOf(folder, id), { force: true });
  await syncDirectory(folder);
}

export async function readJournals(folder: string): Promise<SwapJournal[]> {
  const found: SwapJournal[] = [];
  for (const name of await readdir(folder).catch(noneWhenMissing)) {
    if (!/^[0-9a-f]{12}\.json$/.test(name)) continue;
    found.push(JSON.parse(await readFile(join(folder, name), 'utf8')) as SwapJournal);
  }
  return found;
}

function pathOf(folder: string, id: string): string {
  return join(folder, `${id}.json`);
}

function noneWhenMissing(error: unknown): string[] {
  if (errnoOf(error) === 'ENOENT') return [];
  throw error;
}
