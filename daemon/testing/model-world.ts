/**
 * One account, one destination, and a model of what must lie there: for each snapshot what the home
 * was when it was made, as tree_snapshot.py saw it. The actions of a plan are played on both; where the
 * engine differs from the model, an action throws. The clock is the real one, moved ahead by days.
 */
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Destination } from '../../destinations/destination.js';
import { FaultyDestination } from '../../destinations/wrappers/faulty.destination.js';
import { snapshotOfArchive } from '../engine/layout.js';
import { pathReference } from '../engine/manifest/byte-path.js';
import { findSnapshots } from '../engine/manifest/find-snapshots.js';
import { pruneAccount } from '../engine/manifest/prune-account.js';
import type { FoundFile, ParentSnapshot, SnapshotSummary, Structure } from '../engine/types.js';
import type { ListedObject } from '../engine/manifest/prune-types.js';
import { planCompaction } from '../runs/plan-compaction.js';
import { compareSnapshots, snapshotOfTree, type TreeSnapshot } from './compare-trees.js';
import { EngineHarness } from './engine-harness.js';
import { killEngine } from './engine-process.js';
import { pick, randomOf } from './kill-plan.js';
import { makeModelHome, ModelHome, TENANT } from './model-home.js';
import type { Action } from './model-plan.js';

type Chance = () => number;

interface Remembered {
  summary: SnapshotSummary;
  home: TreeSnapshot;
  isLocked: boolean;
}

export interface WorldOptions {
  structure: Structure;
  /** Undefined: a local one. */
  destination?: Destination | undefined;
}

const HOUR_MS = 3_600_000;
const MAX_DEAD_SHARE = 0.3;
/** Files that changed so shortly before a snapshot are read again by the next. */
const RACY_MS = 10_000;

export class ModelWorld {
  /** By id, oldest first. */
  readonly snapshots = new Map<string, Remembered>();
  private readonly home: string;
  private readonly out: string;
  private homeNow: TreeSnapshot | undefined;
  private aheadMs = 0;
  private made = 0;
  private usualMs = 300;
  /** The newest snapshot of the home as it still is, from which nothing needs to be stored again. */
  private unchangedSince: string | undefined;

  private constructor(
    private readonly harness: EngineHarness,
    place: string,
    private readonly options: WorldOptions,
  ) {
    this.home = join(place, 'home');
    this.out = join(place, 'out');
    harness.now = () => new Date(Date.now() + this.aheadMs);
    harness.destination = options.destination ?? harness.destination;
  }

  /** `place`: an empty directory. `seed`: of the home as it begins. */
  static async make(place: string, seed: number, options: WorldOptions): Promise<ModelWorld> {
    const home = join(place, 'home');
    makeModelHome(home, randomOf(seed, -1));
    // The tenant must get there.
    await chmod(place, 0o711);
    const harness = await EngineHarness.make(place, { home, ...TENANT });
    return new ModelWorld(harness, place, options);
  }

  async play({ kind, seed }: Action): Promise<void> {
    const chance = randomOf(seed, 0);
    await this.actions[kind](chance);
  }

  /** Every snapshot is as the model says. */
  async check(): Promise<void> {
    await this.reindex();
    for (const id of this.snapshots.keys()) {
      await this.verify(id);
      await this.restore(id);
    }
  }

  private readonly actions: Record<Action['kind'], (chance: Chance) => Promise<void> | void> = {
    change: (chance) => {
      new ModelHome(this.home, chance).changeSome();
      this.noteChange();
    },
    'back up': () => this.backUp(),
    wait: (chance) => {
      this.aheadMs += Math.floor(chance() * 72 * HOUR_MS);
    },
    lock: (chance) => this.onOne(chance, (id) => this.setLock(id, true)),
    unlock: (chance) => this.onOne(chance, (id) => this.setLock(id, false)),
    expire: (chance) => this.expire(1 + Math.floor(chance() * 5)),
    prune: (chance) => this.prune(1 + Math.floor(chance() * 5), chance),
    scrub: () => this.scrub(),
    kill: (chance) => this.kill(chance),
    reindex: () => this.reindex(),
    verify: (chance) => this.onOne(chance, (id) => this.verify(id)),
    restore: (chance) => this.onOne(chance, (id) => this.restore(id)),
    'restore part': (chance) => this.onOne(chance, (id) => this.restorePart(id, chance)),
    'restore in place': (chance) => this.onOne(chance, (id) => this.restoreInPlace(id)),
  };

  private async onOne(chance: Chance, act: (id: string) => Promise<void> | void): Promise<void> {
    const ids = [...this.snapshots.keys()];
    if (ids.length > 0) await act(pick(ids, chance));
  }

  private setLock(id: string, isLocked: boolean): void {
    this.get(id).isLocked = isLocked;
  }

