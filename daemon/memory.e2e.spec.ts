/**
 * How much memory the worker needs for a file of 4 GiB. Only in the soak (SOAK=1), as the file is
 * written, and kept by a Ceph in memory, in full.
 */
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Structure } from './engine/types.js';
import { peakMiBOfWorkers } from './testing/child-workers.js';
import { admin, openHarness, ownerOf, type Harness } from './testing/runs-harness.js';
import { CEPH_TOOLS, startCeph, type CephServer } from './testing/servers/ceph-server.js';
import { canRunSshd, startSshd } from './testing/servers/sshd-server.js';
import { needsRoot, needsTool } from './testing/tools.js';

const workerModule = fileURLToPath(new URL('../dist/worker/worker.js', import.meta.url));
const isSoak = process.env['SOAK'] === '1';
const canRun = (): boolean => isSoak && needsTool(...CEPH_TOOLS) && needsRoot();
const MIB = 1024 * 1024;
const FILE_BYTES = 4096 * MIB;

/** Noise whose repetitions are too far apart for gzip. */
async function writeLarge(path: string): Promise<void> {
  const noise = randomBytes(16 * MIB);
  const file = await open(path, 'wx');
  for (let at = 0; at < FILE_BYTES; at += noise.length) await file.write(noise);
  await file.close();
  await chown(path, ...ownerOf(0));
}

async function openDaemon(): Promise<Harness> {
  const harness = await openHarness({ accounts: ['shop'], workerModule, threads: 2 });
  const home = join(harness.home, 'homes', 'shop');
  await mkdir(home, { recursive: true });
  await chown(home, ...ownerOf(0));
  await writeLarge(join(home, 'large.bin'));
  await harness.queue.start();
  return harness;
}

/** Backs up and removes it again, for the sake of the store's memory; answers the worker's peak. */
async function peakMiBOf(
  harness: Harness,
  structure: Structure,
  destinations: string[],
): Promise<number> {
  const job = { name: structure, accounts: 'all', structure } as const;
  await harness.jobs.add(admin, { ...job, destinations });
  const peakMiB = await peakMiBOfWorkers(workerModule, async () => {
    const run = await harness.runs.startBackup(admin, structure);
    const { state, error } = await harness.runs.waitFor(run.id);
    expect({ state, error }).toEqual({ state: 'complete', error: null });
  });
  for (const { id } of await harness.snapshots.list({ limit: destinations.length })) {
    const removal = await harness.runs.startRemove(admin, id, { evenNewest: true });
    expect(await harness.runs.waitFor(removal.id)).toMatchObject({ state: 'complete' });
  }
  process.stdout.write(`${structure} to ${destinations.join(', ')}: ${String(peakMiB)} MiB\n`);
  return peakMiB;
}

describe.skipIf(!canRun())('the worker that stores 4 GiB', () => {
  let ceph: CephServer;
  beforeAll(async () => {
    ceph = await startCeph();
    await ceph.createBucket('backups');
  });
  afterAll(() => ceph.close());

  const addCloud = ({ setup }: Harness) => {
    const { endpoint, accessKeyId, secretAccessKey } = ceph;
    const keys = { endpoint, accessKeyId, secretAccessKey, bucket: 'backups' };
    return setup.add(admin, { name: 'cloud', kind: 's3', provider: 'ceph', ...keys });
  };

  it.each(['archived', 'compressed'] as const)('on S3, %s', async (structure) => {
    const harness = await openDaemon();
    await addCloud(harness);
    const peakMiB = await peakMiBOf(harness, structure, ['cloud']);
    expect(peakMiB).toBeGreaterThan(50);
    expect(peakMiB).toBeLessThanOrEqual(200);
  });

  it.skipIf(!canRunSshd())('on S3, a disk and a server over SSH at once', async () => {
    const harness = await openDaemon();
    await addCloud(harness);
    const sshd = await startSshd('chroot');
    onTestFinished(() => sshd.stop());
    const { port, user, path, privateKey } = sshd;
    const settings = { host: '127.0.0.1', port, user, path, diskLimitPercent: 100 };
    await harness.setup.add(admin, { name: 'box', kind: 'ssh', ...settings, privateKey });
    const peakMiB = await peakMiBOf(harness, 'compressed', ['disk', 'box', 'cloud']);
    expect(peakMiB).toBeLessThanOrEqual(200);
  });
});
