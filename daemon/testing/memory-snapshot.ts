/** A signed snapshot of given entries in a memory destination; without content. Test support. */
import { generateKeyPairSync } from 'node:crypto';
import { MemoryDestination } from '../../destinations/memory/memory.destination.js';
import { accountPrefix, snapshotKey } from '../engine/layout.js';
import { comparePaths } from '../engine/manifest/byte-path.js';
import { entryToLine } from '../engine/manifest/entry-json.js';
import type { Entry } from '../engine/manifest/entry.js';
import { PageWriter } from '../engine/manifest/page-writer.js';
import { signSnapshot, type SnapshotBody } from '../engine/manifest/snapshot-file.js';
import { SnapshotReader } from '../engine/manifest/snapshot-reader.js';

/** The keys of a server. */
export function generateServerPem() {
  const pair = generateKeyPairSync('ed25519');
  return {
    publicKeyPem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    signingKeyPem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

export const TEST_KEYS = generateServerPem();

export function aSnapshotBody(changes: Partial<SnapshotBody> = {}): SnapshotBody {
  return {
    format: 'holdfast-snapshot',
    version: 1,
    id: '20260101T000000Z-abcdef',
    server: { id: 'testserver', name: 'test' },
    account: { id: 'aaaabbbbcccc', name: 'alice', uid: 1001, gid: 1001, home: '/home/alice', source: 'linux' }, // prettier-ignore
    trigger: 'manual',
    structure: 'compressed',
    state: 'complete',
    items: [
      { name: 'config', root: 'config', entries: 0, bytes: 0 },
      { name: 'files', root: 'homedir', entries: 0, bytes: 0 },
    ],
    entries: 0,
    files: 0,
    contentBytes: 0,
    excluded: 0,
    problems: 0,
    leftOut: [],
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:01.000Z',
    archives: [],
    pages: [],
    ...changes,
  };
}

/** The entries are put in order. */
export async function memorySnapshot(
  entries: Entry[],
  destination = new MemoryDestination(),
): Promise<SnapshotReader> {
  const body = aSnapshotBody();
  const prefix = accountPrefix(body.server.id, body.account);
  const pages = new PageWriter({ destination, prefix, signal: new AbortController().signal });
  for (const entry of entries.toSorted((a, b) => comparePaths(a.path, b.path))) {
    await pages.add(entryToLine(entry), entry.path);
  }
  body.pages = (await pages.finish()).pages;
  const key = snapshotKey({ prefix, snapshotId: body.id });
  await destination.put(key, signSnapshot(body, TEST_KEYS.signingKeyPem));
  return SnapshotReader.open(destination, key, [TEST_KEYS.publicKeyPem]);
}
