import { Module } from '@nestjs/common';
import { EventsService } from './events.service.js';
import { EventsStore } from './events.store.js';
import { PermissionsModule } from './permissions/permissions.module.js';

/** The record of events and who may do what, for modules that AuthModule itself needs. */
@Module({
  imports: [PermissionsModule],
  providers: [EventsStore, EventsService],
  exports: [EventsService, PermissionsModule],
})
export class EventsModule {}
