/**
 * Holds fetches by link to so many a minute: those that prove nothing by the address they come from,
 * those of a link by its run. Nobody can use up what is another link's. Kept in memory.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { CLOCK } from '../platform/platform.module.js';

const WINDOW_MS = 60_000;
const MOST_REFUSED = 20;
/** Programs that fetch in parts ask often. */
const MOST_FETCHED = 120;
const REMEMBERED = 10_000;

interface Window {
  beganMs: number;
  count: number;
}

@Injectable()
export class FetchLimiter {
  private readonly windows = new Map<string, Window>();

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** Throws `download.too-many-fetches`. */
  refused(address: string): void {
    this.count(`refused ${address}`, MOST_REFUSED);
  }

  fetched(runId: number): void {
    this.count(`fetched ${runId}`, MOST_FETCHED);
  }

  private count(key: string, most: number): void {
    const nowMs = this.clock.now().getTime();
    const known = this.windows.get(key);
    const isOver = known === undefined || nowMs - known.beganMs >= WINDOW_MS;
    const window = isOver ? { beganMs: nowMs, count: 0 } : known;
    window.count += 1;
    this.windows.delete(key);
    this.windows.set(key, window);
    for (const oldest of this.windows.keys()) {
      if (this.windows.size <= REMEMBERED) break;
      this.windows.delete(oldest);
    }
    if (window.count > most) throw tooMany();
  }
}

function tooMany(): AppError {
  const message = t('That was asked for too often; try again in a minute.');
  return new AppError('denied', 'download.too-many-fetches', message);
}
