/** Gathers what ../jobs/plan-retention.ts needs to judge an account's snapshots at a destination. */
import { Inject, Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import { systemActor } from '../auth/actor.js';
import { serverOfKey } from '../engine/layout.js';
import { planRetention, type Verdict } from '../jobs/plan-retention.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { CLOCK, CONFIG, SERVER_KEYS } from '../platform/platform.module.js';
import type { ServerKeys } from '../platform/server-keys.js';
import { judgeSafety } from '../jobs/judge-safety.js';
import { RetentionStore, type AccountPlace, type LyingSnapshot } from './retention.store.js';

export interface Judged {
  snapshot: LyingSnapshot;
  verdict: Verdict;
}

@Injectable()
export class RetentionPlans {
  constructor(
    private readonly store: RetentionStore,
    private readonly accounts: AccountsService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'retention' | 'restore'>,
    @Inject(SERVER_KEYS) private readonly keys: Pick<ServerKeys, 'serverId'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Newest first, then what restores kept. Another server's snapshots are that server's to remove, and not among them. */
  async judge(place: AccountPlace): Promise<Judged[]> {
    const { state, lastSeenAt } = await this.accounts.get(systemActor, place.accountId);
    const lying = await this.store.lying(place);
    const own = lying.filter(({ key }) => serverOfKey(key) === this.keys.serverId);
    const byId = new Map(own.map((snapshot) => [snapshot.id, snapshot]));
    const verdicts = planRetention({
      snapshots: own.filter(({ isSafety }) => !isSafety),
      policies: await this.store.policies(),
      accountGoneSince: state === 'gone' ? lastSeenAt : null,
      settings: this.config.retention,
      now: this.clock.now(),
    });
    const { safetyDays } = this.config.restore;
    const kept = own.filter(({ isSafety }) => isSafety);
    verdicts.push(...kept.map((snapshot) => judgeSafety(snapshot, safetyDays)));
    return verdicts.flatMap((verdict) => {
      const snapshot = byId.get(verdict.id);
      return snapshot === undefined ? [] : [{ snapshot, verdict }];
    });
  }

  /** The account's folders at the destination, of this server. */
  foldersOf(place: AccountPlace): Promise<string[]> {
    return this.store.folders(place, this.keys.serverId);
  }
}
