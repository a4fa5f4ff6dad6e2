/** What one file of a large account costs on S3. With SOAK=1 (`npm run soak`) it is a gibibyte. */
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, openHarness, ownerOf, type Harness } from './testing/runs-harness.js';
import { CEPH_TOOLS, startCeph, type CephServer } from './testing/servers/ceph-server.js';
import { needsRoot, needsTool } from './testing/tools.js';

const workerModule = fileURLToPath(new URL('../dist/worker/worker.js', import.meta.url));
const MIB = 1024 * 1024;
const ACCOUNT_BYTES = (process.env['SOAK'] === '1' ? 1024 : 64) * MIB;
const FILE_BYTES = 16 * 1024;
const FILES_PER_FOLDER = 64;
const FILES_PER_SITE = 1024;

/** Deep folders of files that do not compress; returns the path of one in the middle. */
async function fill(home: string): Promise<string> {
  const noise = randomBytes(16 * MIB);
  const count = ACCOUNT_BYTES / FILE_BYTES;
  const pathOf = (at: number): string => {
    const [site, folder] = [at / FILES_PER_SITE, at / FILES_PER_FOLDER].map(Math.floor);
    return `sites/site-${String(site)}/htdocs/files/${String(folder)}/file-${String(at)}.dat`;
  };
  for (let at = 0; at < count; at += 1) {
    const path = join(home, pathOf(at));
    if (at % FILES_PER_FOLDER === 0) await mkdir(join(path, '..'), { recursive: true });
    const from = (at * 4099) % (noise.length - FILE_BYTES);
    await writeFile(path, noise.subarray(from, from + FILE_BYTES));
  }
  const chosen = pathOf(count / 2 + FILES_PER_FOLDER / 2);
  // The account writes where it is restored.
  for (let path = chosen; path !== '.'; path = join(path, '..')) {
    await chown(join(home, path), ...ownerOf(0));
  }
  return chosen;
}

async function ended(harness: Harness, run: { id: number }): Promise<void> {
  const { state, error } = await harness.runs.waitFor(run.id);
  expect({ state, error }).toEqual({ state: 'complete', error: null });
}

/** What the restore says it asked of the store. */
async function readsOfRestore({ records }: Harness): Promise<{ gets: number; bytes: number }> {
  const [run] = await records.listRuns({ limit: 1, kind: 'restore' });
  const log = await records.readLog(run?.id ?? 0, {});
  const line = log.map(({ message }) => message).find((text) => text.startsWith('Requests: '));
  const [, gets, megabytes] = /, (\d+) GET, .* ([\d.]+) MB received/.exec(line ?? '') ?? [];
  return { gets: Number(gets), bytes: Number(megabytes) * 1e6 };
}

describe.skipIf(!needsTool(...CEPH_TOOLS) || !needsRoot())('one file of a large account', () => {
  let ceph: CephServer;
  beforeAll(async () => {
    ceph = await startCeph();
    await ceph.createBucket('backups');
  });
  afterAll(() => ceph.close());

  it(`of ${String(ACCOUNT_BYTES / MIB)} MiB comes back for three reads`, async () => {
    const harness = await openHarness({ accounts: ['shop'], workerModule });
    const home = join(harness.home, 'homes', 'shop');
    await mkdir(home, { recursive: true });
    const path = await fill(home);
    await chown(home, ...ownerOf(0));
    await harness.queue.start();
    const { endpoint, accessKeyId, secretAccessKey } = ceph;
    const keys = { endpoint, accessKeyId, secretAccessKey, bucket: 'backups' };
    await harness.setup.add(admin, { name: 'cloud', kind: 's3', provider: 'ceph', ...keys });
    const job = { name: 'nightly', accounts: 'all', structure: 'compressed' } as const;
    await harness.jobs.add(admin, { ...job, destinations: ['cloud'] });
    await ended(harness, await harness.runs.startBackup(admin, 'nightly'));
    const [snapshot] = await harness.snapshots.list({ limit: 1 });

    const content = await readFile(join(home, path));
    await rm(join(home, path));
    const paths = [`homedir/${path}`];
    await ended(harness, await harness.runs.startRestore(admin, snapshot?.id ?? '', { paths }));
    expect(Buffer.compare(await readFile(join(home, path)), content)).toBe(0);
    // The snapshot file, one page of its manifest, one range of its archive.
    const { gets, bytes } = await readsOfRestore(harness);
    expect(gets).toBe(3);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(8 * MIB);
  });
});
