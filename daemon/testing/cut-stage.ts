/**
 * The stage of the cut tests: the built worker, one account, and one remote destination that it
 * reaches through a proxy only. What lies there is looked at past the proxy.
 */
import { randomBytes } from 'node:crypto';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Destination } from '../../destinations/destination.js';
import { openDestination, splitSettings } from '../../destinations/registry.js';
import { snapshotOfKey } from '../engine/layout.js';
import { verifySnapshot } from '../engine/manifest/verify-snapshot.js';
import type { DestinationInput } from '../jobs/destination-input.js';
import type { Run } from '../runs/run.entity.js';
import { changeHome, inventoryOf, makeHome, type Inventory } from './kill-homes.js';
import { admin, openHarness, ownerOf, until, type Harness } from './runs-harness.js';
import { startCuttingProxy, type CuttingProxy } from './servers/cutting-proxy.js';

const workerModule = fileURLToPath(new URL('../../dist/worker/worker.js', import.meta.url));
const JOB = 'nightly';
const [UID] = ownerOf(0);
/** Two parts of an upload to S3. */
const LARGE_BYTES = 7_000_000;

export interface CutPlace {
  /** Where the server listens. */
  port: number;
  /** The destination as it is added, reached at this port. */
  at: (port: number) => DestinationInput;
}

export class CutStage {
  /** What each snapshot holds. */
  readonly contents = new Map<string, Inventory>();
  private readonly verified = new Set<string>();

  private constructor(
    readonly proxy: CuttingProxy,
    readonly home: string,
    private readonly harness: Harness,
    private readonly direct: Destination,
  ) {}

  /** For the calling test. */
  static async make({ port, at }: CutPlace, seed: number): Promise<CutStage> {
    const proxy = await startCuttingProxy({ target: { host: '127.0.0.1', port }, seed });
    onTestFinished(() => proxy.close());
    const harness = await openHarness({ accounts: ['shop'], workerModule });
    const home = join(harness.home, 'homes', 'shop');
    await mkdir(home, { recursive: true });
    makeHome(home, UID, { folders: 6, filesEach: 8, largeBytes: 0 });
    const added = await harness.setup.add(admin, at(proxy.port));
    const job = { name: JOB, accounts: 'all', structure: 'compressed', retries: 0 } as const;
    await harness.jobs.add(admin, { ...job, destinations: [added.name] });
    await harness.queue.start();
    const direct = await openPast(at(port));
    onTestFinished(() => direct.close());
    return new CutStage(proxy, home, harness, direct);
  }

  /** Changes the home and backs it up. */
  async backUp(seed: number): Promise<Run> {
    changeHome(this.home, UID, seed, 0.15);
    await this.renewLarge();
    const content = inventoryOf(this.home);
    const { harness } = this;
    const run = await harness.runs.startBackup(admin, JOB);
    const ended = await harness.runs.waitFor(run.id);
    this.proxy.cutNext([]);
    // What was published although nobody heard of it is adopted when leftovers are looked through.
    await until(async () => ((await harness.snapshots.listLeftovers()).length === 0 ? true : undefined)); // prettier-ignore
    const isKnown = (id: string): boolean => this.contents.has(id);
    for (const id of (await this.listed()).filter((one) => !isKnown(one))) {
      this.contents.set(id, content);
    }
    return ended;
  }

  /** Changes would make it small, and most of the bytes that can be cut are its. */
  private async renewLarge(): Promise<void> {
    const path = join(this.home, 'large.bin');
    await rm(path, { force: true });
    await writeFile(path, randomBytes(LARGE_BYTES));
    await chown(path, ...ownerOf(0));
  }

  /** Changes most of the home; answers what is in it then. */
  wreck(seed: number): Inventory {
    changeHome(this.home, UID, seed, 0.6);
    return inventoryOf(this.home);
  }

  async restore(snapshotId: string): Promise<Run> {
    const run = await this.harness.runs.startRestore(admin, snapshotId, {});
    const ended = await this.harness.runs.waitFor(run.id);
    this.proxy.cutNext([]);
    return ended;
  }

  /** Ids that the catalogue lists, in order. */
  async listed(): Promise<string[]> {
    const rows = await this.harness.snapshots.list({ limit: 10_000 });
    return rows.map(({ id }) => id).sort();
  }

  /** With what restores kept there before they replaced it; a line that is cut lets it go to the disk. */
  async listedWithSafety(): Promise<string[]> {
    const { snapshots, destination: disk } = this.harness;
    const kept = await snapshots.list({ limit: 10_000, isSafety: true });
    const there = kept.filter(({ destinationId }) => destinationId !== disk.id);
    return [...(await this.listed()), ...there.map(({ id }) => id)].sort();
  }

  /** Ids of snapshot files and of archives at the destination, in order. */
  async stored(): Promise<{ published: string[]; archives: string[] }> {
    const ids = { published: new Set<string>(), archives: new Set<string>() };
    for await (const { key } of this.direct.list('')) {
      const id = snapshotOfKey(key);
      if (id !== undefined) ids[key.endsWith('.json') ? 'published' : 'archives'].add(id);
    }
    return { published: [...ids.published].sort(), archives: [...ids.archives].sort() };
  }

  /** Ids that do not verify; each is looked at once, unless `isAgain`. */
  async damaged({ isAgain = false } = {}): Promise<string[]> {
    const { keys, snapshots } = this.harness;
    const damaged: string[] = [];
    for (const { id, key } of await snapshots.list({ limit: 10_000 })) {
      if (this.verified.has(id) && !isAgain) continue;
      this.verified.add(id);
      const request = { snapshotKey: key, trustedKeysPem: [keys.publicKeyPem] };
      const report = await verifySnapshot(request, {
        destination: this.direct,
        signal: new AbortController().signal,
        onProgress: () => undefined,
        log: () => undefined,
        now: () => new Date(),
        threads: 1,
      });
      if (report.state !== 'complete') damaged.push(`${id}: ${JSON.stringify(report.damage)}`);
    }
    return damaged;
  }
}

function openPast({ name: _, kind, ...given }: DestinationInput): Promise<Destination> {
  const context = { forbiddenBelow: [], requireRootOwner: false };
  return openDestination({ kind, ...splitSettings(kind, given) }, context);
}
