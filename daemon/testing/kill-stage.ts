/**
 * The stage of the kill tests: a daemon on an instance of its own, two accounts, a job, a snapshot
 * whose content is known, and how long a backup and a restore usually take here.
 */
import { watch } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { LocalDestination } from '../../destinations/local/local.destination.js';
import type { RunDetailView, RunView, SnapshotView } from '../api/views.js';
import { apiPath } from '../cli/client.js';
import { snapshotKey } from '../engine/layout.js';
import { verifySnapshot } from '../engine/manifest/verify-snapshot.js';
import type { VerifyReport } from '../engine/types.js';
import { KillableDaemon, sendSignal } from './kill-daemon.js';
import { changeHome, inventoryOf, makeHome, type Inventory } from './kill-homes.js';
import { type Blow, type KilledWork, type Moment, type RestorePlace } from './kill-plan.js';
import { accountFolders } from './kill-store.js';
import { makeTempDir, removeTempDir } from './temp-dir.js';
import { ANNA_UID, BOB_UID, makeTestInstance } from './test-daemon.js';

const isRoot = process.geteuid?.() === 0;
/** The snapshots that are kept of each account, beside the known one. */
const KEPT = 3;
const PAUSE_MS = 300;

export class KillStage {
  readonly store: string;
  /** The snapshot that is restored, and what it holds. */
  known = '';
  wanted: Inventory = new Map();
  /** Workers that were stopped before they were at work: nothing of theirs can be in the way, and
   * they end as soon as they go on. */
  unbegun: number[] = [];
  private usualMs: Record<KilledWork, number> = { backup: 0, restore: 0 };
  private readonly verified = new Set<string>();

  private constructor(readonly daemon: KillableDaemon) {
    this.store = join(daemon.directory, 'store');
  }

  static async make(): Promise<KillStage> {
    const directory = await makeTempDir();
    await makeTestInstance(directory);
    const stage = new KillStage(new KillableDaemon(directory));
    await stage.configure();
    makeHome(stage.home, ANNA_UID, { folders: 40, filesEach: 14, largeBytes: 12_000_000 });
    makeHome(stage.homeOf('bob'), BOB_UID, { folders: 4, filesEach: 10, largeBytes: 3_000_000 });
    const { daemon } = stage;
    await daemon.start();
    await daemon.json(['destination', 'add', 'local', 'main', '--path', stage.store]);
    const job = ['--accounts', 'all', '--destination', 'main', '--structure', 'compressed'];
    await daemon.json(['job', 'add', 'nightly', ...job]);
    await stage.measure();
    return stage;
  }

  get home(): string {
    return this.homeOf('anna');
  }

  async remove(): Promise<void> {
    await this.daemon.kill();
    await removeTempDir(this.daemon.directory);
  }

  /** Changes the homes and asks for a backup of both. */
  async beginBackup(seed: number): Promise<RunView> {
    changeHome(this.home, ANNA_UID, seed, 0.1);
    changeHome(this.homeOf('bob'), BOB_UID, seed, 0.1);
    return this.daemon.client.post<RunView>('/jobs/nightly/run');
  }

  /** Puts other bytes where the known snapshot will be restored to. Answers what is there. */
  async prepareTarget(place: RestorePlace, seed: number): Promise<Inventory> {
    if (place === 'beside') return new Map();
    if (place === 'directory') {
      await rm(this.elsewhere, { recursive: true, force: true });
      await mkdir(this.elsewhere, { mode: 0o700 });
      await cp(this.home, join(this.elsewhere, 'homedir'), { recursive: true });
    }
    const top = await this.targetOf(place);
    changeHome(top, ANNA_UID, seed, 0.6);
    return inventoryOf(top);
  }

  beginRestore(place: RestorePlace): Promise<RunView> {
    const requests: Record<RestorePlace, object> = {
      overlay: {},
      mirror: { mode: 'mirror', confirm: 'anna' },
      directory: { to: this.elsewhere },
      beside: { beside: true },
    };
    return this.daemon.client.post<RunView>(
      `${apiPath('snapshots', this.known)}/restore`,
      requests[place],
    );
  }

  /** Where the home's content goes; of folders beside it, the newest. */
  async targetOf(place: RestorePlace): Promise<string> {
    if (place === 'directory') return join(this.elsewhere, 'homedir');
    if (place !== 'beside') return this.home;
    const folders = await this.besideFolders();
    return join(this.home, folders.at(-1) ?? `restored-${this.known}`);
  }

  async removeBeside(): Promise<void> {
    for (const name of await this.besideFolders()) {
      await rm(join(this.home, name), { recursive: true });
    }
  }

  /** Waits for the moment and deals the blow. Answers how many workers were at work. */
  async strike({ work, place, trigger, blow }: Moment, runId: number): Promise<number> {
    if (trigger.kind === 'time') await sleep(trigger.share * this.usualMs[work]);
    else {
      const folder =
        trigger.folder === 'target'
          ? await this.watchedFolder(place)
          : join(accountFolders(this.store).get('anna') ?? '', trigger.folder);
      await somethingHappens(folder, this.usualMs[work] * 2);
      await sleep(trigger.delayMs);
    }
    const workers = this.daemon.workers();
    this.unbegun = [];
    if (blow === 'stop worker, kill daemon') await this.stopWorkers(workers, runId);
    await deal(blow, this.daemon.pid, workers);
    return workers.length;
  }

  private async stopWorkers(workers: readonly number[], runId: number): Promise<void> {
    for (const pid of workers) sendSignal(pid, 'SIGSTOP');
    await sleep(PAUSE_MS / 3);
    const { tasks } = await this.daemon.run(runId);
    const running = tasks.filter((task) => task.state === 'running');
    const hasUnbegun = running.some((task) => task.progress === null);
    // What indexes a snapshot belongs to no task, and tells nothing of how far it is.
    if (hasUnbegun || workers.length > running.length) this.unbegun = [...workers];
  }

