import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { TwoFactorService } from '../../../daemon/auth/two-factor.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { mendableProblems, textOf, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toMyCodesView } from './my-codes.view.js';

@Controller()
export class MyCodesPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly twoFactor: TwoFactorService,
  ) {}

  /** The picture to scan is shown to a fresh session only; another one is sent to show who it is. */
  @Get(paths.myCodes)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, actor, {});
  }

  @Post(paths.myCodes)
  async set(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    const sealed = textOf(typed['sealed']);
    try {
      const code = textOf(typed['code']);
      const recoveryCodes = await this.twoFactor.turnOn(actor, { sealed, code });
      await this.answer(exchange, actor, { recoveryCodes });
    } catch (error) {
      const [problem] = mendableProblems(error, ['input']);
      await this.answer(exchange, actor, { sealed, problem: problem.message });
    }
  }

  @Post(paths.myCodesOff)
  async turnOff(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.twoFactor.turnOff(actor);
    this.pages.redirect({ request, response }, urls.myAccount(), 'codes-off');
  }

  @Post(paths.myCodesRenew)
  async renew(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const recoveryCodes = await this.twoFactor.renewCodes(actor);
    await this.answer({ request, response }, actor, { recoveryCodes });
  }

  private async answer(
    exchange: Exchange,
    actor: Actor,
    shown: { sealed?: string; problem?: string; recoveryCodes?: string[] },
  ): Promise<void> {
    const state = await this.twoFactor.look(actor);
    const { hasTotp, hasPassword } = state.user;
    const isSetUp = hasPassword && !hasTotp;
    const proposal = isSetUp ? await this.twoFactor.propose(actor, shown.sealed) : undefined;
    const model = await toMyCodesView(actor, state, { ...shown, proposal }, this.pages.now());
    this.pages.page(exchange, 'my-codes', model, {
      title: t('Codes'),
      section: 'my-account',
      status: shown.problem === undefined ? 200 : 422,
    });
  }
}
