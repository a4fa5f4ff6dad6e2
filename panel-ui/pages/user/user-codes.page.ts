import { Controller, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { TwoFactorService } from '../../../daemon/auth/two-factor.service.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';

@Controller()
export class UserCodesPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly twoFactor: TwoFactorService,
  ) {}

  /** For who has lost the phone and the recovery codes. */
  @Post(paths.userCodesReset)
  async reset(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.twoFactor.reset(actor, name);
    this.pages.redirect({ request, response }, urls.user(name), 'user-codes-reset');
  }
}