  async listed(): Promise<SnapshotView[]> {
    const list = ['snapshot', 'list', '--limit', '500'];
    const kept = await this.daemon.json<SnapshotView[]>([...list, '--safety']);
    return [...(await this.daemon.json<SnapshotView[]>(list)), ...kept];
  }

  /** Ids of those, not looked at before, that do not verify. */
  async damaged(snapshots: readonly SnapshotView[]): Promise<string[]> {
    const damaged: string[] = [];
    for (const { id, account } of snapshots) {
      if (this.verified.has(id)) continue;
      this.verified.add(id);
      const report = await this.verify(id, account);
      if (report.state !== 'complete') damaged.push(`${id}: ${JSON.stringify(report.damage)}`);
    }
    return damaged;
  }

  /** Removes all but the newest, so that the soak fits on a disk; as an admin would. */
  async prune(snapshots: readonly SnapshotView[]): Promise<RunDetailView[]> {
    const ended: RunDetailView[] = [];
    for (const account of ['anna', 'bob']) {
      const own = snapshots.filter((one) => one.account === account && one.id !== this.known);
      for (const { id } of own.slice(KEPT)) {
        const run = await this.daemon.client.delete<RunView>(apiPath('snapshots', id));
        ended.push(await this.daemon.runEnded(run.id));
      }
    }
    return ended;
  }

  get usual(): string {
    const { backup, restore } = this.usualMs;
    return `backup ${backup.toFixed(0)} ms, restore ${restore.toFixed(0)} ms`;
  }

  private get elsewhere(): string {
    return join(this.daemon.directory, 'elsewhere');
  }

  private homeOf(account: string): string {
    return join(this.daemon.directory, 'homes', account);
  }

  private async besideFolders(): Promise<string[]> {
    const names = await readdir(this.home);
    return names
      .filter((name) => name.startsWith('restored-'))
      .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  }

  private async watchedFolder(place: RestorePlace): Promise<string> {
    if (place === 'beside') return this.home;
    return join(await this.targetOf(place), 'public_html', 'folder-1');
  }

  private async configure(): Promise<void> {
    const config = {
      sandbox: !isRoot,
      accounts: { source: 'directory', file: join(this.daemon.directory, 'accounts.yaml') },
      panel: { port: 0 },
      queue: { concurrency: 2, nice: 0, ioClass: 'none' },
      backup: { threads: 2, retryDelaySeconds: 0.2 },
    };
    await writeFile(this.daemon.paths.config, stringify(config));
  }

  /** Each twice: the first time, files and programs are not in memory yet. */
  private async measure(): Promise<void> {
    for (const seed of [1, 2]) {
      const content = inventoryOf(this.home);
      const startedMs = performance.now();
      const run = await this.daemon.client.post<RunView>('/jobs/nightly/run');
      const { tasks } = await this.daemon.runEnded(run.id);
      this.usualMs.backup = performance.now() - startedMs;
      this.known = tasks.find((task) => task.account === 'anna')?.snapshotId ?? '';
      this.wanted = content;
      await this.prepareTarget('overlay', seed);
      const restoreMs = performance.now();
      await this.daemon.runEnded((await this.beginRestore('mirror')).id);
      this.usualMs.restore = performance.now() - restoreMs;
    }
  }

  private async verify(snapshotId: string, account: string): Promise<VerifyReport> {
    const place = { forbiddenBelow: [], requireRootOwner: false };
    const destination = new LocalDestination({ path: this.store, diskLimitPercent: 100 }, place);
    const folder = accountFolders(this.store).get(account) ?? '';
    const prefix = `${folder.slice(this.store.length + 1)}/`;
    const publicKey = join(this.daemon.paths.keys, 'server.pub.pem');
    try {
      return await verifySnapshot(
        {
          snapshotKey: snapshotKey({ prefix, snapshotId }),
          trustedKeysPem: [await readFile(publicKey, 'utf8')],
        },
        {
          destination,
          signal: new AbortController().signal,
          onProgress: () => undefined,
          log: () => undefined,
          now: () => new Date(),
          threads: 1,
        },
      );
    } finally {
      await destination.close();
    }
  }
}

async function deal(blow: Blow, daemon: number, workers: readonly number[]): Promise<void> {
  const toWorkers = (signal: NodeJS.Signals): void => {
    for (const pid of workers) sendSignal(pid, signal);
  };
  switch (blow) {
    case 'kill daemon':
    case 'stop worker, kill daemon':
      sendSignal(-daemon, 'SIGKILL');
      return;
    case 'kill worker':
      toWorkers('SIGKILL');
      return;
    case 'kill all':
      sendSignal(-daemon, 'SIGKILL');
      toWorkers('SIGKILL');
      return;
    case 'terminate daemon':
      sendSignal(daemon, 'SIGTERM');
      return;
    case 'terminate worker':
      toWorkers('SIGTERM');
      return;
    case 'pause daemon':
      sendSignal(daemon, 'SIGSTOP');
      await sleep(PAUSE_MS);
      sendSignal(daemon, 'SIGCONT');
      return;
    case 'pause worker':
      toWorkers('SIGSTOP');
      await sleep(PAUSE_MS);
      toWorkers('SIGCONT');
  }
}

/** Resolves at the first change in the folder, or when there is none for so long. */
async function somethingHappens(folder: string, withinMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const watcher = watch(folder, () => {
      done();
    });
    const timer = setTimeout(() => {
      done();
    }, withinMs);
    const done = (): void => {
      clearTimeout(timer);
      watcher.close();
      resolve();
    };
  });
}
