import { Module } from '@nestjs/common';
import { PermissionsService } from './permissions.service.js';
import { PermissionsStore } from './permissions.store.js';

/** Who may do what; for modules that AuthModule itself needs. */
@Module({
  providers: [PermissionsStore, PermissionsService],
  exports: [PermissionsStore, PermissionsService],
})
export class PermissionsModule {}
