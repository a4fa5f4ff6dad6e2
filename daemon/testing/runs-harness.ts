/**
 * The services of jobs and runs over a real catalogue, a real local destination and real worker
 * processes, which do what an account's name tells them to (fake-worker.mjs).
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { DataSource } from 'typeorm';
import { onTestFinished } from 'vitest';
import { AccountDatabases } from '../accounts/account-databases.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { AccountsStore } from '../accounts/accounts.store.js';
import { OrphansService } from '../accounts/orphans.service.js';
import type { AdminActor, AccountActor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import { EventsStore } from '../auth/events.store.js';
import { PermissionSettings } from '../auth/permissions/permission-settings.service.js';
import { PermissionsStore } from '../auth/permissions/permissions.store.js';
import { DestinationPrunes } from '../jobs/destination-prunes.service.js';
import { DestinationOpener } from '../jobs/destination-opener.js';
import { DestinationSetup } from '../jobs/destination-setup.service.js';
import { DestinationBrowser } from '../jobs/destination-browser.js';
import { DestinationValidations } from '../jobs/destination-validations.service.js';
import { DestinationsService } from '../jobs/destinations.service.js';
import { DestinationsStore } from '../jobs/destinations.store.js';
import type { JobAccounts } from '../jobs/account-filter.js';
import { HooksService } from '../jobs/hooks.service.js';
import { HooksStore } from '../jobs/hooks.store.js';
import { JobNames } from '../jobs/job-names.js';
import { JobsService } from '../jobs/jobs.service.js';
import { JobsStore } from '../jobs/jobs.store.js';
import { OnDemandOffers } from '../jobs/on-demand-offers.js';
import { SchedulesService } from '../jobs/schedules.service.js';
import { SchedulesStore } from '../jobs/schedules.store.js';
import { systemClock, type Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { parseConfig } from '../platform/config.js';
import { instancePaths, makeInstanceDirectories } from '../platform/instance.js';
import { createLogger } from '../platform/logger.js';
import { openSecretBox } from '../platform/secret.js';
import { openServerKeys } from '../platform/server-keys.js';
import { readUptime, type ReadUptime } from '../platform/uptime.js';
import { ServerTrust } from '../jobs/server-trust.service.js';
import { DownloadsService } from '../restores/downloads.service.js';
import { CrashScrub } from '../runs/crash-scrub.js';
import { DestinationRuns } from '../runs/destination-runs.js';
import { GarbageNotes } from '../runs/garbage-notes.js';
import { GarbageStore } from '../runs/garbage.store.js';
import { HookDocuments } from '../runs/hook-documents.js';
import { HookedTasks } from '../runs/hooked-tasks.js';
import { InterruptedSwaps } from '../runs/interrupted-swaps.js';
import { ItemPermissions } from '../runs/item-permissions.js';
import { JobCandidates } from '../runs/job-candidates.js';
import { Leftovers } from '../runs/leftovers.js';
import { OnDemandService } from '../runs/on-demand.service.js';
import { PreviewsService } from '../runs/previews.service.js';
import { PrunePreviews } from '../runs/prune-previews.service.js';
import { PruneTasks } from '../runs/prune-tasks.js';
import { PrunesService } from '../runs/prunes.service.js';
import { QueueService } from '../runs/queue.service.js';
import { RestoreConditions } from '../runs/restore-conditions.service.js';
import { RestoreConditionsStore } from '../runs/restore-conditions.store.js';
import { DownloadLimits } from '../runs/download-limits.service.js';
import { RestoreLimits } from '../runs/restore-limits.service.js';
import { RestoreRequests } from '../runs/restore-requests.js';
import { RestoreTasks } from '../runs/restore-tasks.js';
import { RetentionMarks } from '../runs/retention-marks.js';
import { RetentionPlans } from '../runs/retention-plans.js';
import { RetentionService } from '../runs/retention.service.js';
import { RetentionStore } from '../runs/retention.store.js';
import { RunEvents } from '../runs/run-events.js';
import { RunFollowups } from '../runs/run-followups.js';
import { RunLog } from '../runs/run-log.js';
import { RunRecords } from '../runs/run-records.js';
import { RunStarter } from '../runs/run-starter.js';
import { RunWriter } from '../runs/run-writer.js';
import { RunsService } from '../runs/runs.service.js';
import { RunsStore } from '../runs/runs.store.js';
import { SafetyPlaces } from '../runs/safety-places.js';
import { SafetySnapshots } from '../runs/safety-snapshots.js';
import { ScheduleDriver } from '../runs/schedule-driver.js';
import { ScheduledRuns } from '../runs/scheduled-runs.js';
import { Timeline } from '../runs/timeline.js';
import { SnapshotAdoption } from '../runs/snapshot-adoption.js';
import { SnapshotIndexStore } from '../runs/snapshot-index.store.js';
import { SnapshotIndex } from '../runs/snapshot-index.service.js';
import { SnapshotOwners } from '../runs/snapshot-owners.js';
import { SnapshotProof } from '../runs/snapshot-proof.js';
import { SnapshotSources } from '../runs/snapshot-sources.js';
import { SnapshotsStore } from '../runs/snapshots.store.js';
import { SteadyTime } from '../runs/steady-time.store.js';
import { TaskRunner } from '../runs/task-runner.js';
import { TaskWorkers } from '../runs/task-workers.js';
import { TasksStore } from '../runs/tasks.store.js';
import { UndoLedgers } from '../runs/undo-ledgers.js';
import { UndoOffers } from '../runs/undo-offers.js';
import { UndosService } from '../runs/undos.service.js';
import { WorkOrders } from '../runs/work-orders.js';
import { Workers } from '../runs/workers.js';
import { openTestCatalogue } from './open-test-catalogue.js';
import { tempDir } from './temp-dir.js';
import { permissionsOf } from './permissions-of.js';

export const admin: AdminActor = { role: 'admin', label: 'root', uid: 0, origin: 'cli' };

const FAKE_WORKER = fileURLToPath(new URL('fake-worker.mjs', import.meta.url));

export interface HarnessOptions {
  /** Names tell the fake worker what to do: `ok-1`, `hang-1`, `killed-1`, … */
  accounts: string[];
  concurrency?: number;
  retryDelaySeconds?: number;
  /** Destinations beside `disk`. Their names tell the fake worker how a backup ends there. */
  destinations?: string[];
  /** Instead of the system's. */
  clock?: Clock;
  schedule?: Partial<Config['schedule']>;
  /** Another worker than the fake one. */
  workerModule?: string;
  /** Of a worker. */
  threads?: number;
  readUptime?: ReadUptime;
  retention?: Partial<Config['retention']>;
  restore?: Partial<Config['restore']>;
  downloads?: Partial<Config['downloads']>;
  prune?: Partial<Config['prune']>;
  databases?: Partial<Config['databases']>;
  /** Where crontabs are. */
  crontabFolder?: string;
}

