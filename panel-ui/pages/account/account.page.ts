import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { AccountsService } from '../../../daemon/accounts/accounts.service.js';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { SnapshotsService } from '../../../daemon/snapshots/snapshots.service.js';
import { ListedNames } from '../../listed-names.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { displayText } from '../../wording.js';
import { ACCOUNT_RUNS, ACCOUNT_SNAPSHOTS, toAccountView } from './account.view.js';

@Controller()
export class AccountPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly accounts: AccountsService,
    private readonly snapshots: SnapshotsService,
    private readonly runs: RunsService,
    private readonly names: ListedNames,
  ) {}

  @Get(paths.account)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const account = await this.accounts.get(actor, name);
    const limit = ACCOUNT_SNAPSHOTS + 1;
    const snapshots = await this.snapshots.list(actor, { account: account.id, limit });
    const runs = await this.runs.list(actor, { accountId: account.id, limit: ACCOUNT_RUNS });
    const names = await this.names.for(
      actor,
      snapshots.map((snapshot) => snapshot.destinationId),
    );
    const isAdmin = actor.role === 'admin';
    const model = toAccountView({
      account,
      snapshots,
      runs,
      names,
      isAdmin,
      now: this.pages.now(),
    });
    const title = displayText(account.name);
    this.pages.page({ request, response }, 'account', model, { title, section: 'dashboard' });
  }
}
