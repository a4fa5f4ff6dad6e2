/** Which jobs an account may be backed up by on demand: those with such a schedule that cover it. */
import { Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.entity.js';
import { systemActor, type Actor } from '../auth/actor.js';
import { PermissionsService } from '../auth/permissions/permissions.service.js';
import { coversAccount, type FilteredAccount } from './account-filter.js';
import { JobsService } from './jobs.service.js';
import type { JobWithDestinations } from './jobs.store.js';
import type { Retention } from './retention-input.js';
import type { OnDemandTiming } from './schedule-input.js';
import { timingOf } from './schedule.entity.js';
import { SchedulesStore } from './schedules.store.js';

export interface OnDemandOffer {
  job: JobWithDestinations;
  scheduleId: string;
  timing: OnDemandTiming;
  /** How long such a snapshot is kept. */
  retention: Retention;
}

@Injectable()
export class OnDemandOffers {
  constructor(
    private readonly jobs: JobsService,
    private readonly schedules: SchedulesStore,
    private readonly permissions: PermissionsService,
  ) {}

  mayAsk(actor: Actor, { id }: Pick<Account, 'id'>): Promise<boolean> {
    return this.permissions.may(actor, 'backup.on-demand', id);
  }

  async requireMayAsk(actor: Actor, { id }: Pick<Account, 'id'>): Promise<void> {
    await this.permissions.require(actor, 'backup.on-demand', id);
  }

  /** By the names of jobs. */
  async forAccount(account: FilteredAccount): Promise<OnDemandOffer[]> {
    const schedules = await this.schedules.list();
    const jobs = await this.jobs.list(systemActor);
    return jobs.flatMap((listed) => {
      const { accounts, isEnabled, id } = listed.job;
      if (!isEnabled || !coversAccount(accounts, account)) return [];
      return schedules.flatMap((schedule) => {
        const timing = timingOf(schedule);
        if (schedule.jobId !== id || !schedule.isEnabled || timing.kind !== 'on-demand') return [];
        return [{ job: listed, scheduleId: schedule.id, timing, retention: schedule.retention }];
      });
    });
  }
}
