/** The page on which admins say what others may, and resellers what their accounts may. */
import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { AccountsService } from '../../../daemon/accounts/accounts.service.js';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import { isTenant, requireAdmin, type Actor } from '../../../daemon/auth/actor.js';
import type { PermissionPlace } from '../../../daemon/auth/permissions/permission-input.js';
import {
  PermissionSettings,
  type PermissionSheet,
} from '../../../daemon/auth/permissions/permission-settings.service.js';
import { AppError } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { typedFields } from '../../form.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { changesOf, placeOf, toPermissionsView } from './permissions.view.js';

/** More are typed. */
const MAX_NAMES = 200;

@Controller()
export class PermissionsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly settings: PermissionSettings,
    private readonly accounts: AccountsService,
  ) {}

  @Get(paths.permissions)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    // An end user is told what it may not where it would do it.
    if (actor.role === 'account') requireAdmin(actor);
    const isAdmin = !isTenant(actor);
    const place = placeOf(request.query, isAdmin);
    const found = await this.find(actor, place);
    const names = await this.namesFor(actor, place);
    const model = toPermissionsView({ isAdmin, place, names, ...found });
    this.pages.page({ request, response }, 'permissions', model, {
      title: t('Permissions'),
      section: 'permissions',
      status: found.problem === undefined ? 200 : 404,
    });
  }

  @Post(paths.permissions)
  async save(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const typed = typedFields(request.body);
    const place = placeOf(typed, !isTenant(actor));
    await this.settings.change(actor, place, changesOf(typed));
    this.pages.redirect({ request, response }, urls.permissions(place), 'permissions-changed');
  }

  /** A name that was mistyped is asked for again. */
  private async find(
    actor: Actor,
    place: PermissionPlace,
  ): Promise<{ sheet: PermissionSheet | undefined; problem: string | undefined }> {
    if (place.level !== 'global' && place.name === undefined) {
      return { sheet: undefined, problem: undefined };
    }
    try {
      return { sheet: await this.settings.sheet(actor, place), problem: undefined };
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'not-found') throw error;
      return { sheet: undefined, problem: error.message };
    }
  }

  private async namesFor(actor: Actor, { level }: PermissionPlace): Promise<string[]> {
    if (level === 'account') {
      return (await this.accounts.list(actor)).slice(0, MAX_NAMES).map(({ name }) => name);
    }
    const { resellers, packages } = await this.settings.choices(actor);
    if (level === 'reseller') return resellers.slice(0, MAX_NAMES);
    return level === 'package' ? packages.slice(0, MAX_NAMES) : [];
  }
}
