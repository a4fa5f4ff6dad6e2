/** What lists of snapshots are narrowed to, as conditions of a query. */
import type { SelectQueryBuilder } from 'typeorm';
import { within, type AccountScope } from '../auth/account-scope.js';
import type { ListedState } from './listed-states.js';
import type { Snapshot } from './snapshot.entity.js';

export interface MomentFilter {
  isForTenant: boolean;
  /** Only those of these accounts. */
  scope?: AccountScope | undefined;
  /** Begun at or after. */
  from?: string | undefined;
  /** Begun before. */
  to?: string | undefined;
  /** Failed attempts as well. */
  withFailed?: boolean | undefined;
}

export interface SnapshotFilter {
  limit: number;
  /** Only snapshots older than the one with this id. */
  before?: string | undefined;
  /** Only those of these accounts. */
  scope?: AccountScope | undefined;
  accountId?: string | undefined;
  destinationId?: string | undefined;
  label?: string | undefined;
  jobId?: string | undefined;
  state?: ListedState | undefined;
  /** Begun at or after. */
  from?: string | undefined;
  /** Begun before. */
  to?: string | undefined;
  /** Only what restores kept; without it, all but that. */
  isSafety?: boolean | undefined;
  /** Without those of destinations that end users do not see. */
  isForTenant?: boolean | undefined;
}

/** Spelled out: SQLite does not use a partial index for a bound value. */
const LABELLED = `snapshot.labels <> '[]'`;
const SOUND = 'snapshot.is_damaged = 0 AND snapshot.missing_at IS NULL';
const STATE_IS: Record<ListedState, string> = {
  complete: `snapshot.state = 'complete' AND ${SOUND}`,
  incomplete: `snapshot.state = 'incomplete' AND ${SOUND}`,
  damaged: 'snapshot.is_damaged = 1',
  locked: 'snapshot.is_locked = 1',
  'pending-deletion': 'snapshot.pending_deletion_at IS NOT NULL',
  missing: 'snapshot.missing_at IS NOT NULL',
};
/** To the columns of `snapshot`; each is answered from an index, see the indexes of the entity. */
export function narrow(
  query: SelectQueryBuilder<Snapshot>,
  filter: SnapshotFilter,
): SelectQueryBuilder<Snapshot> {
  const { destinationId, jobId, label, state, from, to, before } = filter;
  const accountId = within(filter.scope, filter.accountId);
  if (accountId !== undefined) query.andWhere({ accountId });
  if (destinationId !== undefined) query.andWhere({ destinationId });
  if (jobId !== undefined) query.andWhere({ jobId });
  if (state !== undefined) query.andWhere(STATE_IS[state]);
  if (from !== undefined) query.andWhere('snapshot.startedAt >= :from', { from });
  if (to !== undefined) query.andWhere('snapshot.startedAt < :to', { to });
  if (label !== undefined) {
    const word = `%"${label.replace(/[\\%_]/g, '\\$&')}"%`;
    query.andWhere(LABELLED).andWhere(`snapshot.labels LIKE :word ESCAPE '\\'`, { word });
  }
  if (before !== undefined) {
    query.andWhere(
      `(snapshot.started_at, snapshot.id) <
       (SELECT "cursor"."started_at", "cursor"."id" FROM "snapshot" "cursor" WHERE "cursor"."id" = :before)`,
      { before },
    );
  }
  return query;
}
