/** One snapshot with what is known of its making; see views.ts. */
import { z } from 'zod';
import { siteView } from './site-views.js';
import { snapshotView } from './views.js';

const leftOutView = z.strictObject({
  path: z.string(),
  code: z.string(),
  message: z.string(),
});

export const snapshotDetailView = z
  .strictObject({
    snapshot: snapshotView,
    items: z.array(z.strictObject({ name: z.string(), entries: z.number(), bytes: z.number() })),
    leftOut: z.array(leftOutView).meta({ description: 'The first hundred.' }),
    sites: z.array(siteView),
    trigger: z.string().nullable().meta({ description: 'manual, schedule, …' }),
    run: z
      .strictObject({ id: z.int(), requestedBy: z.string(), attempts: z.int() })
      .nullable()
      .meta({ description: 'The run that made it, when it is known and the caller may see it' }),
    requests: z
      .strictObject({
        puts: z.int(),
        gets: z.int(),
        lists: z.int(),
        deletes: z.int(),
        bytesSent: z.number(),
        bytesReceived: z.number(),
        usCents: z.number().nullable().meta({ description: 'By list prices' }),
      })
      .nullable()
      .meta({ description: 'What its making asked of a store that charges by the request' }),
  })
  .meta({ id: 'SnapshotWithSummary' });
export type SnapshotDetailView = z.infer<typeof snapshotDetailView>;
