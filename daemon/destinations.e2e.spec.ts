/** The built worker with every kind of remote destination, on real servers. */
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DestinationInput } from './jobs/destination-input.js';
import { admin, openHarness, ownerOf, type Harness } from './testing/runs-harness.js';
import { CEPH_TOOLS, startCeph, type CephServer } from './testing/servers/ceph-server.js';
import { canRunSshd, startSshd, type SshdServer } from './testing/servers/sshd-server.js';
import { needsRoot, needsTool } from './testing/tools.js';

const workerModule = fileURLToPath(new URL('../dist/worker/worker.js', import.meta.url));
const FILE = 'docs/deep/large.bin';
const STRUCTURES = ['archived', 'compressed'] as const;

async function openDaemon(): Promise<{ harness: Harness; home: string; content: Buffer }> {
  const harness = await openHarness({ accounts: ['shop'], workerModule });
  const home = join(harness.home, 'homes', 'shop');
  const content = Buffer.concat([randomBytes(3_000_000), Buffer.alloc(3_000_000, 'text ')]);
  await mkdir(join(home, 'docs', 'deep'), { recursive: true });
  await writeFile(join(home, 'docs', 'hello.txt'), 'hello\n');
  await writeFile(join(home, FILE), content);
  for (const path of ['', 'docs', 'docs/deep', 'docs/hello.txt', FILE]) {
    await chown(join(home, path), ...ownerOf(0));
  }
  await harness.queue.start();
  return { harness, home, content };
}

async function ended(harness: Harness, run: { id: number }): Promise<void> {
  const { state, error } = await harness.runs.waitFor(run.id);
  expect({ state, error }).toEqual({ state: 'complete', error: null });
}

/** Backs up in both structures, loses a file, gets it back, and reads everything again. */
async function goThere(input: DestinationInput, secret: string): Promise<Harness> {
  const { harness, home, content } = await openDaemon();
  await harness.setup.add(admin, input);
  expect((await harness.validations.validate(admin, input.name)).isOk).toBe(true);
  for (const structure of STRUCTURES) {
    const job = { name: structure, accounts: 'all' as const, structure };
    await harness.jobs.add(admin, { ...job, destinations: [input.name] });
    await ended(harness, await harness.runs.startBackup(admin, structure));
    const [snapshot] = await harness.snapshots.list({ limit: 1 });
    const id = snapshot?.id ?? '';
    expect(snapshot).toMatchObject({ structure, state: 'complete' });
    expect(snapshot?.summary?.trigger).toBe('manual');
    expect((snapshot?.summary?.requests?.puts ?? 0) > 0).toBe(input.kind === 's3');
    await rm(join(home, FILE));
    const paths = [`homedir/${FILE}`];
    await ended(harness, await harness.runs.startRestore(admin, id, { paths }));
    expect(Buffer.compare(await readFile(join(home, FILE)), content)).toBe(0);
    await ended(harness, await harness.runs.startVerify(admin, id));
  }
  await expectSecretKept(harness, secret);
  return harness;
}

/** Sealed in its row; in no other row, log or event. */
async function expectSecretKept({ dataSource, records, events }: Harness, secret: string) {
  const tables = await dataSource.query<{ name: string }[]>(
    `SELECT name FROM sqlite_master WHERE type = 'table'`,
  );
  for (const { name } of tables) {
    const rows: unknown = await dataSource.query(`SELECT * FROM "${name}"`);
    expect(JSON.stringify(rows).includes(secret.slice(0, 40)), name).toBe(false);
  }
  const told: unknown[] = await events.list(admin, { limit: 100 });
  for (const { id } of await records.listRuns({ limit: 100 })) {
    told.push(...(await records.readLog(id, {})));
  }
  expect(JSON.stringify(told)).not.toContain(secret.slice(0, 40));
}

/** What the newest run of a kind says it asked of the store. */
async function requestsOf({ records }: Harness, kind: 'backup' | 'restore') {
  const [run] = await records.listRuns({ limit: 1, kind });
  const log = await records.readLog(run?.id ?? 0, {});
  return log.map(({ message }) => message).find((line) => line.startsWith('Requests: '));
}

describe.skipIf(!canRunSshd())('ssh', () => {
  let server: SshdServer;
  beforeAll(async () => {
    server = await startSshd('chroot');
  });
  afterAll(() => server.stop());

  const place = (): DestinationInput => {
    const { port, user, path, privateKey } = server;
    const settings = { host: '127.0.0.1', port, user, path, diskLimitPercent: 100 };
    return { name: 'box', kind: 'ssh', ...settings, privateKey };
  };

  it('keeps and gives back both structures', async () => {
    await goThere(place(), server.privateKey.split('\n')[2] ?? '');
  });

  it('pins the host key when it is added, and refuses another one', async () => {
    const { harness } = await openDaemon();
    const added = await harness.setup.add(admin, place());
    expect(added.settings).toMatchObject({ hostKey: server.hostKey });
    await server.changeHostKey();
    const { checks } = await harness.validations.validate(admin, 'box');
    expect(checks[0]).toMatchObject({ isOk: false, message: expect.stringContaining('host key') as unknown }); // prettier-ignore
  });
});

describe.skipIf(!needsTool(...CEPH_TOOLS) || !needsRoot())('s3', () => {
  let ceph: CephServer;
  beforeAll(async () => {
    ceph = await startCeph();
    await ceph.createBucket('backups');
  });
  afterAll(() => ceph.close());

  it('keeps and gives back both structures', async () => {
    const { endpoint, accessKeyId, secretAccessKey } = ceph;
    const keys = { endpoint, accessKeyId, secretAccessKey, bucket: 'backups' };
    const input = { name: 'cloud', kind: 's3', provider: 'ceph', ...keys } as const;
    const harness = await goThere(input, secretAccessKey);
    // The snapshot file, one page of its manifest, one range of its archive.
    expect(await requestsOf(harness, 'restore')).toMatch(/^Requests: 0 PUT, [123] GET, 0 LIST, /);
    expect(await requestsOf(harness, 'backup')).toMatch(/^Requests: [1-9]\d* PUT, .* received\.$/);
  });
});
