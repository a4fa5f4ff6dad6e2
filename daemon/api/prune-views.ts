/** What the API answers about prunes; see views.ts. */
import { z } from 'zod';
import { instant, runView } from './views.js';

const totals = z.strictObject({ objects: z.int(), bytes: z.number() });
export const prunePreviewView = z
  .strictObject({
    destination: z.string(),
    obstacle: z.string().nullable().meta({ description: 'Why nothing is removed there' }),
    snapshots: z
      .array(
        z.strictObject({
          id: z.string(),
          accountId: z.string(),
          account: z.string(),
          startedAt: instant,
          storedBytes: z.number().meta({ description: 'What of it is shared with others stays' }),
          goesAt: instant,
          rule: z.string().meta({ description: 'Completes “because …”' }),
        }),
      )
      .meta({ description: 'Due to go, the next one first' }),
    garbage: totals.meta({ description: 'Without use, as earlier prunes noted it' }),
    ripe: totals.meta({ description: 'Of that, what the next prune removes' }),
  })
  .meta({ id: 'PrunePreview' });
export type PrunePreviewView = z.infer<typeof prunePreviewView>;

export const prunesView = z
  .strictObject({
    runs: z.array(runView),
    skipped: z.array(z.strictObject({ destination: z.string(), reason: z.string() })),
  })
  .meta({ id: 'Prunes' });
export type PrunesView = z.infer<typeof prunesView>;