  private async backUp(): Promise<void> {
    const { structure } = this.options;
    const parent = this.parent();
    const snapshotId = this.nextId();
    const started = performance.now();
    const summary = await this.harness.backup({ snapshotId, structure, parent });
    this.usualMs = performance.now() - started;
    if (summary.state !== 'complete') {
      throw new Error(`${summary.id}: ${JSON.stringify(summary.leftOut)}`);
    }
    if (this.isToCostNothing(parent) && summary.newBytes !== 0) {
      throw new Error(`${summary.id}: ${String(summary.newBytes)} bytes stored, nothing changed`);
    }
    await this.remember(summary);
  }

  private isToCostNothing(parent: ParentSnapshot | undefined): boolean {
    if (parent === undefined || this.unchangedSince === undefined) return false;
    const isParent = parent.snapshotKey === this.harness.keyOf(this.unchangedSince);
    return isParent && parent.expiringArchives.length === 0;
  }

  private async remember(summary: SnapshotSummary): Promise<void> {
    this.snapshots.set(summary.id, { summary, home: await this.look(), isLocked: false });
    this.unchangedSince = this.aheadMs > RACY_MS ? summary.id : undefined;
  }

  /** As the daemon asks for it (../runs/snapshot-sources.ts). */
  private parent(): ParentSnapshot | undefined {
    const newest = [...this.snapshots.keys()].at(-1);
    if (newest === undefined || this.options.structure !== 'incremental') return undefined;
    const uses = [...this.snapshots.values()].map(({ summary }) => summary.archives ?? []);
    const expiringArchives = planCompaction(uses, MAX_DEAD_SHARE);
    return { snapshotKey: this.harness.keyOf(newest), expiringArchives };
  }

  /** In the order of time, even within a second. */
  private nextId(): string {
    this.made += 1;
    this.aheadMs += 1000;
    const time = this.harness.now().toISOString().slice(0, 19).replace(/[-:]/g, '');
    return `${time}Z-${String(this.made).padStart(6, '0')}`;
  }

  private async expire(keepLast: number): Promise<void> {
    const over = this.takeOver(keepLast);
    for (const id of over) await this.harness.remove(id);
    // What a killed backup left goes with a removal, or with a scrub.
    if (over.length > 0) await this.expectNothingElse();
  }

  /** As the daemon does it: cut off at some call, begun again, and in a later run what nothing needed. */
  private async prune(keepLast: number, chance: Chance): Promise<void> {
    const { harness } = this;
    const expiredKeys = this.takeOver(keepLast).map((id) => harness.keyOf(id));
    const [accountPrefixes, trustedKeysPem] = [[harness.prefix], [harness.publicKeyPem]];
    const run = async (ripe: ListedObject[], destination: Destination): Promise<ListedObject[]> => {
      const told: ListedObject[] = [];
      const request = { accountPrefixes, trustedKeysPem, expiredKeys, ripe };
      const report = await pruneAccount(request, { ...harness.context(), destination }, (batch) => {
        if (batch.kind === 'unreferenced') told.push(...batch.objects);
        return Promise.resolve();
      });
      if (report.state !== 'complete') throw new Error(`prune: ${report.damagedFiles.join()}`);
      return told;
    };
    const dying = dyingAfter(harness.destination, Math.floor(chance() * 40), 0);
    await run([], dying).catch(() => undefined);
    await run(await run([], harness.destination), harness.destination);
    await this.expectNothingElse();
  }

  /** The rule of retention, in its own words: neither a locked one goes nor the newest. What goes is no
   * longer in the model. */
  private takeOver(keepLast: number): string[] {
    const ids = [...this.snapshots.keys()].slice(0, -keepLast);
    const over = ids.filter((id) => !this.get(id).isLocked);
    for (const id of over) this.snapshots.delete(id);
    return over;
  }

  private async scrub(): Promise<void> {
    await this.harness.scrub();
    await this.expectNothingElse();
  }

  /** What lies there belongs to a snapshot of the model. */
  private async expectNothingElse(): Promise<void> {
    const { destination, prefix } = this.harness;
    const named = new Set(
      [...this.snapshots.values()]
        .flatMap(({ summary }) => summary.archives ?? [])
        .map(({ name }) => name),
    );
    const ids = this.snapshots;
    const strays: string[] = [];
    for await (const { key } of destination.list(`${prefix}archives/`)) {
      const name = key.slice(key.lastIndexOf('/') + 1);
      if (!named.has(name) && !ids.has(snapshotOfArchive(name) ?? '')) strays.push(key);
    }
    for await (const key of destination.trees?.list(prefix) ?? []) {
      if (!ids.has(key.slice(key.lastIndexOf('/') + 1))) strays.push(key);
    }
    expectNone('belong to nothing', strays);
  }

