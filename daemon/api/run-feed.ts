/**
 * A run as those who watch it see it: its rows and tasks, and a stream of what changes. The stream
 * sends only differences, so that watching a run of a thousand accounts costs what moves.
 */
import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import type { Actor } from '../auth/actor.js';
import { RunEvents } from '../runs/run-events.js';
import { RunsService } from '../runs/runs.service.js';
import { UndosService } from '../runs/undos.service.js';
import { Bell, hasRoom, startEvents } from './event-stream.js';
import { Names, type TaskNames } from './names.js';
import { toRunView, toTaskView, toUndoView } from './shapes.js';
import type { LogLineView, RunDetailView, RunView, TaskView } from './views.js';

const HEARTBEAT_MS = 15_000;
const LOG_PAGE = 1000;

export interface Watch {
  actor: Actor;
  runId: number;
  /** The last log line the watcher has. */
  after: number;
}

@Injectable()
export class RunFeed {
  constructor(
    private readonly runs: RunsService,
    private readonly events: RunEvents,
    private readonly names: Names,
    private readonly undos: UndosService,
  ) {}

  async detail(actor: Actor, runId: number, known?: TaskNames): Promise<RunDetailView> {
    const { run, tasks } = await this.runs.get(actor, runId);
    const names = known ?? (await this.taskNames(actor, tasks));
    return {
      run: toRunView(run),
      tasks: tasks.map((task) =>
        toTaskView(task, names, this.events.progressOf(task.id) ?? task.progress),
      ),
      parts: await this.runs.listParts(run),
      undo: toUndoView(await this.undos.offerOf(actor, run)),
    };
  }

  /** Server-sent events until the run has ended or the watcher is gone. */
  async stream(watch: Watch, response: Response): Promise<void> {
    const { tasks } = await this.runs.get(watch.actor, watch.runId);
    const names = await this.taskNames(watch.actor, tasks);
    startEvents(response);
    const bell = new Bell();
    const unsubscribe = this.events.subscribe((changed) => {
      if (changed === watch.runId) bell.ring();
    });
    response.on('close', () => {
      bell.ring();
    });
    const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS).unref();
    try {
      await this.sendUntilEnd(watch, names, response, bell);
    } finally {
      clearInterval(heartbeat);
      unsubscribe();
      response.end();
    }
  }

  private async sendUntilEnd(
    watch: Watch,
    names: TaskNames,
    response: Response,
    bell: Bell,
  ): Promise<void> {
    const sent = new Map<string, string>();
    let after = watch.after;
    while (!response.destroyed) {
      // Before the rows: a run that ended has written all of its log.
      const detail = await this.detail(watch.actor, watch.runId, names);
      after = await this.sendLog(watch, after, response);
      for (const task of detail.tasks) {
        sendIfNew(response, sent, `task ${task.id}`, { event: 'task', task });
      }
      if (detail.run.finishedAt !== null) {
        send(response, { event: 'end', run: detail.run });
        return;
      }
      sendIfNew(response, sent, 'run', { event: 'run', run: detail.run });
      await hasRoom(response);
      await bell.rung();
    }
  }

  private async sendLog(
    { actor, runId }: Watch,
    from: number,
    response: Response,
  ): Promise<number> {
    let after = from;
    const { run } = await this.runs.get(actor, runId);
    if (!(await this.runs.mayReadLog(actor, run))) return after;
    for (;;) {
      const lines = await this.runs.log(actor, runId, { after, limit: LOG_PAGE });
      for (const line of lines) send(response, { event: 'log', line });
      await hasRoom(response);
      after = lines.at(-1)?.seq ?? after;
      if (lines.length < LOG_PAGE) return after;
    }
  }

  private async taskNames(
    actor: Actor,
    tasks: readonly { destinationId: string }[],
  ): Promise<TaskNames> {
    return {
      account: await this.names.ofAccounts(actor),
      destination: await this.names.ofDestinations(
        actor,
        tasks.map((task) => task.destinationId),
      ),
    };
  }
}

type FeedEvent =
  | { event: 'run' | 'end'; run: RunView }
  | { event: 'task'; task: TaskView }
  | { event: 'log'; line: LogLineView };

function send(response: Response, event: FeedEvent): void {
  response.write(`event: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`);
}

function sendIfNew(
  response: Response,
  sent: Map<string, string>,
  key: string,
  event: FeedEvent,
): void {
  const text = JSON.stringify(event);
  if (sent.get(key) === text) return;
  sent.set(key, text);
  send(response, event);
}
