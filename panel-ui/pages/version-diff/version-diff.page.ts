import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { VersionDiffs } from '../../../daemon/history/version-diffs.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { SnapshotsService } from '../../../daemon/snapshots/snapshots.service.js';
import { textOf } from '../../form.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { accountAsked } from '../../whose.js';
import { toVersionDiffView } from './version-diff.view.js';

@Controller()
export class VersionDiffPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly diffs: VersionDiffs,
    private readonly snapshots: SnapshotsService,
  ) {}

  @Get(paths.versionDiff)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const { path } = request.query;
    const ids = { before: idOf(request.query['before']), after: idOf(request.query['after']) };
    if (typeof path !== 'string' || path === '' || ids.before === '' || ids.after === '') {
      this.pages.redirect({ request, response }, urls.find());
      return;
    }
    const model = toVersionDiffView({
      path,
      account: actor.role === 'account' ? undefined : accountAsked(actor, request.query),
      compared: await this.diffs.compare(actor, ids, path),
      before: await this.snapshots.get(actor, ids.before),
      after: await this.snapshots.get(actor, ids.after),
      now: this.pages.now(),
    });
    const title = t('Changes of {name}', { name: model.name });
    this.pages.page({ request, response }, 'version-diff', model, { title, section: 'find' });
  }
}

function idOf(value: unknown): string {
  return textOf(value).slice(0, 64);
}
