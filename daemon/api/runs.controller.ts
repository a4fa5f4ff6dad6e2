import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { RunsService } from '../runs/runs.service.js';
import { UndosService, undoInput } from '../runs/undos.service.js';
import { count, limit, runParam } from './inputs.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { RunFeed } from './run-feed.js';
import { toPreviewView, toRunView } from './shapes.js';
import * as views from './views.js';

type RunId = z.output<typeof runParam>;

const listQuery = z.strictObject({
  limit: limit(50, 500),
  before: count.optional(),
  kind: views.runView.shape.kind.optional(),
  state: views.workState.optional(),
});
const logQuery = z.strictObject({ after: count.optional(), limit: limit(10_000, 50_000) });
const eventsQuery = z.strictObject({ after: count.optional() });

@Controller('api/v1/runs')
export class RunsController {
  constructor(
    private readonly runs: RunsService,
    private readonly feed: RunFeed,
    private readonly undos: UndosService,
  ) {}

  @Get()
  @ApiRoute({ summary: 'Runs, newest first', answers: z.array(views.runView) })
  async list(
    @CurrentActor() actor: Actor,
    @Query({ schema: listQuery }) query: z.output<typeof listQuery>,
  ): Promise<views.RunView[]> {
    return (await this.runs.list(actor, query)).map(toRunView);
  }

  @Get(':id')
  @ApiRoute({ summary: 'One run and its tasks', answers: views.runDetailView })
  get(
    @CurrentActor() actor: Actor,
    @Param({ schema: runParam }) { id }: RunId,
  ): Promise<views.RunDetailView> {
    return this.feed.detail(actor, id);
  }

  @Get(':id/log')
  @ApiRoute({ summary: 'Lines of its log', answers: z.array(views.logLineView) })
  log(
    @CurrentActor() actor: Actor,
    @Param({ schema: runParam }) { id }: RunId,
    @Query({ schema: logQuery }) { after, limit: most }: z.output<typeof logQuery>,
  ): Promise<views.LogLineView[]> {
    return this.runs.log(actor, id, { after: after ?? 0, limit: most });
  }

  @Get(':id/events')
  @ApiRoute({
    summary: 'What happens to it until it ends: events `run`, `task`, `log` and at last `end`',
    answers: { mediaType: 'text/event-stream' },
  })
  async events(
    @CurrentActor() actor: Actor,
    @Param({ schema: runParam }) { id }: RunId,
    @Query({ schema: eventsQuery }) { after }: z.output<typeof eventsQuery>,
    @Res() response: Response,
  ): Promise<void> {
    await this.feed.stream({ actor, runId: id, after: after ?? 0 }, response);
  }

  @Post(':id/cancel')
  @ApiRoute({ summary: 'Stop a run', answers: views.runView, status: 202 })
  async cancel(
    @CurrentActor() actor: Actor,
    @Param({ schema: runParam }) { id }: RunId,
  ): Promise<views.RunView> {
    await this.runs.cancel(actor, id);
    return toRunView((await this.runs.get(actor, id)).run);
  }

  @Post(':id/retry')
  @ApiRoute({
    summary: 'Do again what it did not achieve; answers the new run',
    answers: views.runView,
    status: 202,
  })
  async retry(
    @CurrentActor() actor: Actor,
    @Param({ schema: runParam }) { id }: RunId,
  ): Promise<views.RunView> {
    return toRunView(await this.runs.retry(actor, id));
  }

  @Post(':id/undo')
  @ApiRoute({
    summary: 'Take a restore back; answers the new run',
    answers: views.runView,
    status: 202,
  })
  async undo(
    @CurrentActor() actor: Actor,
    @Param({ schema: runParam }) { id }: RunId,
    @Body({ schema: undoInput }) input: z.output<typeof undoInput>,
  ): Promise<views.RunView> {
    return toRunView(await this.undos.start(actor, id, input));
  }

  @Post(':id/undo/preview')
  @ApiRoute({ summary: 'What an undo would do', answers: views.previewView })
  async previewUndo(
    @CurrentActor() actor: Actor,
    @Param({ schema: runParam }) { id }: RunId,
    @Body({ schema: undoInput }) input: z.output<typeof undoInput>,
  ): Promise<views.PreviewView> {
    return toPreviewView(await this.undos.preview(actor, id, input));
  }
}
