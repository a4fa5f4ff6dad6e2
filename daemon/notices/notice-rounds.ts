/**
 * When the work of this folder is done: what ended is told at once, messages go soon after, and every
 * few minutes there is a look at what is wrong and lasts. Started once the doors are open; nothing that
 * a restart would lose is kept here.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import type { Logger } from '../platform/logger.js';
import { CLOCK, CONFIG, LOGGER } from '../platform/platform.module.js';
import { RunEvents } from '../runs/run-events.js';
import { AlertsService } from './alerts.service.js';
import { AlertsStore } from './alerts.store.js';
import { ConditionWatch } from './condition-watch.js';
import { NoticesStore } from './notices.store.js';
import { Postman } from './postman.js';
import { RunNotices } from './run-notices.js';
import { SignInNotices } from './sign-in-notices.js';

const SOON_MS = 500;
const ROUND_MS = 15_000;
const WATCH_MS = 5 * 60_000;
/** What was missed while the daemon was off is started meanwhile. */
const FIRST_WATCH_MS = 60_000;
const FORGET_MS = 24 * 60 * 60_000;
const DAY_MS = 86_400_000;
const FORGET_BATCH = 500;

/** What is noticed. */
@Injectable()
export class NoticeSources {
  constructor(
    readonly runs: RunNotices,
    readonly signIns: SignInNotices,
    readonly watch: ConditionWatch,
  ) {}
}

/** Forgets notices and alerts that are older than `history.keepDays`. */
@Injectable()
export class NoticeHistory {
  constructor(
    private readonly notices: NoticesStore,
    private readonly alerts: AlertsStore,
    @Inject(CONFIG) private readonly config: Pick<Config, 'history'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async forgetOld(signal: AbortSignal): Promise<void> {
    const oldestMs = this.clock.now().getTime() - this.config.history.keepDays * DAY_MS;
    const instant = new Date(oldestMs).toISOString();
    await this.alerts.removeBefore(instant);
    while (!signal.aborted) {
      if ((await this.notices.removeBefore(instant, FORGET_BATCH)) < FORGET_BATCH) return;
    }
  }
}

@Injectable()
export class NoticeRounds {
  private readonly stopping = new AbortController();
  private readonly atWork = new Set<Promise<void>>();
  private soon: NodeJS.Timeout | undefined;

  constructor(
    private readonly sources: NoticeSources,
    private readonly postman: Postman,
    private readonly alerts: AlertsService,
    private readonly history: NoticeHistory,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Answers how to stop. */
  start(runEvents: Pick<RunEvents, 'subscribe'>): () => Promise<void> {
    const { signal } = this.stopping;
    const { watch } = this.sources;
    const look = (): void => this.guard(() => watch.look(signal).then(() => this.tell()));
    const unsubscribe = runEvents.subscribe(() => {
      this.soon ??= setTimeout(() => this.round(), SOON_MS).unref();
    });
    const timers = [
      setInterval(() => this.round(), ROUND_MS).unref(),
      setTimeout(look, FIRST_WATCH_MS).unref(),
      setInterval(look, WATCH_MS).unref(),
      setInterval(() => this.guard(() => this.history.forgetOld(signal)), FORGET_MS).unref(),
    ];
    this.round();
    return async () => {
      unsubscribe();
      for (const timer of timers) clearTimeout(timer);
      clearTimeout(this.soon);
      this.stopping.abort();
      await this.postman.stop();
      await Promise.all(this.atWork);
    };
  }

  private round(): void {
    clearTimeout(this.soon);
    this.soon = undefined;
    this.guard(async () => {
      await this.sources.runs.catchUp();
      await this.sources.signIns.look();
      await this.tell();
    });
  }

  /** Messages go their own way: nothing waits for them. */
  private async tell(): Promise<void> {
    await this.alerts.recount();
    if (!this.stopping.signal.aborted) this.guard(() => this.postman.deliver());
  }

  private guard(act: () => Promise<unknown>): void {
    const work = act().then(
      () => undefined,
      (error: unknown) => {
        this.logger.error({ err: error }, 'Something could not be told; it is tried again later');
      },
    );
    this.atWork.add(work);
    void work.finally(() => this.atWork.delete(work));
  }
}
