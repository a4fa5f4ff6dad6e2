/**
 * Looks from time to time whether destinations can be used and how full they are, so that an admin is
 * told before a backup fails. Nothing is written there. One that hangs in the kernel is not asked again
 * until it has answered.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../platform/clock.js';
import { toAppError } from '../platform/errors.js';
import { speaking } from '../platform/messages.js';
import { CLOCK } from '../platform/platform.module.js';
import { DestinationOpener } from './destination-opener.js';
import type { DestinationProbe, StoredDestination } from './destination.entity.js';
import { DestinationsStore } from './destinations.store.js';

const TIMEOUT_MS = 60_000;

@Injectable()
export class DestinationProbes {
  private readonly asked = new Map<string, Promise<void>>();

  constructor(
    private readonly destinations: DestinationsStore,
    private readonly opener: DestinationOpener,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Those in use, with what is known of each. */
  async list(): Promise<StoredDestination[]> {
    return (await this.destinations.list()).filter(({ isEnabled }) => isEnabled);
  }

  /** Asks each whose last answer is older than this; resolves when they answered or were too slow. */
  async refresh(olderThanMs: number, signal: AbortSignal): Promise<void> {
    const nowMs = this.clock.now().getTime();
    const old = (await this.list()).filter(
      ({ lastProbe }) => lastProbe === null || nowMs - Date.parse(lastProbe.at) >= olderThanMs,
    );
    await Promise.all(old.map((row) => this.ask(row, signal)));
  }

  private async ask(row: StoredDestination, signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const isOver = new Promise<void>((resolve) => {
      limit.addEventListener('abort', () => resolve(), { once: true });
    });
    const before = this.asked.get(row.id);
    const asking =
      before ??
      speaking('en', () => this.probe(row, limit)).finally(() => this.asked.delete(row.id));
    if (before === undefined) this.asked.set(row.id, asking);
    const answer = await Promise.race([asking.then(() => 'told'), isOver.then(() => 'late')]);
    if (answer === 'told' || signal.aborted) return;
    await this.keep(row, { message: `It did not answer within ${TIMEOUT_MS / 1_000} seconds.` });
  }

  private async probe(row: StoredDestination, signal: AbortSignal): Promise<void> {
    let seen: Pick<DestinationProbe, 'message' | 'freeBytes' | 'totalBytes'>;
    try {
      const destination = await this.opener.open(row.id);
      try {
        await destination.probe({ signal });
        const { freeBytes, totalBytes } = await destination.usage({ signal });
        const isKnown = freeBytes !== undefined && totalBytes !== undefined;
        seen = isKnown ? { freeBytes, totalBytes } : {};
      } finally {
        await destination.close();
      }
    } catch (error) {
      seen = { message: toAppError(error).message };
    }
    // Too late: that was told already, or the daemon is stopping.
    if (!signal.aborted) await this.keep(row, seen);
  }

  private async keep(
    { id, lastProbe }: StoredDestination,
    seen: Pick<DestinationProbe, 'message' | 'freeBytes' | 'totalBytes'>,
  ): Promise<void> {
    const at = this.clock.now().toISOString();
    const isOk = seen.message === undefined;
    const since = lastProbe?.isOk === false ? (lastProbe.failingSince ?? lastProbe.at) : at;
    const probe = { at, isOk, ...seen, ...(isOk ? {} : { failingSince: since }) };
    await this.destinations.update(id, { lastProbe: probe });
  }
}
