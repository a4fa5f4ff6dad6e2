import type { DataSource } from 'typeorm';
import { PermissionsService } from '../auth/permissions/permissions.service.js';
import { PermissionsStore } from '../auth/permissions/permissions.store.js';

/** Who may do what, as the catalogue says. */
export function permissionsOf(dataSource: DataSource): PermissionsService {
  return new PermissionsService(new PermissionsStore(dataSource));
}
