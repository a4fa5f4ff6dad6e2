/**
 * Restores of databases whose worker died: what was begun on a database server is brought to an end, the
 * old database or the new one, as soon as the server answers.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import { toAppError } from '../platform/errors.js';
import type { InstancePaths } from '../platform/instance.js';
import type { Logger } from '../platform/logger.js';
import { INSTANCE_PATHS, LOGGER } from '../platform/platform.module.js';
import { RunRecords } from './run-records.js';

@Injectable()
export class InterruptedSwaps {
  private readonly atWork = new Map<number, Promise<void>>();

  constructor(
    private readonly accounts: AccountsService,
    private readonly records: RunRecords,
    @Inject(INSTANCE_PATHS) private readonly paths: Pick<InstancePaths, 'swaps'>,
    @Inject(LOGGER) private readonly logger: Pick<Logger, 'error'>,
  ) {}

  /** What the worker of a run left when it ended. Never rejects: what fails is tried again later. */
  async settle(runId: number): Promise<void> {
    const folder = join(this.paths.swaps, String(runId));
    const isAny = (await readdir(folder).catch(() => [])).length > 0;
    const work = this.atWork.get(runId) ?? (isAny ? this.settleFolder(runId, folder) : undefined);
    if (work === undefined) {
      await rm(folder, { recursive: true, force: true });
      return;
    }
    this.atWork.set(runId, work);
    await work;
    this.atWork.delete(runId);
  }

  /** Of runs that are over. */
  async settleAll(): Promise<void> {
    for (const name of await readdir(this.paths.swaps)) {
      const id = /^\d+$/.test(name) ? Number(name) : undefined;
      const run = id === undefined ? undefined : await this.records.findRun(id);
      if (id !== undefined && run?.finishedAt !== null) await this.settle(id);
    }
  }

  private async settleFolder(runId: number, folder: string): Promise<void> {
    try {
      const told = await this.settleOnServers(folder);
      await rm(folder, { recursive: true, force: true });
      for (const message of told) await this.records.logRun(runId, 'warn', message);
    } catch (error) {
      const { message } = toAppError(error);
      this.logger.error({ err: error, runId }, `A restore of a database that was cut off could not be brought to its end: ${message}`); // prettier-ignore
    }
  }

  /** It loads the servers' clients, which most daemons never need. */
  private async settleOnServers(folder: string): Promise<string[]> {
    const { mariadb, postgresql } = await this.accounts.databaseServers();
    const names = await readdir(folder);
    const isOfPostgresql = (name: string): boolean => name.startsWith('postgresql-');
    const told: string[] = [];
    if (names.some((name) => !isOfPostgresql(name))) {
      if (mariadb === undefined) throw new Error('No MariaDB server was found.');
      const { settleMariadb } = await import('../engine/databases/restore-mariadb.js');
      told.push(...(await settleMariadb(mariadb, folder)));
    }
    if (names.some(isOfPostgresql)) {
      if (postgresql === undefined) throw new Error('No PostgreSQL server was found.');
      const { sweepPostgresql } = await import('../engine/databases/sweep-postgresql.js');
      const swept = await sweepPostgresql(postgresql, folder);
      told.push(...swept.map(({ message }) => message));
      const unknown = swept.find(({ outcome }) => outcome === 'unknown');
      if (unknown !== undefined) throw new Error(unknown.message);
    }
    return told;
  }
}
