/** The folder of an account in memory: snapshots of made-up pages and archives. Test support. */
import { MemoryDestination } from '../../destinations/memory/memory.destination.js';
import { accountPrefix, archiveKey, pageKey, snapshotKey } from '../engine/layout.js';
import { signSnapshot, type SnapshotBody } from '../engine/manifest/snapshot-file.js';
import type { EngineContext } from '../engine/types.js';
import { TEST_KEYS, aSnapshotBody } from './memory-snapshot.js';

const { server, account } = aSnapshotBody();
export const prefix = accountPrefix(server.id, account);
export const FIRST = '20260101T000000Z-aaaaaa';
export const SECOND = '20260102T000000Z-bbbbbb';

/** A page's name. */
export const page = (digit: string): string => digit.repeat(64);

export class SnapshotStore {
  readonly context: EngineContext;

  constructor(readonly destination = new MemoryDestination()) {
    this.context = {
      destination,
      signal: new AbortController().signal,
      onProgress: () => undefined,
      log: () => undefined,
      now: () => new Date(0),
      threads: 1,
    };
  }

  /** A snapshot with an archive of its own of 10 bytes and the given pages of 3. */
  async add(id: string, pages: string[], change: Partial<SnapshotBody> = {}): Promise<void> {
    const body = aSnapshotBody({
      id,
      archives: [{ name: `${id}-1.tar.gz`, sizeBytes: 10 }],
      pages: pages.map((sha256) => ({ sha256, sizeBytes: 3, entries: 1, first: 'homedir' })),
      ...change,
    });
    await this.put(archiveKey(prefix, `${id}-1.tar.gz`), 10);
    for (const sha256 of pages) await this.put(pageKey(prefix, sha256), 3);
    await this.destination.put(
      snapshotKey({ prefix, snapshotId: id }),
      signSnapshot(body, TEST_KEYS.signingKeyPem),
    );
  }

  async put(key: string, sizeBytes: number): Promise<void> {
    await this.destination.put(key, Buffer.alloc(sizeBytes));
  }

  /** Keys below the account's prefix. */
  async keys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.destination.list(prefix)) keys.push(key.slice(prefix.length));
    return keys;
  }
}

export async function twoSnapshots(store = new SnapshotStore()): Promise<SnapshotStore> {
  await store.add(FIRST, [page('1'), page('2')]);
  await store.add(SECOND, [page('2'), page('3')]);
  return store;
}