  /** It may have come to its end all the same; then it is a snapshot like any other. */
  private async kill(chance: Chance): Promise<void> {
    const { structure, destination } = this.options;
    const snapshotId = this.nextId();
    const request = this.harness.backupRequest({ snapshotId, structure, parent: this.parent() });
    if (destination === undefined) {
      const { store } = this.harness;
      const work = { work: 'backup', store, request, aheadMs: this.aheadMs } as const;
      await killEngine(work, chance() * 1.3 * this.usualMs);
    } else {
      const dying = dyingAfter(destination, Math.floor(chance() * 25), chance() * 300_000);
      await this.harness.backup(request, { destination: dying }).catch(() => undefined);
    }
    const found = (await this.find()).get(snapshotId);
    if (found !== undefined) await this.remember(found);
    await this.reindex();
  }

  private async reindex(): Promise<void> {
    const found = await this.find();
    const wanted = new Map(
      [...this.snapshots].map(([id, { summary }]) => [id, summary.contentBytes]),
    );
    const there = new Map([...found].map(([id, summary]) => [id, summary.contentBytes]));
    if (isDeepStrictEqual(wanted, there)) return;
    throw new Error(`the list should be ${inJson(wanted)}, is ${inJson(there)}`);
  }

  private async find(): Promise<Map<string, SnapshotSummary>> {
    const { publicKeyPem } = this.harness;
    const files: FoundFile[] = [];
    await findSnapshots({ trusted: [{ publicKeyPem }] }, this.harness.context(), (batch) => {
      files.push(...batch.files);
      return Promise.resolve();
    });
    const summaries = files.map((file) => {
      if (file.kind !== 'snapshot') throw new Error(`${file.key} is ${file.kind}`);
      return [file.summary.id, file.summary] as const;
    });
    return new Map(summaries);
  }

  private async verify(id: string): Promise<void> {
    const { damage } = await this.harness.verify(id);
    expectNone(id, inTexts(damage));
  }

  private async restore(id: string): Promise<void> {
    const restored = await this.restoreOut(id, []);
    expectNone(id, compareSnapshots(this.get(id).home, restored));
  }

  /** A name of a file of several may come without the others. */
  private async restorePart(id: string, chance: Chance): Promise<void> {
    const paths = [...this.get(id).home.keys()].filter((path) => path !== '');
    if (paths.length === 0) return;
    const part = pick(paths, chance);
    const restored = await this.restoreOut(id, [pathReference(`homedir/${part}`)]);
    const isPart = (path: string): boolean => path === part || path.startsWith(`${part}/`);
    const ofPart = (tree: TreeSnapshot): TreeSnapshot =>
      new Map([...tree].filter(([path]) => isPart(path)));
    const [wanted, there] = [ofPart(this.get(id).home), ofPart(restored)];
    expectNone(id, compareSnapshots(wanted, there, { ignore: ['group'] }));
  }

  private async restoreOut(id: string, paths: string[]): Promise<TreeSnapshot> {
    await rm(this.out, { recursive: true, force: true });
    await mkdir(this.out);
    const target = { place: 'directory', path: this.out, mode: 'overlay' } as const;
    const report = await this.harness.restore(id, { target, selection: { paths, items: [] } });
    expectNone(id, inTexts(report.problems));
    return snapshotOfTree(join(this.out, 'homedir'));
  }

  private async restoreInPlace(id: string): Promise<void> {
    this.noteChange();
    const report = await this.harness.restore(id, {
      target: { place: 'original', mode: 'mirror' },
    });
    expectNone(id, inTexts(report.problems));
    expectNone(id, compareSnapshots(this.get(id).home, await this.look()));
  }

  private noteChange(): void {
    this.homeNow = undefined;
    this.unchangedSince = undefined;
  }

  private async look(): Promise<TreeSnapshot> {
    this.homeNow ??= await snapshotOfTree(this.home);
    return this.homeNow;
  }

  private get(id: string): Remembered {
    const found = this.snapshots.get(id);
    if (found === undefined) throw new Error(`The model has no ${id}.`);
    return found;
  }
}

/** As a store looks to a process that is killed: from some call on, nothing reaches it any more. */
function dyingAfter(destination: Destination, calls: number, bytes: number): Destination {
  let made = 0;
  return new FaultyDestination(destination, (call) => {
    made += 1;
    if (made < calls) return undefined;
    if (made === calls && call === 'put') return { fault: 'cut', after: Math.floor(bytes) };
    return { fault: 'fail', isRetryable: false };
  });
}

const SHOWN = 10;

function expectNone(what: string, differences: readonly string[]): void {
  if (differences.length === 0) return;
  const more =
    differences.length > SHOWN ? ` … and ${String(differences.length - SHOWN)} more` : '';
  throw new Error(`${what}: ${differences.slice(0, SHOWN).join('; ')}${more}`);
}

function inJson(map: ReadonlyMap<string, number>): string {
  return JSON.stringify([...map]);
}

function inTexts(problems: readonly { path: string; message: string }[]): string[] {
  return problems.map(({ path, message }) => `${path} ${message}`);
}
