/**
 * What restores of PostgreSQL databases have made on the server for a while: a small file for each, written
 * durably before, so that a sweep finds what one left that was killed. Nothing else tells our scratch
 * databases from someone else's.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { errnoOf } from '../../platform/errors.js';
import { removeTree, syncDirectory, writeFileAtomic } from '../../platform/files.js';
import { OLD_PREFIX, SCRATCH_PREFIX } from './postgresql-databases.js';

const entry = z.strictObject({
  version: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{16}$/),
  liveName: z.string().min(1),
  /** Of the scratch database: one of this identity in the live one's place is the restored one. */
  scratchOid: z.string().regex(/^\d+$/).optional(),
});

export type JournalEntry = z.infer<typeof entry>;

const FILE = /^postgresql-[0-9a-f]{16}\.json$/;
/** Of a process that was killed while it wrote; platform/files.ts names them. */
const HALF_WRITTEN = /^\.postgresql-[0-9a-f]{16}\.json\.[0-9a-f]+\.tmp$/;

export function newEntry(liveName: string): JournalEntry {
  return { version: 1, id: randomBytes(8).toString('hex'), liveName };
}

/** Names on the server; the role that loads is called as its scratch. */
export function namesOf({ id }: Pick<JournalEntry, 'id'>) {
  return {
    scratch: `${SCRATCH_PREFIX}${id}`,
    role: `${SCRATCH_PREFIX}${id}`,
    old: `${OLD_PREFIX}${id}`,
  };
}

export async function writeEntry(folder: string, written: JournalEntry): Promise<void> {
  await writeFileAtomic(fileOf(folder, written), `${JSON.stringify(written)}\n`);
}

export async function removeEntry(folder: string, removed: JournalEntry): Promise<void> {
  await removeTree(fileOf(folder, removed));
  await syncDirectory(folder);
}

/** Only while nobody writes there. Those that cannot be read are an error: nobody else knows what they
 * were of. */
export async function readEntries(folder: string): Promise<JournalEntry[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  // What it was to tell of has not begun, or was told before.
  for (const name of names) if (HALF_WRITTEN.test(name)) await removeTree(join(folder, name));
  const files = names.filter((name) => FILE.test(name));
  return Promise.all(
    files.map(async (name) => entry.parse(JSON.parse(await readFile(join(folder, name), 'utf8')))),
  );
}

function fileOf(folder: string, { id }: JournalEntry): string {
  return join(folder, `postgresql-${id}.json`);
}
