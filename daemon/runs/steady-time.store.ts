/**
 * Time that surely has passed, whatever was done to the clock: what waits to be removed waits by it.
 * It counts the kernel's uptime from look to look. Of a restart of the machine, or a catalogue that
 * was brought to another one, nothing is known but the looks before and after: that time does not
 * count. It may thus run late, and never fast.
 */
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type Repository } from 'typeorm';
import { UPTIME } from '../platform/platform.module.js';
import type { ReadUptime, Uptime } from '../platform/uptime.js';
import { SteadyMark } from './steady-time.entity.js';

const ONLY_ROW = 1;

@Injectable()
export class SteadyTime {
  private readonly marks: Repository<SteadyMark>;

  constructor(
    dataSource: DataSource,
    @Inject(UPTIME) private readonly readUptime: ReadUptime,
  ) {
    this.marks = dataSource.getRepository(SteadyMark);
  }

  /** Milliseconds since the first look. To be looked at often: see above. */
  async elapsedMs(): Promise<number> {
    const last = (await this.marks.findOneBy({ id: ONLY_ROW })) ?? undefined;
    const mark = nextMark(last, this.readUptime());
    await this.marks.upsert({ id: ONLY_ROW, ...mark }, ['id']);
    return mark.elapsedMs;
  }
}

/** The mark of a look that follows `last`. Pure. */
export function nextMark(
  last: Omit<SteadyMark, 'id'> | undefined,
  now: Uptime,
): Omit<SteadyMark, 'id'> {
  if (last === undefined) return { ...now, elapsedMs: 0 };
  const isSameBoot = last.bootId === now.bootId && last.uptimeMs <= now.uptimeMs;
  const passedMs = isSameBoot ? now.uptimeMs - last.uptimeMs : 0;
  return { ...now, elapsedMs: last.elapsedMs + passedMs };
}
