/**
 * Files that download runs have prepared. They lie in the instance's own directory, named after
 * their run, are handed out to whoever may see that run and download what is in them, and are
 * removed when their time is over or somebody says so. Neighbour: download-links.service.ts hands them out by link.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { isTenant, systemActor, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { DownloadResult } from '../engine/types.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { AppError, toAppError } from '../platform/errors.js';
import { removeTree } from '../platform/files.js';
import type { InstancePaths } from '../platform/instance.js';
import { t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { CLOCK, CONFIG, INSTANCE_PATHS } from '../platform/platform.module.js';
import { isTenantRun } from '../runs/run-request.js';
import type { Run } from '../runs/run.entity.js';
import { RunsService } from '../runs/runs.service.js';
import type { Task } from '../runs/task.entity.js';
import { isKept, keptUntil } from './download-expiry.js';

export interface DownloadFile {
  run: Run;
  path: string;
  /** The name to save it under; from the snapshot, so hostile text. */
  fileName: string;
  sizeBytes: number;
  /** Strong: other bytes never have it. */
  etag: string;
}

/** How somebody asks for a file. */
export interface Fetch {
  /** '' over the socket. */
  address: string;
  method: string;
  range?: string | undefined;
}

export type DownloadState =
  'waiting' | 'preparing' | 'ready' | 'expired' | 'removed' | 'failed' | 'cancelled';

export interface Download {
  run: Run;
  task: Task | undefined;
  state: DownloadState;
  /** Of a file that is ready. */
  sizeBytes: number | undefined;
  /** Of one that was prepared. */
  expiresAt: string | undefined;
  /** Whether the actor may have the file. */
  mayFetch: boolean;
  /** Whether the actor may remove, cancel or retry it. */
  mayChange: boolean;
}

@Injectable()
export class DownloadsService {
  constructor(
    private readonly runs: RunsService,
    private readonly events: EventsService,
    @Inject(INSTANCE_PATHS) private readonly paths: Pick<InstancePaths, 'downloads'>,
    @Inject(CONFIG) private readonly config: Pick<Config, 'downloads'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Newest first; those that are gone, too, as long as their runs are known. */
  async list(
    actor: Actor,
    { limit, before }: { limit: number; before?: number | undefined },
  ): Promise<Download[]> {
    const runs = await this.runs.list(actor, { kind: 'download', limit, before });
    return Promise.all(runs.map((run) => this.describe(actor, run)));
  }

  /** The file of a finished download run. */
  async file(actor: Actor, runId: number): Promise<DownloadFile> {
    const { run, tasks } = await this.getRun(actor, runId);
    await this.runs.requireMayFetch(actor, run);
    const result = tasks[0]?.result;
    if (run.state !== 'complete' || !result) throw notReady(run);
    const path = this.pathOf(runId);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || !this.isKept(run)) throw expired(runId);
    const { fileName } = result as DownloadResult;
    const etag = `"${runId}-${found.size.toString(16)}-${Math.trunc(found.mtimeMs).toString(16)}"`;
    return { run, path, fileName, sizeBytes: found.size, etag };
  }

  /** The same, for handing it out: that is recorded. */
  async open(actor: Actor, runId: number, fetch: Fetch): Promise<DownloadFile> {
    const file = await this.file(actor, runId);
    await this.noteFetch(actor, file.run, { ...fetch, by: 'sign-in' });
    return file;
  }

  async noteFetch(
    actor: Actor,
    run: Run,
    { address, method, range, by }: Fetch & { by: 'sign-in' | 'link' },
  ): Promise<void> {
    if (method === 'HEAD') return;
    const details = { by, address, ...(range === undefined ? {} : { range: range.slice(0, 100) }) };
    await this.events.record(actor, 'download.fetched', subjectOf(run), details);
  }

  /** Its file and with it every link; who is fetching it now gets the rest. */
  async remove(actor: Actor, runId: number): Promise<void> {
    const { run } = await this.getRun(actor, runId);
    await this.runs.getOwn(actor, runId, 'remove');
    if (run.finishedAt === null) throw underWay(runId);
    const path = this.pathOf(runId);
    if ((await stat(path).catch(() => undefined)) === undefined) throw expired(runId);
    await removeTree(path);
    await this.events.record(actor, 'download.removed', subjectOf(run));
  }

  /** Removes what is too old, and what belongs to no download that is wanted. */
  async sweep(): Promise<void> {
    const names = await readdir(this.paths.downloads).catch(() => []);
    for (const name of names) {
      const run = await this.findRun(name);
      if (run !== undefined && this.isKept(run)) continue;
      await removeTree(join(this.paths.downloads, name));
    }
  }

  private async describe(actor: Actor, run: Run): Promise<Download> {
    const { tasks } = await this.runs.get(actor, run.id);
    const found = await stat(this.pathOf(run.id)).catch(() => undefined);
    const state = this.stateOf(run, found !== undefined);
    const isWhole = run.state === 'complete';
    const until = isWhole ? keptUntil(run, this.config.downloads.keepHours) : undefined;
    return {
      ...{ run, task: tasks[0], state },
      sizeBytes: state === 'ready' ? found?.size : undefined,
      expiresAt: until?.toISOString(),
      mayFetch: state === 'ready' && (await this.runs.mayFetch(actor, run)),
      mayChange: !isTenant(actor) || isTenantRun(run),
    };
  }

  private stateOf(run: Run, isThere: boolean): DownloadState {
    if (run.state === 'queued') return 'waiting';
    if (run.state === 'running') return 'preparing';
    if (run.state === 'cancelled') return 'cancelled';
    if (run.state !== 'complete') return 'failed';
    if (!this.isKept(run)) return 'expired';
    return isThere ? 'ready' : 'removed';
  }

  private async getRun(actor: Actor, runId: number): Promise<{ run: Run; tasks: Task[] }> {
    const found = await this.runs.get(actor, runId);
    if (found.run.kind !== 'download') throw notFound('download', runId);
    return found;
  }

  private isKept(run: Run): boolean {
    return isKept(run, this.config.downloads.keepHours, this.clock.now());
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

function subjectOf({ id, accountId }: Run) {
  return { kind: 'run', id, accountId };
}

/** Any other failure ends the sweep: a file that somebody waits for must not go for it. */
function ignoreNotFound(error: unknown): undefined {
  if (toAppError(error).kind !== 'not-found') throw error;
}

function notReady(run: Run): AppError {
  const id = String(run.id);
  const message =
    run.finishedAt === null
      ? t('The download of run {id} is not ready yet; wait for the run.', { id })
      : t('Run {id} ended {state}; there is no file. Retry it.', { id, state: run.state });
  return new AppError('conflict', 'download.not-ready', message, { details: { state: run.state } });
}

function underWay(runId: number): AppError {
  const message = t(
    'The download of run {runId} is still being prepared; cancel the run instead.',
    { runId: String(runId) },
  );
  return new AppError('conflict', 'download.under-way', message);
}

function expired(runId: number): AppError {
  const message = t('The file of run {runId} is no longer kept; request the download again.', {
    runId: String(runId),
  });
  return new AppError('not-found', 'download.expired', message);
}
