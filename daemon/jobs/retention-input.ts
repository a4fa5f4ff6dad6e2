/**
 * How long the snapshots of a schedule are kept; the form, the API and the command line share it.
 * Each rule keeps what it covers, so a snapshot goes only when none keeps it any more. Without a
 * rule they are kept for ever.
 */
import { z } from 'zod';

/** A hundred years: more is a typing mistake. */
const MAX_KEEP_DAYS = 36_500;

export const retentionInput = z.strictObject({
  /** The newest so many snapshots of the schedule, for each account and destination. */
  keepLast: z.int().min(1).max(10_000).optional(),
  /** Every snapshot made within so many days before the schedule's newest; on demand: before now. */
  keepWithinDays: z.int().min(1).max(MAX_KEEP_DAYS).optional(),
});

export type Retention = z.infer<typeof retentionInput>;