/** One line that a fake worker wrote about itself. */
export interface TraceLine {
  at: number;
  event: 'start' | 'end' | 'cancelled';
  kind: string;
  account?: string;
  pid: number;
  /** Directories of the destinations. */
  stores: string[];
  request: Record<string, unknown>;
}

export type Harness = Awaited<ReturnType<typeof openHarness>>;

/** Everything but the queue is ready; `start` it. All of it ends with the test. */
export async function openHarness(options: HarnessOptions) {
  const home = await tempDir();
  const store = join(home, 'store');
  await mkdir(store, { mode: 0o700 });
  const dataSource = await openTestCatalogue();
  const daemon = await assemble({ home, dataSource, options });
  onTestFinished(() => daemon.queue.stop());
  await daemon.accounts.refresh();
  const destination = await daemon.setup.add(admin, {
    name: 'disk',
    kind: 'local',
    path: store,
  });
  for (const name of options.destinations ?? []) {
    await mkdir(join(home, name), { mode: 0o700 });
    await daemon.setup.add(admin, { name, kind: 'local', path: join(home, name) });
  }
  return {
    ...daemon,
    home,
    store,
    dataSource,
    destination,
    /** The same instance as a new process sees it, after this one died. */
    reopen: () => assemble({ home, dataSource, options }),
    /** The same server after its catalogue was lost: all of it is to be found again. */
    startAnew: async () => {
      await daemon.queue.stop();
      const anew = await assemble({ home, dataSource: await openTestCatalogue(), options });
      onTestFinished(() => anew.queue.stop());
      await anew.accounts.refresh();
      return anew;
    },
    /** Adds a job of these accounts, to every destination. */
    addJob: (name: string, accounts: JobAccounts, retries = 0) =>
      daemon.jobs.add(admin, {
        name,
        accounts,
        destinations: ['disk', ...(options.destinations ?? [])],
        structure: 'archived',
        retries,
      }),
    /** What the fake workers wrote, in the order of time. */
    trace: () => readTrace(home),
    actorOf: async (name: string): Promise<AccountActor> => {
      const { id } = await daemon.accounts.get(admin, name);
      return { role: 'account', accountId: id, accountName: name, label: name, origin: 'panel' };
    },
  };
}

