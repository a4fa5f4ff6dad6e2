import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { countFrom } from '../../form.js';
import { ListedNames } from '../../listed-names.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { RUN_KINDS } from '../../work-view.js';
import { RUN_STATES, RUNS_PAGE_SIZE, toRunsView, type RunsFilter } from './runs.view.js';

@Controller()
export class RunsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly runs: RunsService,
    private readonly names: ListedNames,
  ) {}

  @Get(paths.runs)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const filter = filterOf(request.query);
    const model = toRunsView({
      runs: await this.runs.list(actor, { ...filter, limit: RUNS_PAGE_SIZE + 1 }),
      names: await this.names.for(actor),
      filter,
      isAdmin: actor.role === 'admin',
      now: this.pages.now(),
    });
    this.pages.page({ request, response }, 'runs', model, { title: t('Runs'), section: 'runs' });
  }
}

/** What is not one of the choices is as if it were not there. */
function filterOf(query: Record<string, unknown>): RunsFilter {
  const kinds = Object.keys(RUN_KINDS) as (keyof typeof RUN_KINDS)[];
  return {
    kind: kinds.find((kind) => kind === query['kind']),
    state: RUN_STATES.find((state) => state === query['state']),
    before: countFrom(query['before']),
  };
}
