/** Asks the services for what the pages of a run show. */
import { Injectable } from '@nestjs/common';
import { isTenant, type Actor } from '../../../daemon/auth/actor.js';
import { notFound } from '../../../daemon/platform/not-found.js';
import { isTenantRun } from '../../../daemon/runs/run-request.js';
import type { LogLine } from '../../../daemon/runs/run-log.js';
import type { Run } from '../../../daemon/runs/run.entity.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { UndosService } from '../../../daemon/runs/undos.service.js';
import { countFrom } from '../../form.js';
import { ListedNames } from '../../listed-names.js';
import type { Names } from '../../work-view.js';
import { RECENT_LINES, type RunInput } from './run.view.js';

@Injectable()
export class RunFacts {
  constructor(
    private readonly runs: RunsService,
    private readonly names: ListedNames,
    private readonly undos: UndosService,
  ) {}

  /** `known`: the names, where they were asked for already. */
  async of(actor: Actor, id: number, known?: Names): Promise<Omit<RunInput, 'lines' | 'now'>> {
    const { run, tasks } = await this.runs.get(actor, id);
    const ids = [...new Set(tasks.map((task) => task.destinationId))];
    const names = known ?? (await this.names.for(actor, ids));
    const mayChange = !isTenant(actor) || isTenantRun(run);
    const mayFetch = await this.runs.mayFetch(actor, run);
    return { run, tasks, names, mayFetch, mayChange, undo: await this.undos.offerOf(actor, run) };
  }

  /** The end of its log; undefined for who may not read it. */
  async recentLines(actor: Actor, run: Run): Promise<LogLine[] | undefined> {
    if (!(await this.runs.mayReadLog(actor, run))) return undefined;
    return this.runs.log(actor, run.id, { last: RECENT_LINES });
  }
}

/** From an address; throws `not-found`. */
export function runId(text: string): number {
  const id = countFrom(text);
  if (id === undefined) throw notFound('run', text);
  return id;
}
