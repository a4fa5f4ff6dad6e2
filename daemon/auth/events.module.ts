import { Module } from '@nestjs/common';
import { EventsService } from './events.service.js';
import { EventsStore } from './events.store.js';

/** The record of events alone, for modules that AuthModule itself needs. */
@Module({ providers: [EventsStore, EventsService], exports: [EventsService] })
export class EventsModule {}
