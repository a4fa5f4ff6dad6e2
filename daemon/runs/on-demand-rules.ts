/** When an account may be backed up on demand. Pure; on-demand.service.ts reads what it asks for. */
import { z } from 'zod';
import type { OnDemandOffer } from '../jobs/on-demand-offers.js';
import { t } from '../platform/messages.js';
import type { Run } from './run.entity.js';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

export const snapshotRequest = z.strictObject({
  account: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: 'Name or id; an account’s own when left out' }),
  job: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: 'When several jobs offer it; the first by name when left out' }),
  note: z
    .string()
    .trim()
    .max(500, { error: () => t('A note has 500 characters at most.') })
    .regex(/^\P{Cc}*$/u, { error: () => t('A note is one line.') })
    .optional()
    .meta({ description: 'For the snapshot: what it is for' }),
});
export type SnapshotRequest = z.input<typeof snapshotRequest>;

export interface OnDemandQuestion {
  offer: Pick<OnDemandOffer, 'timing' | 'retention'>;
  /** What was asked for of this account and this schedule before, newest first. */
  runs: readonly Pick<Run, 'id' | 'state' | 'finishedAt'>[];
  /** The snapshots that there are of that, at the destination that has most of them: when each
   * was begun, oldest first. */
  snapshots: readonly string[];
  now: Date;
}

/** Why not now, and when it is possible. */
export interface Refusal {
  code: 'on-demand.under-way' | 'on-demand.too-soon' | 'on-demand.limit';
  message: string;
  /** Undefined: not by waiting. */
  possibleAt: Date | undefined;
}

/** Undefined: it may be done. */
export function refusalOf({ offer, runs, snapshots, now }: OnDemandQuestion): Refusal | undefined {
  const { perAccountLimit, hoursBetween } = offer.timing;
  const underWay = runs.find(({ finishedAt }) => finishedAt === null);
  if (underWay !== undefined) {
    const message = t('Run {id} is making such a snapshot already; wait for it.', {
      id: String(underWay.id),
    });
    return { code: 'on-demand.under-way', message, possibleAt: undefined };
  }
  const soonest = possibleAgain(runs, hoursBetween);
  if (soonest !== undefined && soonest > now) {
    const message = t(
      'The last one is less than {hours} hours old. The next is possible at {at}.',
      { hours: String(hoursBetween), at: soonest.toISOString() },
    );
    return { code: 'on-demand.too-soon', message, possibleAt: soonest };
  }
  if (snapshots.length < perAccountLimit) return undefined;
  const possibleAt = expiryOf(snapshots.at(-perAccountLimit), offer);
  const next =
    possibleAt === undefined
      ? t('One of them must be removed first.')
      : t('The next is possible when the oldest goes, at {at} or soon after.', {
          at: possibleAt.toISOString(),
        });
  const message = t('There are {count} snapshots made on demand, and {limit} are allowed. {next}', {
    count: String(snapshots.length),
    limit: String(perAccountLimit),
    next,
  });
  return { code: 'on-demand.limit', message, possibleAt };
}

/** After one with snapshots so many hours, but not when the last one failed. */
function possibleAgain(runs: OnDemandQuestion['runs'], hoursBetween: number): Date | undefined {
  const state = runs[0]?.state;
  if (state === 'failed' || state === 'interrupted') return undefined;
  const made = runs.find((run) => run.state === 'complete' || run.state === 'incomplete');
  if (made?.finishedAt === undefined || made.finishedAt === null) return undefined;
  return new Date(Date.parse(made.finishedAt) + hoursBetween * HOUR_MS);
}

/** When retention lets the snapshot go; undefined where that is not a matter of time alone. */
function expiryOf(
  startedAt: string | undefined,
  { retention }: OnDemandQuestion['offer'],
): Date | undefined {
  const { keepLast, keepWithinDays } = retention;
  if (startedAt === undefined) return undefined;
  if (keepLast !== undefined || keepWithinDays === undefined) return undefined;
  return new Date(Date.parse(startedAt) + keepWithinDays * DAY_MS);
}
