/** What the API answers about destinations; see views.ts. */
import { z } from 'zod';
import { instant } from './views.js';

export const destinationView = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    kind: z.string(),
    settings: z.record(z.string(), z.unknown()),
    hasSecrets: z.boolean(),
    owner: z.string().nullable(),
    diskLimitPercent: z.int().nullable(),
    threads: z.int().nullable(),
    bandwidthKib: z.int().nullable(),
    isReadOnly: z.boolean(),
    isVisible: z.boolean(),
    isEnabled: z.boolean(),
    notes: z.string(),
    foreignServers: z
      .array(
        z.strictObject({
          serverId: z.string(),
          name: z.string(),
          keyFingerprint: z.string().meta({ description: 'SHA-256 of its public key, SPKI DER' }),
          snapshots: z.int(),
          isTrusted: z.boolean(),
        }),
      )
      .meta({ description: 'Other servers whose snapshots the last reindex found' }),
    createdAt: instant,
    lastProbe: z
      .strictObject({
        at: instant,
        isOk: z.boolean(),
        message: z.string().nullable(),
        freeBytes: z.number().nullable(),
        totalBytes: z.number().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'Destination' });
export type DestinationView = z.infer<typeof destinationView>;

const validationFields = {
  isOk: z.boolean(),
  checks: z.array(
    z.strictObject({
      name: z.string(),
      isOk: z.boolean(),
      isWarning: z.boolean().meta({ description: 'It works, but could be safer' }),
      message: z.string(),
      mend: z.string().nullable(),
    }),
  ),
  latencyMs: z.number().nullable(),
  throughputMiBs: z.number().nullable(),
  clockSkewMs: z.number().nullable(),
  freeBytes: z.number().nullable(),
  totalBytes: z.number().nullable(),
};
export const validationView = z.strictObject(validationFields).meta({ id: 'Validation' });
export type ValidationView = z.infer<typeof validationView>;

export const storedValidationView = z
  .strictObject({ at: instant, ...validationFields })
  .meta({ id: 'StoredValidation' });
export type StoredValidationView = z.infer<typeof storedValidationView>;

export const objectsView = z
  .strictObject({
    prefix: z.string(),
    objects: z.array(
      z.strictObject({
        key: z.string(),
        name: z.string(),
        type: z.enum(['folder', 'object']),
        sizeBytes: z.number().nullable(),
        modifiedAt: instant.nullable(),
        snapshotId: z
          .string()
          .nullable()
          .meta({ description: 'The snapshot it was written for, as its name tells' }),
      }),
    ),
    next: z.string().nullable().meta({ description: 'To be given as `after`; null at the end' }),
  })
  .meta({ id: 'Objects' });
export type ObjectsView = z.infer<typeof objectsView>;
