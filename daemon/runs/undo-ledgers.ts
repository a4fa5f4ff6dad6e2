/**
 * The lists of what restores did, one file for each run that can be undone. The engine writes and
 * reads them; they go when their run can no longer be undone.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../platform/config-schema.js';
import type { InstancePaths } from '../platform/instance.js';
import { CONFIG, INSTANCE_PATHS } from '../platform/platform.module.js';
import { RunRecords } from './run-records.js';
import type { Run } from './run.entity.js';

const DAY_MS = 86_400_000;

@Injectable()
export class UndoLedgers {
  constructor(
    private readonly records: RunRecords,
    @Inject(INSTANCE_PATHS) private readonly paths: Pick<InstancePaths, 'undo'>,
    @Inject(CONFIG) private readonly config: Pick<Config, 'restore'>,
  ) {}

  pathOf(runId: number): string {
    return join(this.paths.undo, `${String(runId)}.jsonl`);
  }

  /** False: the run wrote nothing, or its list has gone. */
  async has(runId: number): Promise<boolean> {
    return (await stat(this.pathOf(runId)).catch(() => undefined)) !== undefined;
  }

  /** Until when a run can be undone: as long as its safety snapshot is kept. */
  until({ startedAt, createdAt }: Pick<Run, 'startedAt' | 'createdAt'>): Date {
    const begun = Date.parse(startedAt ?? createdAt);
    return new Date(begun + this.config.restore.safetyDays * DAY_MS);
  }

  /** Removes those of runs that can no longer be undone, and of runs that are forgotten. */
  async sweep(): Promise<void> {
    const now = this.records.now();
    for (const name of await readdir(this.paths.undo).catch(() => [])) {
      const id = Number(/^(\d+)\.jsonl(?:\.part)?$/.exec(name)?.[1]);
      const run = Number.isSafeInteger(id) ? await this.records.findRun(id) : undefined;
      const isWanted = run !== undefined && (run.finishedAt === null || this.until(run) > now);
      if (!isWanted) await rm(join(this.paths.undo, name), { force: true });
    }
  }
}
