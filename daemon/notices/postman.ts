/**
 * Brings what is written in deliveries to where it goes. The rows are the truth: they are written
 * before anything is sent, become one message (a batch) before the first attempt, and stay queued
 * until the other side has said that it took it. After a crash in the middle of that, the same message
 * goes again under the same id. Nothing here holds up a run; channels do not wait for each other.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { toAppError } from '../platform/errors.js';
import { newId } from '../platform/ids.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import type { Channel } from './channel.entity.js';
import { ChannelSender } from './channel-sender.js';
import { ChannelsStore } from './channels.store.js';
import { DeliveriesStore } from './deliveries.store.js';
import type { Delivery } from './delivery.entity.js';
import { nextAttemptAt, planBatches } from './delivery-times.js';
import { wordMessage } from './word-message.js';

const HOUR_MS = 60 * 60_000;
const MINUTE_MS = 60_000;
/** Looked at within one round; the next round takes the rest. */
const MOST_DUE = 5_000;
/** How long a stop waits for a message that is on its way. */
const STOP_PATIENCE_MS = 5_000;

@Injectable()
export class Postman {
  private readonly stopping = new AbortController();
  /** Channels that are being served, by id. */
  private readonly serving = new Map<string, Promise<void>>();

  constructor(
    private readonly channels: ChannelsStore,
    private readonly deliveries: DeliveriesStore,
    private readonly sender: ChannelSender,
    @Inject(CONFIG) private readonly config: Pick<Config, 'notices' | 'schedule'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Takes up what is due; resolves when that was tried, but for channels that are served already. */
  async deliver(): Promise<void> {
    // What waits for a channel that is switched off goes when it is on again.
    const channels = (await this.channels.list()).filter(({ isEnabled }) => isEnabled);
    const rounds: Promise<void>[] = [];
    for (const channel of channels) {
      if (this.serving.has(channel.id) || this.stopping.signal.aborted) continue;
      const round = this.serve(channel).finally(() => {
        this.serving.delete(channel.id);
      });
      this.serving.set(channel.id, round);
      rounds.push(round);
    }
    await Promise.all(rounds);
  }

  /** Sends nothing new; what is on its way has a moment to arrive, and stays queued otherwise. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled(this.serving.values());
  }

  private async serve(channel: Channel): Promise<void> {
    const { id: channelId } = channel;
    const now = this.stamp();
    const { perHour } = this.config.notices;
    const toAdmins = await this.deliveries.listDue({ channelId, now, isToOwners: false, limit: MOST_DUE }); // prettier-ignore
    const toOwners = await this.deliveries.listDue({ channelId, now, isToOwners: true, limit: perHour }); // prettier-ignore
    const all = [...toAdmins, ...toOwners];
    for (const batch of new Set(all.flatMap((one) => one.batch ?? []))) {
      if (this.stopping.signal.aborted) return;
      await this.send(channel, batch);
    }
    const fresh = all.filter(({ batch }) => batch === null);
    for (const deliveries of await this.batchesOf(channel, fresh)) {
      if (this.stopping.signal.aborted) return;
      const batch = newId();
      const ids = deliveries.map(({ id }) => id);
      await this.deliveries.begin(ids, batch, this.stamp());
      await this.send(channel, batch);
    }
  }

  /** What becomes which message now. Mails to owners are never put together, only held back. */
  private async batchesOf({ id }: Channel, due: readonly Delivery[]): Promise<Delivery[][]> {
    const { perHour } = this.config.notices;
    const toAdmins = due.filter(({ address }) => address === null);
    const toOwners = due.filter(({ address }) => address !== null);
    const digest = toAdmins.filter(({ isDigest }) => isDigest);
    const atOnce = toAdmins.filter(({ isDigest }) => !isDigest);
    const sent = await this.deliveries.countSince(id, this.stamp(-HOUR_MS), false);
    const mailed = await this.deliveries.countSince(id, this.stamp(-MINUTE_MS), true);
    return [
      ...(digest.length === 0 ? [] : [digest]),
      ...planBatches(atOnce, perHour - sent),
      ...toOwners.slice(0, Math.max(0, perHour - mailed)).map((one) => [one]),
    ];
  }

  /** What it is made of does not change any more, so it is the same at each attempt. */
  private async send(channel: Channel, id: string): Promise<void> {
    const batch = await this.deliveries.listBatch(id);
    const [first] = batch;
    if (first === undefined) return;
    const notices = await this.deliveries.noticesOf(batch);
    const now = this.clock.now();
    const firstTriedAt = new Date(first.firstTriedAt ?? now);
    const message = wordMessage(notices, {
      ...{ id, language: first.language, isDigest: first.isDigest, now: firstTriedAt },
      ...{ server: this.sender.server, timeZone: this.config.schedule.timeZone },
      runUrl: (runId) => this.sender.runUrl(runId),
      downloadLink: (of) => this.sender.downloadLink(of),
    });
    const { address } = first;
    try {
      await this.withinStop((signal) => this.sender.send(channel, message, { address, signal }));
      await this.deliveries.noteAttempt(id, { state: 'sent', finishedAt: this.stamp(), error: null }); // prettier-ignore
    } catch (error) {
      // It was not refused: it is taken up again after the start.
      if (this.stopping.signal.aborted) return;
      await this.noteFailure(id, first, toAppError(error).message);
    }
  }

  private async noteFailure(batch: string, first: Delivery, error: string): Promise<void> {
    const now = this.clock.now();
    const firstTriedAt = new Date(first.firstTriedAt ?? now);
    const again = nextAttemptAt(first.attempts + 1, firstTriedAt, now);
    const change =
      again === undefined
        ? ({ state: 'failed', finishedAt: now.toISOString() } as const)
        : { dueAt: again.toISOString() };
    await this.deliveries.noteAttempt(batch, { ...change, error });
  }

  /** A stop is heard a moment later, so that what is nearly done is done. */
  private async withinStop<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const hurry = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const onStop = (): void => {
      timer = setTimeout(() => hurry.abort(), STOP_PATIENCE_MS);
    };
    this.stopping.signal.addEventListener('abort', onStop, { once: true });
    try {
      return await work(hurry.signal);
    } finally {
      this.stopping.signal.removeEventListener('abort', onStop);
      clearTimeout(timer);
    }
  }

  private stamp(offsetMs = 0): string {
    return new Date(this.clock.now().getTime() + offsetMs).toISOString();
  }
}
