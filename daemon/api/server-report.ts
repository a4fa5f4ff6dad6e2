/** Whether the daemon is well, with all that is behind it: for the page About, monitoring and support. */
import { readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { checkCatalogue } from '../catalogue/check-catalogue.js';
import { DestinationsService } from '../jobs/destinations.service.js';
import { SchedulesService } from '../jobs/schedules.service.js';
import type { Config } from '../platform/config-schema.js';
import type { Clock } from '../platform/clock.js';
import { directorySize } from '../platform/directory-size.js';
import type { InstancePaths } from '../platform/instance.js';
import { CLOCK, CONFIG, INSTANCE_PATHS } from '../platform/platform.module.js';
import { RunsService } from '../runs/runs.service.js';
import { healthChecks, type HealthCheck } from './health-checks.js';
import { ServerHealth } from './server-health.js';
import { ServerSettings } from './server-settings.js';

const SLOW_FACTS_MS = 60 * 60_000;
const UNITS = '/etc/systemd/system';
const LAST_KINDS = ['backup', 'prune', 'verify'] as const;

export interface HealthReport {
  /** Nothing is bad. */
  isWell: boolean;
  checks: HealthCheck[];
  /** Of all files; undefined: still being counted. */
  stateBytes: number | undefined;
  catalogueBytes: number;
  workers: number;
  runs: { running: number; queued: number };
  /** When each last succeeded; null: it never has. */
  last: Record<(typeof LAST_KINDS)[number] | 'refresh', string | null>;
}

/** What takes a while to find out, and when it was. */
interface SlowFacts {
  atMs: number;
  catalogue: string | null;
  stateBytes: number;
}

@Injectable()
export class ServerReport {
  private slow: SlowFacts | undefined;
  private looking: Promise<SlowFacts> | undefined;

  // eslint-disable-next-line no-restricted-syntax -- it gathers from everywhere, and decides nothing
  constructor(
    private readonly health: ServerHealth,
    private readonly settings: ServerSettings,
    private readonly accounts: AccountsService,
    private readonly destinations: DestinationsService,
    private readonly schedules: SchedulesService,
    private readonly runs: RunsService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'notices' | 'queue'>,
    @Inject(INSTANCE_PATHS) private readonly paths: Pick<InstancePaths, 'database' | 'state'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** `isPatient`: waits for what takes a while, and is looked at once in an hour. Only for admins. */
  async of(actor: Actor, { isPatient }: { isPatient: boolean }): Promise<HealthReport> {
    requireAdmin(actor);
    const looking = this.look();
    const slow = isPatient ? await looking : this.slow;
    const checks = await this.check(actor, slow);
    const unfinished = await this.runs.listUnfinished(actor);
    const running = unfinished.filter(({ state }) => state === 'running').length;
    return {
      isWell: checks.every(({ state }) => state !== 'bad'),
      checks,
      stateBytes: slow?.stateBytes,
      catalogueBytes: await sizeOf(this.paths.database),
      workers: this.config.queue.concurrency,
      runs: { running, queued: unfinished.length - running },
      last: await this.lastOf(actor),
    };
  }

  private async check(actor: Actor, slow: SlowFacts | undefined): Promise<HealthCheck[]> {
    const health = await this.health.of(actor);
    return healthChecks({
      catalogue: slow?.catalogue,
      disk: await roomOf(this.paths.state),
      diskPercent: this.config.notices.diskPercent,
      accountSourceProblem: health.accountSourceProblem ?? undefined,
      destinations: await this.destinations.list(actor),
      pruneAlarms: health.pruneAlarms,
      alerts: health.alerts ?? { errors: 0, warnings: 0, lateMessages: 0, failedMessages: 0 },
      settingProblems: (await this.settings.report(actor)).problems,
      staleTimers: await this.staleTimers(actor),
    });
  }

  private async lastOf(actor: Actor): Promise<HealthReport['last']> {
    const found = LAST_KINDS.map(async (kind) => {
      const [run] = await this.runs.list(actor, { kind, state: 'complete', limit: 1 });
      return run?.finishedAt ?? null;
    });
    const [backup = null, prune = null, verify = null] = await Promise.all(found);
    return { backup, prune, verify, refresh: this.accounts.refreshedAt ?? null };
  }

  private async staleTimers(actor: Actor): Promise<string[] | undefined> {
    if (this.schedules.driver === 'internal') return undefined;
    const { files } = await this.schedules.timers(actor);
    const stale: string[] = [];
    for (const { unit, path, text } of files) {
      const written = await readFile(join(UNITS, path), 'utf8').catch(() => '');
      if (written !== text) stale.push(unit);
    }
    return stale;
  }

  /** Once at a time, and again when an hour has passed. */
  private look(): Promise<SlowFacts> {
    const atMs = this.clock.now().getTime();
    if (this.slow !== undefined && atMs - this.slow.atMs < SLOW_FACTS_MS) {
      return Promise.resolve(this.slow);
    }
    this.looking ??= this.lookNow(atMs).finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async lookNow(atMs: number): Promise<SlowFacts> {
    const catalogue = (await checkCatalogue(this.paths.database)) ?? null;
    this.slow = { atMs, catalogue, stateBytes: await directorySize(this.paths.state) };
    return this.slow;
  }
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file)).size;
}

async function roomOf(
  path: string,
): Promise<{ freeBytes: number; totalBytes: number } | undefined> {
  const room = await statfs(path).catch(() => undefined);
  return room && { freeBytes: room.bavail * room.bsize, totalBytes: room.blocks * room.bsize };
}
