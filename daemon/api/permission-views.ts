/** What the API answers about permissions; see views.ts. */
import { z } from 'zod';
import { LEVELS } from '../auth/permissions/decide.js';
import { settingValue } from '../auth/permissions/permission-input.js';
import type { PermissionSheet } from '../auth/permissions/permission-settings.service.js';

const permissionView = z
  .strictObject({
    name: z.string(),
    section: z.string(),
    title: z.string(),
    setting: settingValue.meta({ description: 'What this level says' }),
    setBy: z.string().nullable(),
    isAllowed: z.boolean().meta({ description: 'What holds at this level' }),
    decidedBy: z.enum([...LEVELS, 'built-in']),
    isFinal: z.boolean().meta({ description: 'No level below can change it' }),
    choices: z.array(settingValue).meta({ description: 'What the caller may set it to' }),
  })
  .meta({ id: 'Permission' });

export const permissionsView = z
  .strictObject({
    level: z.enum(LEVELS),
    name: z.string().nullable(),
    permissions: z.array(permissionView),
  })
  .meta({ id: 'Permissions' });
export type PermissionsView = z.infer<typeof permissionsView>;

export function toPermissionsView({ level, name, states }: PermissionSheet): PermissionsView {
  return {
    level,
    name: name ?? null,
    permissions: states.map(({ permission, setting, setBy, decision, choices }) => ({
      name: permission.name,
      section: permission.section,
      title: permission.title,
      setting,
      setBy: setBy ?? null,
      isAllowed: decision.isAllowed,
      decidedBy: decision.by,
      isFinal: decision.isFinal,
      choices,
    })),
  };
}
