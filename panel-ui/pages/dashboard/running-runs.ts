import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../daemon/auth/actor.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { ListedNames } from '../../listed-names.js';
import { toRunningView, type RunningView } from './running.view.js';

/** More than fit on a screen are only counted. */
const MAX_ROWS = 8;

/** What runs now, for the dashboard and for its live part. */
@Injectable()
export class RunningRuns {
  constructor(
    private readonly runs: RunsService,
    private readonly names: ListedNames,
  ) {}

  async view(actor: Actor): Promise<RunningView> {
    const unfinished = await this.runs.listUnfinished(actor);
    const shown = unfinished.slice(0, MAX_ROWS);
    const found = await Promise.all(shown.map((run) => this.runs.get(actor, run.id)));
    const names = await this.names.for(actor);
    return toRunningView({ runs: found, names, moreRuns: unfinished.length - shown.length });
  }
}
