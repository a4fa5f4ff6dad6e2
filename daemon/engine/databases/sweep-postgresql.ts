/**
 * Finishes or removes what restores of PostgreSQL databases left on the server that were killed. To be
 * called while none is under way whose journal is in the folder.
 */
import type { Client, DatabaseError } from 'pg';
import { databaseProblem } from './database-problem.js';
import { MAINTENANCE_DATABASE } from './postgresql-databases.js';
import { namesOf, readEntries, removeEntry, type JournalEntry } from './postgresql-journal.js';
import { dropDatabase, dropRole, endRestore, oidOf } from './postgresql-scratch.js';
import { ask, connectPostgresql, endQuietly, type PostgresqlServer } from './postgresql-server.js';

export interface Swept {
  liveName: string;
  /** Whether the live database is the one from before or the restored one; `unknown`: an admin must see. */
  outcome: 'kept' | 'replaced' | 'unknown';
  message: string;
}

const UNDEFINED_DATABASE = '3D000';

/** One that cannot be dealt with now stays for the next time. */
export async function sweepPostgresql(
  server: PostgresqlServer,
  journalFolder: string,
): Promise<Swept[]> {
  const entries = await readEntries(journalFolder);
  if (entries.length === 0) return [];
  const client = await connectPostgresql(server, MAINTENANCE_DATABASE, { mayWrite: true });
  const swept: Swept[] = [];
  try {
    for (const entry of entries) {
      swept.push(await sweep(server, client, entry).catch((error: unknown) => unknown(entry, databaseProblem(error)))); // prettier-ignore
      if (swept.at(-1)?.outcome !== 'unknown') await removeEntry(journalFolder, entry);
    }
    return swept;
  } finally {
    await endQuietly(client);
  }
}

async function sweep(
  server: PostgresqlServer,
  client: Client,
  entry: JournalEntry,
): Promise<Swept> {
  const { liveName, scratchOid } = entry;
  const { scratch, old, role } = namesOf(entry);
  // What it was about to do is done or undone by then.
  await endRestore(client, scratch);
  const [live, before] = [await oidOf(client, liveName), await oidOf(client, old)];
  const isReplaced = scratchOid !== undefined && live === scratchOid;
  if (before !== undefined && !isReplaced) {
    return unknown(entry, `"${liveName}" is neither the restored database nor the one from before, which is "${old}"`); // prettier-ignore
  }
  await dropDatabase(client, scratch);
  await dropDatabase(client, old);
  await forget(server, client, { role, liveName });
  const what = isReplaced ? 'was replaced' : 'is as it was';
  return {
    liveName,
    outcome: isReplaced ? 'replaced' : 'kept',
    message: `A restore of the database "${liveName}" was interrupted; the database ${what}.`,
  };
}

/** Of one table, what the role was given is in the live database. */
async function forget(
  server: PostgresqlServer,
  client: Client,
  { role, liveName }: { role: string; liveName: string },
): Promise<void> {
  const known = await ask(client, 'SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (known.length === 0) return;
  let live: Client | undefined;
  try {
    live = await connectPostgresql(server, liveName, { mayWrite: true });
  } catch (error) {
    if (((error as Error).cause as DatabaseError).code !== UNDEFINED_DATABASE) throw error;
  }
  try {
    await dropRole(live ?? client, role);
  } finally {
    await endQuietly(live);
  }
}

function unknown({ liveName }: JournalEntry, why: string): Swept {
  const message = `What a restore of the database "${liveName}" left could not be cleared away: ${why}.`;
  return { liveName, outcome: 'unknown', message };
}
