/**
 * What daily snapshots of an account cost when one file in a hundred changes each day, against what
 * they cannot do without: the oldest kept snapshot's content and what changed since. Content does not
 * compress. `npm run soak` takes 3,000 files and prints what it measured.
 *
 * A tree has folders of its own, at a block of the disk each: they are counted apart.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Destination } from '../../destinations/destination.js';
import { MemoryDestination } from '../../destinations/memory/memory.destination.js';
import { planCompaction } from '../runs/plan-compaction.js';
import { EngineHarness } from '../testing/engine-harness.js';
import { pick, randomOf } from '../testing/kill-plan.js';
import { stageOn } from '../testing/s3-stage.js';
import { CEPH_TOOLS, startCeph, type CephServer } from '../testing/servers/ceph-server.js';
import { tempDir } from '../testing/temp-dir.js';
import { needsTool } from '../testing/tools.js';
import type { ParentSnapshot, SnapshotSummary } from './types.js';

const run = promisify(execFile);
const isSoak = process.env['SOAK'] === '1';
const FILES = isSoak ? 3000 : 200;
const FILES_A_FOLDER = 20;
/** With sizes spread evenly, 48 KiB on average. */
const LARGEST_BYTES = 96 * 1024;
const CHURN = 0.01;
const KEEP = 30;
/** Retention has turned over: nothing of the first month is kept. Later on content is stored again
 * to let go of old archives (../runs/plan-compaction.spec.ts tells what that takes). */
const DAYS = 2 * KEEP;
/** As config.yaml has it when nobody says otherwise. */
const MAX_DEAD_SHARE = 0.3;
const DAY_MS = 86_400_000;
const TIMEOUT_MS = 1_800_000;

interface Day {
  summary: SnapshotSummary;
  /** Bytes of the files that changed since the day before; on the first day, of all. */
  changedBytes: number;
  contentBytes: number;
}

/** An account and its daily snapshots at one destination. */
class Account {
  /** Those that are kept, oldest first. */
  readonly days: Day[] = [];
  private readonly random = randomOf(FILES, 1);
  private readonly paths: string[] = [];
  private count = 0;

  private constructor(readonly harness: EngineHarness) {
    const { home } = harness.account;
    for (let number = 0; number < FILES; number += 1) {
      const folder = join(home, 'site', `f${String(Math.floor(number / FILES_A_FOLDER))}`);
      mkdirSync(folder, { recursive: true });
      this.paths.push(join(folder, `file-${String(number)}.jpg`));
    }
    for (const path of this.paths) this.write(path);
  }

  static async make(destination?: Destination): Promise<Account> {
    const place = await tempDir();
    const harness = await EngineHarness.make(place, { home: join(place, 'home') });
    harness.destination = destination ?? harness.destination;
    return new Account(harness);
  }

  async day(): Promise<Day> {
    this.count += 1;
    const isFirst = this.count === 1;
    return this.backUp(isFirst ? this.contentBytes() : this.change());
  }

  /** One without a change. */
  nextDay(): Promise<Day> {
    this.count += 1;
    return this.backUp(0);
  }

  private async backUp(changedBytes: number): Promise<Day> {
    this.harness.now = () => new Date(Date.now() + (this.count + 1) * DAY_MS);
    const time = this.harness.now().toISOString().slice(0, 19).replace(/[-:]/g, '');
    const summary = await this.harness.backup({
      snapshotId: `${time}Z-abcdef`,
      structure: 'incremental',
      parent: this.parent(),
    });
    const day = { summary, changedBytes, contentBytes: this.contentBytes() };
    this.days.push(day);
    return day;
  }

  async keep(count: number): Promise<void> {
    while (this.days.length > count) await this.harness.remove(this.days.shift()?.summary.id ?? '');
  }

  /** What the kept snapshots cannot do without. */
  neededBytes(): number {
    const [first, ...later] = this.days;
    return later.reduce((sum, { changedBytes }) => sum + changedBytes, first?.contentBytes ?? 0);
  }