interface Parts {
  home: string;
  dataSource: DataSource;
  options: HarnessOptions;
}

async function assemble({ home, dataSource, options }: Parts) {
  const paths = instancePaths(home);
  await makeInstanceDirectories(paths);
  const { concurrency = 2, retryDelaySeconds = 0, threads = 1 } = options;
  const defaults = parseConfig({
    file: paths.config,
    env: {},
    text: 'sandbox: true',
  }).config;
  const config = {
    ...defaults,
    retention: { ...defaults.retention, ...options.retention },
    restore: { ...defaults.restore, ...options.restore },
    downloads: { ...defaults.downloads, ...options.downloads },
    prune: { ...defaults.prune, ...options.prune },
    databases: { ...defaults.databases, ...options.databases },
    accounts: { ...defaults.accounts, crontabFolder: options.crontabFolder },
    schedule: { timeZone: 'UTC', driver: 'internal', ...options.schedule } as const,
    queue: { concurrency, nice: 0, ioClass: 'none', ioLevel: 7 } as const,
    backup: {
      ...{ compressionLevel: 6, threads, retries: 1, retryDelaySeconds, crossMounts: false },
      maxDeadPercent: 30,
    },
  };
  const logger = createLogger({ level: 'silent' });
  const clock = options.clock ?? systemClock;
  const keys = await openServerKeys(paths);

  const permissions = permissionsOf(dataSource);
  const events = new EventsService(new EventsStore(dataSource), permissions, clock);
  const source = {
    name: 'told',
    discover: () =>
      Promise.resolve(
        options.accounts.map((name, index) => {
          const [uid, gid] = ownerOf(index);
          return { name, uid, gid, home: join(home, 'homes', name), user: name };
        }),
      ),
  };
  const accountsStore = new AccountsStore(dataSource);
  const accounts = new AccountsService(
    accountsStore,
    events,
    source,
    clock,
    new AccountDatabases(accountsStore, config, paths),
    permissions,
  );
  const destinationsStore = new DestinationsStore(dataSource);
  const jobsStore = new JobsStore(dataSource);
  const secretBox = await openSecretBox(paths.keys);
  const opener = new DestinationOpener(destinationsStore, accounts, secretBox, config);
  const destinations = new DestinationsService(destinationsStore, jobsStore, opener, events, clock);
  const validations = new DestinationValidations(destinationsStore, opener, events, clock);
  const browser = new DestinationBrowser(destinationsStore, opener);
  const setup = new DestinationSetup(destinationsStore, opener, events, clock);
  const names = new JobNames(destinationsStore, accounts);
  const jobs = new JobsService(jobsStore, names, events, config, clock);
  const schedulesStore = new SchedulesStore(dataSource);
  const schedules = new SchedulesService(schedulesStore, jobs, events, config, clock);

  const snapshots = new SnapshotsStore(dataSource, permissions);
  const runEvents = new RunEvents();
  const runLog = new RunLog(paths, clock, logger);
  const runsStore = new RunsStore(dataSource, permissions);
  const tasks = new TasksStore(dataSource);
  const records = new RunRecords(runsStore, tasks, runEvents, runLog, clock);
  const orphans = new OrphansService(accountsStore, events, keys, clock);
  const trust = new ServerTrust(destinationsStore, events, keys);
  const sources = new SnapshotSources(snapshots, trust, orphans);
  const orders = new WorkOrders(accounts, opener, sources, config, keys);
  const indexStore = new SnapshotIndexStore(dataSource);
  const owners = new SnapshotOwners(orphans, indexStore);
  const index = new SnapshotIndex(indexStore, owners, trust, destinations, records);
  const workers = new Workers(options.workerModule ?? FAKE_WORKER);
  const proof = new SnapshotProof(opener, trust);
  const steady = new SteadyTime(dataSource, options.readUptime ?? readUptime);
  const retentionStore = new RetentionStore(dataSource);
  const plans = new RetentionPlans(retentionStore, accounts, config, keys, clock);
  const marks = new RetentionMarks(retentionStore, steady, events, config, clock);
  const retention = new RetentionService(plans, marks, retentionStore, proof, events);
  const garbage = new GarbageStore(dataSource);
  const notes = new GarbageNotes(garbage, steady, config, clock);
  const pruneTasks = new PruneTasks(retention, notes, snapshots, orders, records);
  const ledgers = new UndoLedgers(records, paths, config);
  const candidates = new JobCandidates(accounts, snapshots);
  const places = new SafetyPlaces(destinations, opener, jobs, candidates);
  const safeties = new SafetySnapshots(places, orders, snapshots, records);
  const swaps = new InterruptedSwaps(accounts, records, paths, logger);
  const restoreTasks = new RestoreTasks(orders, ledgers, safeties, swaps);
  const taskWorkers = new TaskWorkers(workers, index, orders, pruneTasks, restoreTasks);
  const runner = new TaskRunner(records, orders, snapshots, taskWorkers, paths);
  const adoption = new SnapshotAdoption(snapshots, proof);
  const leftovers = new Leftovers(orders, workers, adoption, logger);
  const scrub = new CrashScrub(records, snapshots, leftovers, logger);
  const hooks = new HooksService(new HooksStore(dataSource), events, clock);
  const documents = new HookDocuments(accounts, destinations);
  const hooked = new HookedTasks(runner, hooks, documents, records, logger);
  const queue = new QueueService(records, hooked, scrub, config, logger);
  const conditions = new RestoreConditions(new RestoreConditionsStore(dataSource), events, clock);
  const items = new ItemPermissions(permissions);
  const downloadLimits = new DownloadLimits(config, paths);
  const requests = new RestoreRequests(snapshots, accounts, items, conditions, downloadLimits);
  const previews = new PreviewsService(requests, orders, workers, ledgers);
  const limits = new RestoreLimits(records, config);
  const writer = new RunWriter(records, events, limits);
  const starter = new RunStarter(jobs, candidates, requests, records, writer);
  const destinationRuns = new DestinationRuns(writer, destinations, accounts, indexStore);
  const destinationPrunes = new DestinationPrunes(destinationsStore, events, config, clock, logger);
  const prunes = new PrunesService(writer, queue, destinationPrunes, retentionStore, records);
  const prunePreviews = new PrunePreviews(destinationPrunes, retentionStore, plans, notes);
  const timeline = new Timeline(snapshots, events);
  const followups = new RunFollowups(records, retention, prunes, timeline, logger);
  const runs = new RunsService(starter, queue, records, events, destinationRuns);
  const offers = new UndoOffers(records, snapshots, ledgers, permissions);
  const undos = new UndosService(runs, offers, writer, previews, queue);
  const scheduled = new ScheduledRuns(schedulesStore, schedules, runs, records, events);
  const onDemandOffers = new OnDemandOffers(jobs, schedulesStore, permissions);
  const onDemand = new OnDemandService(accounts, onDemandOffers, runs, snapshots, clock);
  const driver = new ScheduleDriver(scheduled, new SchedulerRegistry(), config, clock, logger);
  const settings = new PermissionSettings(
    new PermissionsStore(dataSource),
    accounts,
    events,
    clock,
  );
  const downloadsAt = (time: Clock) => new DownloadsService(runs, events, paths, config, time);
  return {
    downloadsAt,
    accounts, browser, candidates, clock, conditions, destinationPrunes, destinations, driver, events, followups, garbage, hooks, indexStore, keys, onDemand, orders, orphans, trust, jobs, paths, permissions, previews, prunePreviews, prunes, queue, records, retention, retentionStore, runEvents, runs, runsStore, scheduled, schedules, scrub, settings, setup, snapshots, tasks, undos, validations,
  }; // prettier-ignore
}

/** Waits until `look` answers something. */
export async function until<Found>(look: () => Promise<Found | undefined>): Promise<Found> {
  for (let i = 0; i < 400; i += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(25);
  }
  throw new Error('It never happened.');
}

/** Only root can make homes of others. */
export function ownerOf(index: number): [uid: number, gid: number] {
  const { geteuid, getegid } = process;
  const isRoot = geteuid?.() === 0;
  return isRoot ? [5_000 + index, 5_000 + index] : [geteuid?.() ?? 0, getegid?.() ?? 0];
}

async function readTrace(home: string): Promise<TraceLine[]> {
  const text = await readFile(join(home, 'trace.jsonl'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TraceLine)
    .toSorted((a, b) => a.at - b.at);
}
