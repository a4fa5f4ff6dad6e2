import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import type { Config } from '../../../daemon/platform/config-schema.js';
import { t } from '../../../daemon/platform/messages.js';
import { CONFIG } from '../../../daemon/platform/platform.module.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { ListedNames } from '../../listed-names.js';
import { LiveStreams } from '../../live-parts.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { toQueueLive, toQueueView, type QueueInput } from './queue.view.js';

/** Of more runs nothing is looked up: they wait behind these. */
const MOST_RUNS = 30;

@Controller()
export class QueuePage {
  constructor(
    private readonly pages: PanelPages,
    private readonly runs: RunsService,
    private readonly names: ListedNames,
    private readonly streams: LiveStreams,
    @Inject(CONFIG) private readonly config: Pick<Config, 'queue'>,
  ) {}

  @Get(paths.queue)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const model = toQueueView(await this.look(actor));
    const options = { title: t('Queue'), section: 'queue', isLive: true } as const;
    this.pages.page({ request, response }, 'queue', model, options);
  }

  @Get(paths.queueLive)
  async showLive(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const model = toQueueLive(await this.look(actor));
    this.pages.fragment({ request, response }, 'queue-live', model);
  }

  @Get(paths.queueStream)
  async stream(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    await this.streams.stream(exchange, async () => {
      const model = toQueueLive(await this.look(actor));
      return { parts: { queue: this.pages.htmlOf(exchange, 'queue-live', model) }, isOver: false };
    });
  }

  private async look(actor: Actor): Promise<QueueInput> {
    const unfinished = (await this.runs.listUnfinished(actor)).slice(0, MOST_RUNS);
    const runs = await Promise.all(unfinished.map((run) => this.runs.get(actor, run.id)));
    const ids = new Set(runs.flatMap(({ tasks }) => tasks.map((task) => task.destinationId)));
    return {
      runs,
      names: await this.names.for(actor, [...ids]),
      workers: this.config.queue.concurrency,
      isAdmin: actor.role !== 'account',
      now: this.pages.now(),
    };
  }
}
