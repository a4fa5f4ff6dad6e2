/** Holds accounts to `restore.tenantRestores` and `restore.tenantDownloads`. Asked by run-writer.ts. */
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../platform/config-schema.js';
import { AppError } from '../platform/errors.js';
import { msg, t } from '../platform/messages.js';
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

/** What is said of each kind that is limited. */
const REFUSALS = {
  restore: {
    together: msg(
      '{count} restores at once are more than the {most} that are possible within {hours} hours.',
    ),
    never: msg('Accounts of this server do not start a restore themselves. Ask your host.'),
    one: msg(
      'One restore is possible within {hours} hours for each account. The next is possible at {at}.',
    ),
    many: msg(
      '{most} restores are possible within {hours} hours for each account. The next is possible at {at}.',
    ),
  },
  download: {
    together: msg(
      '{count} downloads at once are more than the {most} that are possible within {hours} hours.',
    ),
    never: msg('Accounts of this server do not start a download themselves. Ask your host.'),
    one: msg(
      'One download is possible within {hours} hours for each account. The next is possible at {at}.',
    ),
    many: msg(
      '{most} downloads are possible within {hours} hours for each account. The next is possible at {at}.',
    ),
  },
};

function refused(
  kind: keyof typeof REFUSALS,
  { most, hours, count }: RestoreLimit,
  possibleAt: Date | 'never',
): AppError {
  const { together, never, one, many } = REFUSALS[kind];
  const limit = { most: String(most), hours: String(hours) };
  if (possibleAt === 'never' && most > 0) {
    const message = t(together, { ...limit, count: String(count) });
    throw new AppError('conflict', `${kind}.limit`, message);
  }
  if (possibleAt === 'never') {
    return new AppError('denied', `${kind}.not-offered`, t(never));
  }
  const at = possibleAt.toISOString();
  const message = t(most === 1 ? one : many, { ...limit, at });
  return new AppError('conflict', `${kind}.limit`, message, { details: { possibleAt: at } });
}
