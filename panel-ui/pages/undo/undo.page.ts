import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { AppError } from '../../../daemon/platform/errors.js';
import { notFound } from '../../../daemon/platform/not-found.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { UndosService } from '../../../daemon/runs/undos.service.js';
import { countFrom, typedFields } from '../../form.js';
import { ListedNames } from '../../listed-names.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toUndoView } from './undo.view.js';

@Controller()
export class UndoPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly runs: RunsService,
    private readonly undos: UndosService,
    private readonly names: ListedNames,
  ) {}

  /** Shows what it would do; changes nothing. */
  @Get(paths.runUndo)
  async show(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, actor, {
      id: runId(id),
      force: request.query['force'] === 'yes',
    });
  }

  @Post(paths.runUndo)
  async undo(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const force = typedFields(request.body)['force'] === 'yes';
    const exchange = { request, response };
    try {
      const run = await this.undos.start(actor, runId(id), { force });
      this.pages.redirect(exchange, urls.run(run.id));
    } catch (error) {
      await this.refuse(exchange, actor, { id: runId(id), force, error });
    }
  }

  private async answer(
    exchange: Exchange,
    actor: Actor,
    { id, force }: { id: number; force: boolean },
  ): Promise<void> {
    const { run } = await this.runs.get(actor, id);
    try {
      const preview = await this.undos.preview(actor, id, { force });
      const names = await this.names.for(actor);
      const model = toUndoView({ run, names, preview, problem: undefined, isForced: force });
      this.pages.page(exchange, 'undo', model, { title: model.heading, section: 'runs' });
    } catch (error) {
      await this.refuse(exchange, actor, { id, force, error });
    }
  }

  /** A conflict is told on the page; anything else is a failure of it. */
  private async refuse(
    exchange: Exchange,
    actor: Actor,
    { id, force, error }: { id: number; force: boolean; error: unknown },
  ): Promise<void> {
    if (!(error instanceof AppError) || error.kind !== 'conflict') throw error;
    const { run } = await this.runs.get(actor, id);
    const names = await this.names.for(actor);
    const problem = error.message;
    const model = toUndoView({ run, names, preview: undefined, problem, isForced: force });
    const options = { title: model.heading, section: 'runs', status: 422 } as const;
    this.pages.page(exchange, 'undo', model, options);
  }
}

function runId(text: string): number {
  const id = countFrom(text);
  if (id === undefined) throw notFound('run', text);
  return id;
}
