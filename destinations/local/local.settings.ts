/** What an admin says about a local destination. */
import { isAbsolute, normalize } from 'node:path';
import { z } from 'zod';

export const DEFAULT_DISK_LIMIT_PERCENT = 95;

export const localSettings = z.strictObject({
  path: z
    .string()
    .max(4000)
    .refine((path) => isAbsolute(path), 'The path must be absolute, like /backup.')
    .refine((path) => !path.includes('\0'), 'The path must not contain a NUL character.')
    .transform((path) => normalize(path).replace(/\/+$/, ''))
    .refine((path) => path !== '', 'The path must be a directory of its own, not /.'),
  /** New backups are refused when the file system is fuller than this. */
  diskLimitPercent: z.int().min(1).max(100).optional(),
  /** The path lies on a disk of its own: nothing is written while that is not mounted. */
  isMountRequired: z.boolean().optional(),
});

export type LocalSettings = z.infer<typeof localSettings>;

export function describeLocal(settings: LocalSettings): string {
  return settings.path;
}
