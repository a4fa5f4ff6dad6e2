/**
 * The schemas of a new destination and of changes to one; the form, the API and the command line
 * share them. What a kind needs is defined with the kind, in ../../destinations.
 */
import { z } from 'zod';
import { localSettings } from '../../destinations/local/local.settings.js';
import { s3Secrets, s3Settings } from '../../destinations/s3/s3.settings.js';
import { sshSecrets, sshSettings } from '../../destinations/ssh/ssh.settings.js';
import { t } from '../platform/messages.js';
import { resourceName } from './job-input.js';

/** What an admin says of a destination of any kind. */
const common = {
  owner: z
    .string()
    .trim()
    .min(1, { error: () => t('Name the owner, or leave it out.') })
    .max(64)
    .nullable()
    .meta({ description: 'Whose it is; null: the server’s' }),
  threads: z
    .int()
    .min(1)
    .max(64)
    .nullable()
    .meta({ description: 'Calls at once; null: as the kind sees fit' }),
  bandwidthKib: z
    .int()
    .min(64, { error: () => t('Less than 64 KiB per second is too slow to be of use.') })
    .max(100 * 1024 * 1024)
    .nullable()
    .meta({ description: 'KiB per second, both directions together; null: no limit' }),
  isVisible: z.boolean().meta({ description: 'End users see the snapshots that lie there' }),
  notes: z.string().max(2_000),
};

const onAdding = {
  name: resourceName,
  owner: common.owner.default(null),
  threads: common.threads.default(null),
  bandwidthKib: common.bandwidthKib.default(null),
  isVisible: common.isVisible.default(true),
  notes: common.notes.default(''),
  isReadOnly: z
    .boolean()
    .default(false)
    .meta({ description: 'Only to restore from: nothing is ever written there' }),
};

export const destinationInput = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ ...onAdding, kind: z.literal('local'), ...localSettings.shape }),
    z.strictObject({
      ...onAdding,
      kind: z.literal('ssh'),
      ...sshSettings.shape,
      ...sshSecrets.shape,
    }),
    z.strictObject({ ...onAdding, kind: z.literal('s3'), ...s3Settings.shape, ...s3Secrets.shape }),
  ],
  { error: () => t('The kind of a destination is "local", "ssh" or "s3".') },
);

export type DestinationInput = z.input<typeof destinationInput>;

/** What is not given stays, what is null goes. `settings` and `secrets` are those of the kind, each
 * for itself. */
export const destinationChanges = z
  .strictObject({
    name: resourceName,
    ...common,
    isEnabled: z.boolean(),
    settings: z.record(z.string(), z.unknown()),
    secrets: z.record(
      z.string(),
      z
        .string()
        .max(64 * 1024)
        .nullable(),
    ),
  })
  .partial();

export type DestinationChanges = z.input<typeof destinationChanges>;
