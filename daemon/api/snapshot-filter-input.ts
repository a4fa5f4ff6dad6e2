/** To what lists of snapshots and deeds on many of them are narrowed. */
import { z } from 'zod';
import { LISTED_STATES } from '../runs/listed-states.js';
import { labelName } from '../runs/snapshot-notes.js';
import { instant } from './inputs.js';

export const snapshotFilter = z.strictObject({
  account: z.string().min(1).max(255).optional(),
  destination: z.string().min(1).max(255).optional(),
  job: z.string().min(1).max(255).optional(),
  label: labelName.optional(),
  state: z.enum(LISTED_STATES).optional(),
  from: instant('2026-11-21T00:00:00Z').optional(),
  to: instant('2026-11-22T00:00:00Z')
    .optional()
    .meta({ description: 'Only those begun before it' }),
});