  async objectBytes(): Promise<number> {
    let sum = 0;
    for await (const { sizeBytes } of this.harness.destination.list('')) sum += sizeBytes;
    return sum;
  }

  private parent(): ParentSnapshot | undefined {
    const newest = this.days.at(-1)?.summary.id;
    if (newest === undefined) return undefined;
    const uses = this.days.map(({ summary }) => summary.archives ?? []);
    const expiringArchives = planCompaction(uses, MAX_DEAD_SHARE);
    return { snapshotKey: this.harness.keyOf(newest), expiringArchives };
  }

  /** Answers how many bytes changed. */
  private change(): number {
    const changed = new Set<string>();
    while (changed.size < FILES * CHURN) changed.add(pick(this.paths, this.random));
    return [...changed].reduce((sum, path) => sum + this.write(path), 0);
  }

  private write(path: string): number {
    const bytes = Math.floor(this.random() * LARGEST_BYTES);
    writeFileSync(path, randomBytes(bytes));
    return bytes;
  }

  private contentBytes(): number {
    return this.paths.reduce((sum, path) => sum + lstatSync(path).size, 0);
  }
}

/** Of regular files, each inode once; and how many folders there are. */
function measure(top: string): { fileBytes: number; folders: number } {
  const sizes = new Map<number, number>();
  let folders = 0;
  for (const entry of readdirSync(top, { recursive: true, withFileTypes: true })) {
    const { ino, size } = lstatSync(join(entry.parentPath, entry.name));
    if (entry.isDirectory()) folders += 1;
    else sizes.set(ino, size);
  }
  return { fileBytes: [...sizes.values()].reduce((sum, size) => sum + size, 0), folders };
}

function report(what: string, numbers: Record<string, unknown>): void {
  if (isSoak) process.stdout.write(`${what}, ${String(FILES)} files: ${JSON.stringify(numbers)}\n`);
}

describe('thirty daily snapshots with one per cent changed each day', () => {
  it('as trees take what changed, and little more', { timeout: TIMEOUT_MS }, async () => {
    const account = await Account.make();
    for (let day = 0; day < KEEP; day += 1) await account.day();
    const { store } = account.harness;
    const needed = account.neededBytes();
    const { fileBytes, folders } = measure(store);
    const { stdout } = await run('du', ['-s', '--block-size=1', '--', store]);
    const diskBytes = Number(stdout.split('\t')[0]);
    const share = fileBytes / needed;
    report('trees', { needed, fileBytes, share, diskBytes, folders });
    expect(share).toBeGreaterThanOrEqual(1);
    expect(share).toBeLessThanOrEqual(1.05);
  });

  it(
    'as objects take little more, also when retention has turned over',
    { timeout: TIMEOUT_MS },
    async () => {
      const account = await Account.make(new MemoryDestination());
      let worst = 0;
      for (let day = 0; day < DAYS; day += 1) {
        await account.day();
        await account.keep(KEEP);
        const share = (await account.objectBytes()) / account.neededBytes();
        if (day >= KEEP) worst = Math.max(worst, share);
      }
      report('objects', { needed: account.neededBytes(), worst });
      expect(worst).toBeGreaterThan(1);
      expect(worst).toBeLessThanOrEqual(1.35);
    },
  );
});

describe.skipIf(!needsTool(...CEPH_TOOLS))('a snapshot without a change', () => {
  let ceph: CephServer;

  beforeAll(async () => {
    ceph = await startCeph();
  });

  afterAll(() => ceph.close());

  it('costs three requests that write on Ceph S3 at most', { timeout: TIMEOUT_MS }, async () => {
    const destination = (await stageOn(ceph)).open();
    const account = await Account.make(destination);
    await account.day();
    const before = destination.requests().puts;
    const { summary } = await account.nextDay();
    const puts = destination.requests().puts - before;
    report('without a change', { puts });
    expect(summary).toMatchObject({ newBytes: 0, entries: account.days[0]?.summary.entries });
    expect(puts).toBeLessThanOrEqual(3);
    expect(puts).toBeGreaterThan(0);
  });
});
