/**
 * Tells of runs that have ended, each once: that a run was noticed is written together with what is
 * told of it. What ended while nobody looked, also in a crash, is made up for by `catchUp`.
 */
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import { systemActor } from '../auth/actor.js';
import { DestinationsService } from '../jobs/destinations.service.js';
import { SchedulesStore } from '../jobs/schedules.store.js';
import type { Run } from '../runs/run.entity.js';
import { isTenantRun } from '../runs/run-request.js';
import { RunsService } from '../runs/runs.service.js';
import type { Task } from '../runs/task.entity.js';
import { BackupStreak } from './backup-streak.entity.js';
import { NoticedRun } from './noticed-run.entity.js';
import { NoticeWriter } from './notice-writer.js';
import { NoticesStore, type AlsoWrite } from './notices.store.js';
import {
  followStreaks,
  tellAdmins,
  tellWhoAsked,
  type EndedRun,
  type StreakChange,
} from './plan-run-notices.js';

/** Older ones that were not noticed are of no interest any more. */
const CAUGHT_UP_RUNS = 1_000;

/** What a run's names are looked up in. */
@Injectable()
export class EndedRuns {
  constructor(
    private readonly runs: RunsService,
    private readonly accounts: AccountsService,
    private readonly destinations: DestinationsService,
    private readonly schedules: SchedulesStore,
  ) {}

  /** Undefined: it goes on. */
  async find(runId: number): Promise<EndedRun | undefined> {
    const { run, tasks } = await this.runs.get(systemActor, runId);
    if (run.finishedAt === null) return undefined;
    const accounts = await this.accounts.list(systemActor);
    return {
      ...{ run, tasks },
      accounts: new Map(accounts.map((account) => [account.id, account])),
      destinations: await this.destinations.namesOf(placesOf(tasks)),
      isOnDemand: await this.isOnDemand(run),
    };
  }

  private async isOnDemand(run: Run): Promise<boolean> {
    if (run.kind !== 'backup' || run.accountId === null) return false;
    const schedule = run.scheduleId === null ? undefined : await this.schedules.findById(run.scheduleId); // prettier-ignore
    return schedule?.kind === 'on-demand' || isTenantRun(run);
  }
}

@Injectable()
export class RunNotices {
  constructor(
    private readonly ended: EndedRuns,
    private readonly notices: NoticesStore,
    private readonly writer: NoticeWriter,
  ) {}

  async catchUp(): Promise<void> {
    for (const id of await this.notices.listUnnoticedRuns(CAUGHT_UP_RUNS)) await this.look(id);
  }

  /** Told more than once of the same run, it looks once. */
  async look(runId: number): Promise<void> {
    if (await this.notices.isNoticed(runId)) return;
    const ended = await this.ended.find(runId);
    if (ended === undefined) return;
    const { jobId } = ended.run;
    const streaks = jobId === null ? new Map<string, BackupStreak>() : await this.notices.streaksOf(jobId); // prettier-ignore
    const told = await this.notices.toldAccounts(jobId ?? '');
    const { toOwners, changes } = followStreaks(ended, streaks, told);
    await this.writer.write(
      tellAdmins(ended),
      [...tellWhoAsked(ended), ...toOwners],
      this.noteOf(runId, jobId, changes),
    );
  }

  private noteOf(runId: number, jobId: string | null, changes: readonly StreakChange[]): AlsoWrite {
    return (insert, remove) => {
      insert(NoticedRun, { runId });
      for (const { accountId, streak } of changes) {
        if (jobId === null) continue;
        remove(BackupStreak, { accountId, jobId });
        if (streak !== undefined) insert(BackupStreak, { accountId, jobId, ...streak });
      }
    };
  }
}

function placesOf(tasks: readonly Task[]): string[] {
  return [...new Set(tasks.map(({ destinationId }) => destinationId))];
}
