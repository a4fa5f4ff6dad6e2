import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { SnapshotNotesService } from '../../../daemon/snapshots/snapshot-notes.service.js';
import { SnapshotsService } from '../../../daemon/snapshots/snapshots.service.js';
import { mendableProblems, typedFields } from '../../form.js';
import { readNotes } from '../../notes-form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toSnapshotNotesView, type SnapshotNotesView } from './snapshot-notes.view.js';

@Controller()
export class SnapshotNotesPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly snapshots: SnapshotsService,
    private readonly notes: SnapshotNotesService,
  ) {}

  @Get(paths.snapshotNotes)
  async show(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const snapshot = await this.snapshots.get(actor, id);
    this.answer({ request, response }, toSnapshotNotesView(snapshot), 200);
  }

  @Post(paths.snapshotNotes)
  async change(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    const snapshot = await this.snapshots.get(actor, id);
    try {
      await this.notes.change(actor, id, readNotes(typed));
      this.pages.redirect(exchange, urls.snapshot(id), 'snapshot-noted');
    } catch (error) {
      const problems = mendableProblems(error, ['input']);
      this.answer(exchange, toSnapshotNotesView(snapshot, typed, problems), 422);
    }
  }

  private answer(exchange: Exchange, model: SnapshotNotesView, status: number): void {
    const options = {
      title: t('Note of {id}', { id: model.id }),
      section: 'snapshots',
      status,
    } as const;
    this.pages.page(exchange, 'snapshot-notes', model, options);
  }
}
