/** The section `notices` of the configuration: what is told, when, and in which language. */
import { z } from 'zod';
import { LANGUAGES, msg, type Language } from './messages.js';
import { OWNER_NOTICES } from './owner-notices.js';

export const notices = z.strictObject({
  language: z
    .enum(Object.keys(LANGUAGES) as [Language, ...Language[]], {
      error: `must be one of ${Object.keys(LANGUAGES).join(', ')}`,
    })
    .default('en')
    .describe(msg('Of messages to channels, and to owners who chose none')),
  jobDays: z
    .number()
    .min(0.01)
    .max(365)
    .default(1)
    .describe(msg('How late a job may be before it is told')),
  runHours: z
    .number()
    .min(0.01)
    .max(8_760)
    .default(24)
    .describe(msg('A run is slow that takes longer than this')),
  runFactor: z
    .number()
    .min(1)
    .max(1_000)
    .default(3)
    .describe(msg('or more than so many times as long as usual')),
  diskPercent: z
    .int()
    .min(1)
    .max(100)
    .default(90)
    .describe(msg('A destination that is fuller is told')),
  accountDays: z
    .number()
    .min(0.01)
    .max(365)
    .default(3)
    .describe(msg('How long an account may be without a good snapshot')),
  probeMinutes: z
    .number()
    .min(1)
    .max(1_440)
    .default(15)
    .describe(msg('How often destinations are tried')),
  perHour: z
    .int()
    .min(1)
    .max(1_000)
    .default(20)
    .describe(
      msg(
        'Messages of one channel within an hour; what is more becomes one. Also mails to owners a minute',
      ),
    ),
  ownerKinds: z
    .array(z.enum(OWNER_NOTICES, { error: `must be of these: ${OWNER_NOTICES.join(', ')}` }))
    .default([...OWNER_NOTICES])
    .describe(msg('What owners of accounts are told of at all')),
});
