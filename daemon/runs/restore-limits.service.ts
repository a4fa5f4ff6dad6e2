/** Holds accounts to `restore.tenantRestores` and `restore.tenantDownloads`. Asked by run-writer.ts. */
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../platform/config-schema.js';
import { AppError } from '../platform/errors.js';
import { CONFIG } from '../platform/platform.module.js';
import { possibleAgain, type RestoreLimit } from './restore-limits.js';
import { RunRecords } from './run-records.js';
import type { RunKind } from './run.entity.js';

const HOUR_MS = 3_600_000;

@Injectable()
export class RestoreLimits {
  constructor(
    private readonly records: RunRecords,
    @Inject(CONFIG) private readonly config: Pick<Config, 'restore'>,
  ) {}

  /** Throws a `conflict` that says when the account may ask for so many more runs of this kind. */
  async require(accountId: string, kind: RunKind, count: number): Promise<void> {
    if (kind !== 'restore' && kind !== 'download') return;
    const { tenantRestores, tenantDownloads, tenantHours: hours } = this.config.restore;
    const limit = { most: kind === 'restore' ? tenantRestores : tenantDownloads, hours, count };
    const now = this.records.now();
    const since = new Date(now.getTime() - hours * HOUR_MS);
    const runs = await this.records.listAskedSince(accountId, kind, since);
    const possibleAt = possibleAgain(runs, limit, now);
    if (possibleAt !== undefined) throw refused(kind, limit, possibleAt);
  }
}

function refused(
  kind: RunKind,
  { most, hours, count }: RestoreLimit,
  possibleAt: Date | 'never',
): AppError {
  if (possibleAt === 'never' && most > 0) {
    const message = `${count} ${kind}s at once are more than the ${most} that are possible within ${hours} hours.`;
    throw new AppError('conflict', `${kind}.limit`, message);
  }
  if (possibleAt === 'never') {
    const message = `Accounts of this server do not start a ${kind} themselves. Ask your host.`;
    return new AppError('denied', `${kind}.not-offered`, message);
  }
  const at = possibleAt.toISOString();
  const many = most === 1 ? `One ${kind} is` : `${String(most)} ${kind}s are`;
  const message = `${many} possible within ${String(hours)} hours for each account. The next is possible at ${at}.`;
  return new AppError('conflict', `${kind}.limit`, message, { details: { possibleAt: at } });
}
