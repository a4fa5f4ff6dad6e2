import { Worker } from 'node:worker_threads';
import { compiledEntry } from '../engine/thread-pool.js';
import { toAppError } from '../platform/errors.js';

/** Whether SQLite finds the catalogue whole: undefined, or what it found, in a sentence. Stops nobody. */
export function checkCatalogue(file: string): Promise<string | undefined> {
  const entry = compiledEntry(import.meta.url, './check-thread.js');
  return new Promise((resolve) => {
    const thread = new Worker(entry, { workerData: { file } });
    thread.once('message', (found: unknown) => {
      resolve(found === 'ok' ? undefined : String(found).replace(/\s+/g, ' '));
    });
    thread.once('error', (error) => {
      resolve(toAppError(error).message);
    });
    thread.once('exit', () => {
      resolve('The check ended without an answer.');
    });
  });
}
