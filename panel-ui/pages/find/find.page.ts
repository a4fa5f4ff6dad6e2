import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import {
  HistoryService,
  type FoundFile,
  type Found,
} from '../../../daemon/history/history.service.js';
import { AppError } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { textOf } from '../../form.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { accountAsked } from '../../whose.js';
import { toFindView } from './find.view.js';

const MOST_SHOWN = 200;

@Controller()
export class FindPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly history: HistoryService,
  ) {}

  @Get(paths.find)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const account = accountAsked(actor, request.query);
    const q = textOf(request.query['q']).slice(0, 255);
    const answer = account === undefined || q === '' ? {} : await this.find(actor, account, q);
    const isAdmin = actor.role !== 'account';
    const model = toFindView({ account, q, isAdmin, ...answer, now: this.pages.now() });
    const options = { title: t('Find a file'), section: 'find' } as const;
    this.pages.page({ request, response }, 'find', model, options);
  }

  /** What was typed and does not exist is said on the page. */
  private async find(
    actor: Actor,
    account: string,
    q: string,
  ): Promise<{ found?: Found<FoundFile>; problem?: string }> {
    try {
      return { found: await this.history.find(actor, account, q, MOST_SHOWN) };
    } catch (error) {
      const codes = ['account.not-found', 'history.not-ready'];
      const isSaid = error instanceof AppError && codes.includes(error.code);
      if (isSaid) return { problem: error.message };
      throw error;
    }
  }
}
