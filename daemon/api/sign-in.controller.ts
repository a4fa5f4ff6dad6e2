import { Body, Controller, Delete, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { ApiTokensService } from '../auth/api-tokens.service.js';
import { AuthService } from '../auth/auth.service.js';
import { apiTokenInput } from '../auth/user-input.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { nameParam } from './inputs.js';
import { ApiRoute } from './openapi.js';
import { PANEL_ADDRESS, type PanelAddress } from './panel-address.js';
import { CurrentActor } from './request.js';
import { toApiTokenView } from './shapes.js';
import * as views from './views.js';

const linkInput = z.strictObject({
  user: z.string().min(1).max(255).optional(),
  account: z.string().min(1).max(255).optional(),
  reseller: z.string().min(1).max(255).optional(),
});
const ofUserQuery = z.strictObject({ user: z.string().min(1).max(255).optional() });

/** Ways in for others: one-time links for browsers, tokens for programs. */
@Controller('api/v1')
export class SignInController {
  constructor(
    private readonly auth: AuthService,
    private readonly tokens: ApiTokensService,
    @Inject(PANEL_ADDRESS) private readonly panel: PanelAddress,
  ) {}

  @Post('sign-in-links')
  @ApiRoute({
    summary:
      'A link that signs in once: as the caller, a user, an account’s end user or a reseller',
    answers: views.signInLinkView,
    status: 201,
  })
  async createLink(
    @CurrentActor() actor: Actor,
    @Body({ schema: linkInput }) input: z.output<typeof linkInput>,
  ): Promise<views.SignInLinkView> {
    const base = this.panel.url;
    if (base === undefined) {
      throw new AppError(
        'conflict',
        'panel.disabled',
        t('The panel is switched off; set panel.enabled in config.yaml and restart the daemon.'),
      );
    }
    const { token, expiresAt } = await this.auth.createSignInLink(actor, input);
    return { url: `${base}/link/${token}`, expiresAt };
  }

  @Get('api-tokens')
  @ApiRoute({ summary: 'A user’s API tokens', answers: z.array(views.apiTokenView) })
  async listTokens(
    @CurrentActor() actor: Actor,
    @Query({ schema: ofUserQuery }) { user }: z.output<typeof ofUserQuery>,
  ): Promise<views.ApiTokenView[]> {
    return (await this.tokens.list(actor, user)).map(toApiTokenView);
  }

  @Post('api-tokens')
  @ApiRoute({
    summary: 'Make an API token; it is told only now',
    answers: views.newApiTokenView,
    status: 201,
  })
  async createToken(
    @CurrentActor() actor: Actor,
    @Body({ schema: apiTokenInput }) input: z.output<typeof apiTokenInput>,
  ): Promise<views.NewApiTokenView> {
    const { token, row } = await this.tokens.create(actor, input);
    return { ...toApiTokenView(row), token };
  }

  @Delete('api-tokens/:name')
  @ApiRoute({ summary: 'Make an API token useless', answers: undefined })
  async removeToken(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: z.output<typeof nameParam>,
    @Query({ schema: ofUserQuery }) { user }: z.output<typeof ofUserQuery>,
  ): Promise<void> {
    await this.tokens.remove(actor, name, user);
  }
}
