import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { tagsInput } from '../accounts/account-tags.js';
import { AccountsService, excludesInput } from '../accounts/accounts.service.js';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { SnapshotSites } from '../snapshots/snapshot-sites.service.js';
import {
  accountDetailView,
  toAccountDetailView,
  type AccountDetailView,
} from './account-detail-view.js';
import { nameParam } from './inputs.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { toAccountView } from './shapes.js';
import { accountSitesView, type AccountSitesView } from './site-views.js';
import { accountView, type AccountView } from './views.js';

@Controller('api/v1/accounts')
export class AccountsController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly sites: SnapshotSites,
  ) {}

  @Get()
  @ApiRoute({ summary: 'Every account the caller may see', answers: z.array(accountView) })
  async list(@CurrentActor() actor: Actor): Promise<AccountView[]> {
    return (await this.accounts.list(actor)).map((account) => toAccountView(account, actor));
  }

  @Post('refresh')
  @ApiRoute({ summary: 'Look for accounts again', answers: z.array(accountView) })
  async refresh(@CurrentActor() actor: Actor): Promise<AccountView[]> {
    requireAdmin(actor);
    await this.accounts.refresh();
    return (await this.accounts.list(actor)).map((account) => toAccountView(account, actor));
  }

  @Get(':name')
  @ApiRoute({ summary: 'One account, by name or id', answers: accountDetailView })
  async get(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: z.output<typeof nameParam>,
  ): Promise<AccountDetailView> {
    return toAccountDetailView(await this.accounts.get(actor, name), actor);
  }

  @Get(':name/sites')
  @ApiRoute({ summary: 'Its WordPress sites in its newest snapshot', answers: accountSitesView })
  async listSites(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: z.output<typeof nameParam>,
  ): Promise<AccountSitesView> {
    const { snapshot, sites } = await this.sites.ofAccount(actor, name);
    return { snapshotId: snapshot?.id ?? null, sites };
  }

  @Post(':name/excludes')
  @ApiRoute({ summary: 'Say what every backup of it leaves out', answers: accountDetailView })
  async setExcludes(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: z.output<typeof nameParam>,
    @Body({ schema: excludesInput }) { excludes }: z.output<typeof excludesInput>,
  ): Promise<AccountDetailView> {
    const account = await this.accounts.setExcludes(actor, name, excludes);
    return toAccountDetailView(account, actor);
  }

  @Post(':name/tags')
  @ApiRoute({ summary: 'Say by which words jobs may choose it', answers: accountDetailView })
  async setTags(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: z.output<typeof nameParam>,
    @Body({ schema: tagsInput }) { tags }: z.output<typeof tagsInput>,
  ): Promise<AccountDetailView> {
    return toAccountDetailView(await this.accounts.setTags(actor, name, tags), actor);
  }
}
