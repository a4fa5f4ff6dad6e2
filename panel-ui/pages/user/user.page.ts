import { Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Names } from '../../../daemon/api/names.js';
import { PANEL_ADDRESS, type PanelAddress } from '../../../daemon/api/panel-address.js';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import { requireAdmin, type Actor } from '../../../daemon/auth/actor.js';
import { AuthService } from '../../../daemon/auth/auth.service.js';
import { UsersService } from '../../../daemon/auth/users.service.js';
import { mendableProblems, textOf, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { t } from '../../../daemon/platform/messages.js';
import { toUserView, type UserOutcome } from './user.view.js';

@Controller()
export class UserPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly users: UsersService,
    private readonly auth: AuthService,
    private readonly names: Names,
    @Inject(PANEL_ADDRESS) private readonly panel: PanelAddress,
  ) {}

  @Get(paths.user)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, actor, name, {});
  }

  @Post(paths.userPassword)
  async setPassword(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    requireAdmin(actor);
    const { password } = typedFields(request.body);
    try {
      const keep = request.browserSession?.id;
      await this.users.setPassword(actor, name, typeof password === 'string' ? password : '', keep);
      this.pages.redirect(exchange, urls.user(name), 'user-changed');
    } catch (error) {
      const [problem] = mendableProblems(error, ['input']);
      await this.answer(exchange, actor, name, { passwordProblem: problem.message });
    }
  }

  @Post(paths.userSwitch)
  async turn(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const isOn = textOf(typedFields(request.body)['isEnabled']) === 'yes';
    await this.users.setDisabled(actor, name, !isOn);
    this.pages.redirect({ request, response }, urls.user(name), 'user-changed');
  }

  /** The link is shown on the page that answers, and nowhere else. */
  @Post(paths.userLink)
  async makeLink(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const { token, expiresAt } = await this.auth.createSignInLink(actor, { user: name });
    const url = `${this.panel.url ?? ''}${urls.signInLink(token)}`;
    await this.answer({ request, response }, actor, name, { link: { url, expiresAt } });
  }

  /** Its name is typed once more. */
  @Post(paths.userRemove)
  async remove(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    requireAdmin(actor);
    const user = await this.users.get(actor, name);
    if (textOf(typedFields(request.body)['name']) !== user.name) {
      const removeProblem = t('Type the user’s name to remove them.');
      await this.answer(exchange, actor, name, { removeProblem });
      return;
    }
    try {
      await this.users.remove(actor, user.id);
      this.pages.redirect(exchange, urls.users(), 'user-removed');
    } catch (error) {
      const [problem] = mendableProblems(error, ['conflict']);
      await this.answer(exchange, actor, name, { removeProblem: problem.message });
    }
  }

  private async answer(
    exchange: Exchange,
    actor: Actor,
    name: string,
    outcome: UserOutcome,
  ): Promise<void> {
    requireAdmin(actor);
    const user = await this.users.get(actor, name);
    const account = await this.names.ofAccounts(actor);
    const model = toUserView(user, account, outcome, this.pages.now());
    const isRefused = (outcome.passwordProblem ?? outcome.removeProblem) !== undefined;
    this.pages.page(exchange, 'user', model, {
      title: model.name,
      section: 'users',
      status: isRefused ? 422 : 200,
    });
  }
}
