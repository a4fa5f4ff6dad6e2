import { Controller, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { t } from '../../../daemon/platform/messages.js';
import { RestoreConditions } from '../../../daemon/runs/restore-conditions.service.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { SnapshotsService } from '../../../daemon/snapshots/snapshots.service.js';
import { listOf, mendableProblems, typedFields } from '../../form.js';
import { ListedNames } from '../../listed-names.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, safeReturnPath, urls } from '../../routes.js';
import { toDownloadView, type DownloadForm } from './download.view.js';

interface Asked {
  actor: Actor;
  snapshotId: string;
  form: DownloadForm;
}

/** Starts preparing a file of what was chosen; asks first where something is to be accepted. */
@Controller()
export class DownloadPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly snapshots: SnapshotsService,
    private readonly runs: RunsService,
    private readonly names: ListedNames,
    private readonly conditions: RestoreConditions,
  ) {}

  /** Of everything only when that was asked for. */
  @Post(paths.snapshotDownload)
  async download(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    const form: DownloadForm = {
      paths: listOf(typed['path']),
      accept: listOf(typed['accept']),
      format: typed['format'] === 'cpmove' ? 'cpmove' : 'own',
    };
    const { id: snapshotId } = await this.snapshots.get(actor, id);
    if (form.paths.length === 0 && typed['everything'] === undefined) {
      this.pages.redirect(exchange, safeReturnPath(typed['return']), 'nothing-chosen');
      return;
    }
    const asked = { actor, snapshotId, form };
    const hasSeen = typed['step'] === 'accept';
    const conditions = await this.conditions.askedOf(actor, 'download');
    if (conditions.length > 0 && !hasSeen) await this.ask(exchange, asked, false);
    else await this.start(exchange, asked);
  }

  private async start(exchange: Exchange, asked: Asked): Promise<void> {
    const { actor, snapshotId, form } = asked;
    try {
      const run = await this.runs.startDownload(actor, snapshotId, form);
      this.pages.redirect(exchange, urls.run(run.id));
    } catch (error) {
      const problems = mendableProblems(error, ['input']);
      if (!problems.some(({ field }) => field === 'accept')) throw error;
      await this.ask(exchange, asked, true);
    }
  }

  private async ask(exchange: Exchange, asked: Asked, isRefused: boolean): Promise<void> {
    const { actor, snapshotId, form } = asked;
    const model = toDownloadView({
      snapshot: await this.snapshots.get(actor, snapshotId),
      names: await this.names.for(actor),
      form,
      conditions: await this.conditions.askedOf(actor, 'download'),
      isRefused,
      now: this.pages.now(),
    });
    this.pages.page(exchange, 'download', model, {
      title: t('Download {account}', { account: model.account }),
      section: 'snapshots',
      status: isRefused ? 422 : 200,
    });
  }
}
