import { Body, Controller, Get, Put, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import {
  permissionChanges,
  permissionPlace,
  type PermissionPlace,
} from '../auth/permissions/permission-input.js';
import { PermissionSettings } from '../auth/permissions/permission-settings.service.js';
import { ApiRoute } from './openapi.js';
import { permissionsView, toPermissionsView, type PermissionsView } from './permission-views.js';
import { CurrentActor } from './request.js';

const changeInput = permissionPlace.safeExtend({ settings: permissionChanges });

/** Who may do what, at one level: the server, a reseller, a package or an account. */
@Controller('api/v1/permissions')
export class PermissionsController {
  constructor(private readonly settings: PermissionSettings) {}

  @Get()
  @ApiRoute({ summary: 'Every permission at one level', answers: permissionsView })
  async get(
    @CurrentActor() actor: Actor,
    @Query({ schema: permissionPlace }) place: PermissionPlace,
  ): Promise<PermissionsView> {
    return toPermissionsView(await this.settings.sheet(actor, place));
  }

  @Put()
  @ApiRoute({
    summary: 'Say what a level permits, by names of permissions; what is not given stays',
    answers: permissionsView,
  })
  async set(
    @CurrentActor() actor: Actor,
    @Body({ schema: changeInput }) { settings, ...place }: z.output<typeof changeInput>,
  ): Promise<PermissionsView> {
    return toPermissionsView(await this.settings.change(actor, place, settings));
  }
}
