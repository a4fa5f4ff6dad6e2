/**
 * Restoring: choose, preview, start. The steps post to one address, because a selection can be far
 * longer than an address may be; the first two change nothing and answer a page, the last starts a
 * run and redirects to it.
 */
import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import type { RestorePreview } from '../../../daemon/engine/types.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { SnapshotsService } from '../../../daemon/snapshots/snapshots.service.js';
import { mendableProblems, textOf, typedFields } from '../../form.js';
import { ListedNames } from '../../listed-names.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { RestoreOffers } from '../../restore-offers.js';
import { paths, safeReturnPath, urls } from '../../routes.js';
import {
  readRestoreForm,
  toRestoreInput,
  toRestoreView,
  type RestoreForm,
} from './restore.view.js';

interface Step {
  actor: Actor;
  snapshotId: string;
  form: RestoreForm;
}

interface Shown {
  preview?: RestorePreview;
  problems?: Problem[];
}

/** What every browser and proxy takes. */
const MAX_ADDRESS = 2000;

@Controller()
export class RestorePage {
  constructor(
    private readonly pages: PanelPages,
    private readonly snapshots: SnapshotsService,
    private readonly runs: RunsService,
    private readonly names: ListedNames,
    private readonly offers: RestoreOffers,
  ) {}

  @Get(paths.snapshotRestore)
  async show(
    @CurrentActor() actor: Actor,
    @Param('id') snapshotId: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const form = readRestoreForm({
      path: request.query['path'],
      item: request.query['item'],
    });
    await this.answer({ request, response }, { actor, snapshotId, form }, {});
  }

  @Post(paths.snapshotRestore)
  async act(
    @CurrentActor() actor: Actor,
    @Param('id') snapshotId: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    const step = { actor, snapshotId, form: readRestoreForm(typed) };
    const site = textOf(typed['site']);
    if (site !== '') {
      step.form.paths = await this.offers.pathsOfSite(actor, snapshotId, site);
    }
    if (typed['step'] === 'start') await this.start(exchange, step);
    else if (typed['step'] === 'preview') await this.preview(exchange, step);
    else if (typed['return'] === undefined) await this.answer(exchange, step, {});
    else await this.choose(exchange, step, typed['return']);
  }

  /** From the list of files, which is at `from`. */
  private async choose(exchange: Exchange, step: Step, from: unknown): Promise<void> {
    const { snapshotId, form } = step;
    if (form.paths.length + form.items.length === 0) {
      this.pages.redirect(exchange, safeReturnPath(from), 'nothing-chosen');
      return;
    }
    // An address of its own where it fits: going back to what was posted asks to post it again.
    const url = urls.snapshotRestore(snapshotId, { path: form.paths, item: form.items });
    if (url.length <= MAX_ADDRESS) this.pages.redirect(exchange, url);
    else await this.answer(exchange, step, {});
  }

  private async preview(exchange: Exchange, step: Step): Promise<void> {
    try {
      const input = toRestoreInput(step.form);
      const preview = await this.snapshots.preview(step.actor, step.snapshotId, input);
      await this.answer(exchange, step, { preview });
    } catch (error) {
      await this.answer(exchange, step, { problems: mendableProblems(error) });
    }
  }

  private async start(exchange: Exchange, step: Step): Promise<void> {
    try {
      const input = toRestoreInput(step.form);
      const run = await this.runs.startRestore(step.actor, step.snapshotId, input);
      this.pages.redirect(exchange, urls.run(run.id));
    } catch (error) {
      await this.refuse(exchange, step, mendableProblems(error));
    }
  }

  /** What is to be confirmed or accepted is asked again below the same preview; anything else is chosen again. */
  private async refuse(exchange: Exchange, step: Step, problems: Problem[]): Promise<void> {
    if (!problems.some(({ field }) => field === 'confirm' || field === 'accept')) {
      await this.answer(exchange, step, { problems });
      return;
    }
    const input = toRestoreInput(step.form);
    const preview = await this.snapshots.preview(step.actor, step.snapshotId, input);
    await this.answer(exchange, step, { preview, problems });
  }

  private async answer(exchange: Exchange, step: Step, shown: Shown): Promise<void> {
    const { actor, snapshotId, form } = step;
    const snapshot = await this.snapshots.get(actor, snapshotId);
    const model = toRestoreView({
      snapshot,
      names: await this.names.for(actor),
      form,
      preview: shown.preview,
      problems: shown.problems ?? [],
      isAdmin: actor.role === 'admin',
      allowed: await this.offers.allowedTo(actor, snapshot.accountId),
      conditions: await this.offers.conditionsOf(actor),
      now: this.pages.now(),
    });
    this.pages.page(exchange, 'restore', model, {
      title: t('Restore {account}', { account: model.account }),
      section: 'snapshots',
      status: shown.problems === undefined ? 200 : 422,
    });
  }
}
