/** Why a snapshot is not removed when somebody asks, alone or among others. Pure. */
import { t } from '../platform/messages.js';
import type { Snapshot } from './snapshot.entity.js';

export interface RemovalObstacle {
  code: 'snapshot.locked' | 'snapshot.in-progress' | 'snapshot.newest';
  /** A sentence about "it". */
  message: string;
}

/** `newest`: ids that are the newest good one of an account; see SnapshotsStore. */
export function removalObstacle(
  { id, isLocked, state }: Pick<Snapshot, 'id' | 'isLocked' | 'state'>,
  newest: ReadonlySet<string>,
): RemovalObstacle | undefined {
  if (isLocked) return { code: 'snapshot.locked', message: t('It is locked; unlock it first.') };
  if (state === 'in-progress') {
    const message = t('It is being made; cancel its run instead.');
    return { code: 'snapshot.in-progress', message };
  }
  if (!newest.has(id)) return undefined;
  const message = t('It is the newest complete one of its account, which is kept.');
  return { code: 'snapshot.newest', message };
}
