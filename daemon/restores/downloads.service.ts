/**
 * Files that download runs have prepared. They lie in the instance's own directory, named after
 * their run, are handed out to whoever may see that run, and are removed after a day.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { systemActor, type Actor } from '../auth/actor.js';
import type { DownloadResult } from '../engine/types.js';
import type { Clock } from '../platform/clock.js';
import { AppError, notFound, toAppError } from '../platform/errors.js';
import { removeTree } from '../platform/files.js';
import type { InstancePaths } from '../platform/instance.js';
import { CLOCK, INSTANCE_PATHS } from '../platform/platform.module.js';
import type { Run } from '../runs/run.entity.js';
import { RunsService } from '../runs/runs.service.js';
import { isKept } from './download-expiry.js';

export interface DownloadFile {
  path: string;
  /** The name to save it under; from the snapshot, so hostile text. */
  fileName: string;
  sizeBytes: number;
}

@Injectable()
export class DownloadsService {
  constructor(
    private readonly runs: RunsService,
    @Inject(INSTANCE_PATHS) private readonly paths: Pick<InstancePaths, 'downloads'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The file of a finished download run. */
  async file(actor: Actor, runId: number): Promise<DownloadFile> {
    const { run, tasks } = await this.runs.get(actor, runId);
    if (run.kind !== 'download') throw notFound('download', runId);
    const result = tasks[0]?.result;
    if (run.state !== 'complete' || !result) throw notReady(run);
    const path = this.pathOf(runId);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || !isKept(run, this.clock.now())) throw expired(runId);
    return { path, fileName: (result as DownloadResult).fileName, sizeBytes: found.size };
  }

  /** Removes what is older than a day, and what belongs to no download that is wanted. */
  async sweep(): Promise<void> {
    const names = await readdir(this.paths.downloads).catch(() => []);
    for (const name of names) {
      const run = await this.findRun(name);
      if (run !== undefined && isKept(run, this.clock.now())) continue;
      await removeTree(join(this.paths.downloads, name));
    }
  }

  /** The run a file is named after; a name may have been given by an engine's temporary, too. */
  private async findRun(name: string): Promise<Run | undefined> {
    const id = Number.parseInt(name.replace(/^\D+/, ''), 10);
    if (!Number.isSafeInteger(id)) return undefined;
    return (await this.runs.get(systemActor, id).catch(ignoreNotFound))?.run;
  }

  private pathOf(runId: number): string {
    return join(this.paths.downloads, String(runId));
  }
}

/** Any other failure ends the sweep: a file that somebody waits for must not go for it. */
function ignoreNotFound(error: unknown): undefined {
  if (toAppError(error).kind !== 'not-found') throw error;
}

function notReady(run: Run): AppError {
  const id = String(run.id);
  const message =
    run.finishedAt === null
      ? `The download of run ${id} is not ready yet; wait for the run.`
      : `Run ${id} ended ${run.state}; there is no file. Retry it.`;
  return new AppError('conflict', 'download.not-ready', message, { details: { state: run.state } });
}

function expired(runId: number): AppError {
  const message = `The file of run ${String(runId)} is no longer kept; request the download again.`;
  return new AppError('not-found', 'download.expired', message);
}
