/** A destination that says nothing any more: it fails in time, and the others go on without it. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Destination } from '../../../destinations/destination.js';
import { MemoryDestination } from '../../../destinations/memory/memory.destination.js';
import { openDestination, type DestinationSpec } from '../../../destinations/registry.js';
import { EngineHarness } from '../../testing/engine-harness.js';
import { CEPH_TOOLS, startCeph, type CephServer } from '../../testing/servers/ceph-server.js';
import { startCuttingProxy } from '../../testing/servers/cutting-proxy.js';
import { canRunSshd, startSshd, type SshdServer } from '../../testing/servers/sshd-server.js';
import { tempDir } from '../../testing/temp-dir.js';
import { needsRoot, needsTool } from '../../testing/tools.js';

const MIB = 1024 * 1024;
const IDS = ['20260101T000000Z-aaaaaa', '20260101T000000Z-bbbbbb'] as const;
const CONTEXT = { forbiddenBelow: [], requireRootOwner: false };
/** Far less than the minutes that a worker waits. */
const PATIENCE_MS = 1000;

interface Server {
  port: number;
  /** The destination as it is reached at this port. */
  at: (port: number) => DestinationSpec;
}

async function makeHarness(): Promise<EngineHarness> {
  const place = await tempDir();
  const home = join(place, 'home');
  await mkdir(home);
  for (let at = 0; at < 8; at += 1) {
    await writeFile(join(home, `file-${String(at)}.bin`), randomBytes(3 * MIB));
  }
  return EngineHarness.make(place, { home });
}

/** Calls `onBytes` when its streams have brought so many bytes, or have ended before that. */
class Watched extends MemoryDestination {
  private total = 0;

  constructor(
    private readonly bytes: number,
    private readonly onBytes: () => void,
  ) {
    super();
  }

  override put(...[key, body, options]: Parameters<Destination['put']>) {
    return super.put(key, body instanceof Uint8Array ? body : this.counted(body), options);
  }

  private async *counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      this.total += chunk.length;
      if (this.total >= this.bytes) this.onBytes();
      yield chunk;
    }
    this.onBytes();
  }
}

/** Backs up to the server and to memory; the server falls silent when memory has so many bytes. */
async function expectOthersGoOn(
  { port, at }: Server,
  silentAfter: number,
  patienceMs?: number,
): Promise<void> {
  const proxy = await startCuttingProxy({ target: { host: '127.0.0.1', port }, seed: 1 });
  onTestFinished(() => proxy.close());
  const hung = await openDestination(at(proxy.port), { ...CONTEXT, patienceMs });
  onTestFinished(() => hung.close());
  const sound = new Watched(silentAfter, () => {
    proxy.stall(true);
  });
  const harness = await makeHarness();
  const targets = [hung, sound].map((destination, index) => {
    return { snapshotId: IDS[index] ?? '', destination };
  });
  const [failed, whole] = await harness.backupToAll(targets, { structure: 'archived' });
  expect(failed).toMatchObject({ error: { code: 'destination.unreachable', isRetryable: true } });
  expect(whole).toMatchObject({ summary: { state: 'complete' } });
  harness.destination = sound;
  expect(await harness.verify(IDS[1])).toMatchObject({ state: 'complete' });
}

const MOMENTS = [
  ['at the first byte', 0],
  ['in the middle', 10 * MIB],
  ['after the last byte', Infinity],
] as const;

describe.skipIf(!canRunSshd())('an SSH server that falls silent', () => {
  let server: SshdServer;
  beforeAll(async () => {
    server = await startSshd('chroot');
  });
  afterAll(() => server.stop());

  const place = (): Server => {
    const { user, path, privateKey, hostKey } = server;
    const settings = { host: '127.0.0.1', user, path, hostKey, timeoutSeconds: 1 };
    const secrets = { privateKey };
    const at = (port: number) => ({ kind: 'ssh', settings: { ...settings, port }, secrets });
    return { port: server.port, at };
  };

  it.each(MOMENTS)('%s holds nobody up', async (_name, silentAfter) => {
    await expectOthersGoOn(place(), silentAfter, PATIENCE_MS);
  });

  it('is not waited for any longer to take back what was stored', async () => {
    await expectOthersGoOn(place(), 10 * MIB);
  });
});

describe.skipIf(!needsTool(...CEPH_TOOLS) || !needsRoot())('an S3 store that falls silent', () => {
  let ceph: CephServer;
  beforeAll(async () => {
    ceph = await startCeph();
    await ceph.createBucket('backups');
  });
  afterAll(() => ceph.close());

  it.each(MOMENTS)('%s holds nobody up', async (_name, silentAfter) => {
    const { accessKeyId, secretAccessKey } = ceph;
    const settings = { provider: 'ceph', bucket: 'backups', accessKeyId, timeoutSeconds: 1 };
    const at = (port: number) => {
      const endpoint = `http://127.0.0.1:${String(port)}`;
      return { kind: 's3', settings: { ...settings, endpoint }, secrets: { secretAccessKey } };
    };
    await expectOthersGoOn({ port: ceph.port, at }, silentAfter, PATIENCE_MS);
  });
});
