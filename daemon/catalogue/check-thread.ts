/** Reads all of the catalogue through, in a thread of its own: SQLite would stop the daemon. */
import { parentPort, workerData } from 'node:worker_threads';
import BetterSqlite3 from 'better-sqlite3';

const { file } = workerData as { file: string };
parentPort?.postMessage(check());

function check(): unknown {
  let database: BetterSqlite3.Database | undefined;
  try {
    database = new BetterSqlite3(file, { readonly: true, fileMustExist: true, timeout: 5000 });
    return database.pragma('quick_check(3)', { simple: true });
  } catch (error) {
    // Errors of SQLite do not pass from thread to thread.
    return error instanceof Error ? error.message : String(error);
  } finally {
    database?.close();
  }
}
