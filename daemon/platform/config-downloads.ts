import { z } from 'zod';
import { msg } from './messages.js';

/** Of files that are prepared to be fetched. */
export const downloads = z.strictObject({
  keepHours: z
    .number()
    .min(0.01)
    .max(8_760)
    .default(24)
    .describe(msg('How long a prepared file is kept')),
  linkHours: z
    .number()
    .min(0)
    .max(8_760)
    .default(24)
    .describe(
      msg(
        'How long a link that needs no sign-in works, never longer than the file is kept; 0: there are no such links',
      ),
    ),
  maxBytes: z
    .int()
    .min(0)
    .default(50_000_000_000)
    .describe(
      msg(
        'How much content one download of an end user or reseller may hold, before compression; 0: as much as there is. Admins are not bound by it',
      ),
    ),
  minFreeBytes: z
    .int()
    .min(0)
    .default(1_000_000_000)
    .describe(msg('What downloads leave free on the disk where they are prepared')),
});
