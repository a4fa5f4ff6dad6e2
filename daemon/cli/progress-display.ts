/**
 * Shows a run while it goes on: bars that move on a terminal, a bar for each account; plain lines
 * where output goes to a file or a pipe. Writes to standard error only.
 */
import { MultiBar, type SingleBar } from 'cli-progress';
import type { LogLineView, TaskView } from '../api/views.js';
import { plain } from './format.js';
import { progressLine, taskActivity, taskLabel } from './progress-line.js';
import type { Terminal } from './terminal.js';

export interface ProgressDisplay {
  task(task: TaskView): void;
  log(line: LogLineView): void;
  stop(): void;
}

/** Bars on a terminal; lines elsewhere; nothing in JSON mode. `isVerbose`: the whole log too. */
export function createDisplay(terminal: Terminal, isVerbose: boolean): ProgressDisplay {
  if (terminal.isJson) return silent;
  return terminal.isLive ? new Bars(terminal, isVerbose) : new Lines(terminal, isVerbose);
}

const silent: ProgressDisplay = {
  task: () => undefined,
  log: () => undefined,
  stop: () => undefined,
};

function logText(line: LogLineView): string {
  const level = line.level === 'info' ? '' : `${line.level}: `;
  const account = line.account === undefined ? '' : `${plain(line.account)}: `;
  return `${account}${level}${plain(line.message)}`;
}

class Bars implements ProgressDisplay {
  private readonly tasks = new Map<number, TaskView>();
  private readonly bars = new Map<number, SingleBar>();
  private readonly multibar: MultiBar;

  constructor(
    private readonly terminal: Terminal,
    private readonly isVerbose: boolean,
  ) {
    const columns = (): number => terminal.streams.stderr.columns || 80;
    this.multibar = new MultiBar({
      stream: terminal.streams.stderr,
      fps: 8,
      forceRedraw: true,
      format: (_options, _params, payload: { taskId: number }) => {
        const task = this.tasks.get(payload.taskId);
        return task === undefined ? '' : progressLine(task, this.label(task), columns());
      },
    });
  }

  task(task: TaskView): void {
    this.tasks.set(task.id, task);
    const isOver = task.finishedAt !== null;
    const hasRoom = this.tasks.size <= (this.terminal.streams.stderr.rows || 24) - 3;
    const bar = this.bars.get(task.id);
    if (bar === undefined) {
      // With more accounts than lines only those at work have a bar.
      if (!hasRoom && task.state !== 'running') return;
      this.bars.set(task.id, this.multibar.create(1, 0, { taskId: task.id }));
      return;
    }
    bar.update({ taskId: task.id });
    if (!isOver || hasRoom) return;
    this.multibar.remove(bar);
    this.bars.delete(task.id);
    this.multibar.log(`${this.label(task).trimEnd()}: ${task.state}\n`);
  }

  log(line: LogLineView): void {
    if (this.isVerbose || line.level !== 'info') this.multibar.log(`${logText(line)}\n`);
  }

  stop(): void {
    this.multibar.update();
    this.multibar.stop();
  }

  private label(task: TaskView): string {
    const all = [...this.tasks.values()];
    const isSpread = new Set(all.map((one) => one.destinationId)).size > 1;
    const width = Math.max(...all.map((one) => taskLabel(one, isSpread).length));
    return taskLabel(task, isSpread).padEnd(width);
  }
}

const LINE_INTERVAL_MS = 10_000;

class Lines implements ProgressDisplay {
  private readonly shown = new Map<number, { state: string; at: number }>();

  constructor(
    private readonly terminal: Terminal,
    private readonly isVerbose: boolean,
  ) {}

  task(task: TaskView): void {
    const now = Date.now();
    const last = this.shown.get(task.id);
    const isDue = task.state === 'running' && now - (last?.at ?? 0) >= LINE_INTERVAL_MS;
    if (last?.state === task.state && !isDue) return;
    this.shown.set(task.id, { state: task.state, at: now });
    this.terminal.note(`${taskLabel(task, true)}: ${taskActivity(task).trimEnd()}`);
  }

  log(line: LogLineView): void {
    if (this.isVerbose || line.level !== 'info') this.terminal.note(logText(line));
  }

  stop(): void {
    // Lines stand by themselves.
  }
}
