/** The schemas of a new channel and of changes to one; the form, the API and the command line share them. */
import { z } from 'zod';
import { resourceName } from '../jobs/job-input.js';
import { t } from '../platform/messages.js';
import { mailSecrets, mailSettings } from './mail.channel.js';
import { ADMIN_KINDS, LEVELS } from './notice-kinds.js';
import { ntfySecrets, ntfySettings } from './ntfy.channel.js';
import { slackSecrets } from './slack.channel.js';
import { webhookSecrets, webhookSettings } from './webhook.channel.js';

const level = z
  .enum(LEVELS, { error: () => t('The lowest level is "info", "warning" or "error".') })
  .meta({ description: 'What is less urgent is not said' });
const events = z
  .array(
    z.enum(ADMIN_KINDS, {
      error: () => t('An event is one of: {names}.', { names: ADMIN_KINDS.join(', ') }),
    }),
  )
  .min(1, { error: () => t('Choose at least one event, or all of them.') })
  .nullable()
  .meta({ description: 'Only these; null: all' });
const digestHour = z
  .int({ error: () => t('It must be a whole number.') })
  .min(0, { error: () => t('An hour is 0 to 23.') })
  .max(23, { error: () => t('An hour is 0 to 23.') })
  .nullable()
  .meta({ description: 'All of a day at this hour of `schedule.timeZone`; null: at once' });

const onAdding = {
  name: resourceName,
  level: level.default('warning'),
  events: events.default(null),
  digestHour: digestHour.default(null),
  isEnabled: z.boolean().default(true),
};

export const channelInput = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ ...onAdding, kind: z.literal('mail'), ...mailSettings.shape, ...mailSecrets.shape }), // prettier-ignore
    z.strictObject({ ...onAdding, kind: z.literal('webhook'), ...webhookSettings.shape, ...webhookSecrets.shape }), // prettier-ignore
    z.strictObject({ ...onAdding, kind: z.literal('slack'), ...slackSecrets.shape }),
    z.strictObject({ ...onAdding, kind: z.literal('ntfy'), ...ntfySettings.shape, ...ntfySecrets.shape }), // prettier-ignore
  ],
  { error: () => t('The kind of a channel is "mail", "webhook", "slack" or "ntfy".') },
);
export type ChannelInput = z.input<typeof channelInput>;

/** What is not given stays, what is null goes. `settings` and `secrets` are those of the kind, each for itself. */
export const channelChanges = z
  .strictObject({
    name: resourceName,
    level,
    events,
    digestHour,
    isEnabled: z.boolean(),
    settings: z.record(z.string(), z.unknown()),
    secrets: z.record(z.string(), z.string().max(2_000).nullable()),
  })
  .partial();
export type ChannelChanges = z.input<typeof channelChanges>;
