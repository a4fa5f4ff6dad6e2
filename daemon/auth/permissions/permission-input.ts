/** What may be said about permissions: at which level, and what. The form, the API and the command line share it. */
import { z } from 'zod';
import { t } from '../../platform/messages.js';
import { findPermission } from './catalogue.js';
import { LEVELS } from './decide.js';

const name = z.string().min(1).max(255);

/** Where settings stand: of the server without a name, else of a reseller, a package or an account. */
export const permissionPlace = z
  .strictObject({
    level: z
      .enum(LEVELS, {
        error: () => t('The level is "global", "reseller", "package" or "account".'),
      })
      .default('global'),
    name: name.optional(),
  })
  .refine((place) => (place.level === 'global') === (place.name === undefined), {
    path: ['name'],
    error: () => t('A reseller, a package or an account is named; the level "global" has no name.'),
  });
export type PermissionPlace = z.output<typeof permissionPlace>;

export const settingValue = z.enum(['yes', 'no', 'never', 'inherit'], {
  error: () => t('A permission is set to "yes", "no", "never" or "inherit".'),
});
export type SettingValue = z.output<typeof settingValue>;

/** By the permission's name. */
export const permissionChanges = z.record(
  z.string().refine((given) => findPermission(given) !== undefined, {
    error: () => t('There is no permission of this name; see: holdfast permission list'),
  }),
  settingValue,
);
export type PermissionChanges = z.output<typeof permissionChanges>;
