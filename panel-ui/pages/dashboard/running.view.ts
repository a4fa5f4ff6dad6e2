/** What runs now: a fragment of the dashboard that replaces itself. Pure. */
import { t } from '../../../daemon/platform/messages.js';
import type { Progress } from '../../../daemon/engine/types.js';
import type { Run } from '../../../daemon/runs/run.entity.js';
import { urls } from '../../routes.js';
import { durationText, stateView, type StateView } from '../../wording.js';
import {
  RUN_KINDS,
  runSubject,
  share,
  toProgress,
  type Names,
  type ProgressView,
} from '../../work-view.js';

export interface RunningTask {
  state: string;
  progress: Progress | null;
}

export interface RunningInput {
  runs: readonly { run: Run; tasks: readonly RunningTask[] }[];
  names: Names;
  /** How many more there are than were given. */
  moreRuns: number;
}

interface RunningRow {
  url: string;
  kind: string;
  subject: string;
  state: StateView;
  progress: ProgressView | undefined;
}

export interface RunningView {
  rows: RunningRow[];
  more: string | undefined;
  runsUrl: string;
  pollUrl: string;
  /** For `hx-trigger`. */
  pollTrigger: string;
}

export function toRunningView(input: RunningInput): RunningView {
  const rows = input.runs.map(({ run, tasks }) => ({
    url: urls.run(run.id),
    kind: t(RUN_KINDS[run.kind]),
    subject: runSubject(run, input.names),
    state: stateView(run.state),
    progress: run.state === 'running' ? runProgress(tasks) : undefined,
  }));
  return {
    rows,
    more:
      input.moreRuns > 0
        ? `${t('{count, plural, one {# more run} other {# more runs}}', { count: input.moreRuns })} …`
        : undefined,
    runsUrl: urls.runs(),
    pollUrl: urls.dashboardRunning(),
    pollTrigger: rows.length > 0 ? 'every 1s' : 'every 10s',
  };
}

/** One task: its own progress. Several: how many are done, counting those at work in part. */
export function runProgress(tasks: readonly RunningTask[]): ProgressView | undefined {
  const label = t('Progress of the run');
  const working = tasks.filter((task) => task.state === 'running');
  const [first] = tasks;
  if (tasks.length === 1 && first !== undefined) {
    return first.progress === null ? undefined : toProgress(first.progress, label);
  }
  const done = tasks.filter((task) => task.state !== 'running' && task.state !== 'queued').length;
  const parts = working.map((task) =>
    task.progress === null ? 0 : (toProgress(task.progress, label).value ?? 0) / 1000,
  );
  const value = share(done + parts.reduce((sum, part) => sum + part, 0), tasks.length);
  const longest = Math.max(0, ...working.map((task) => task.progress?.etaSeconds ?? 0));
  const isLastRound = working.length + done === tasks.length;
  return {
    label,
    value,
    percent: `${Math.floor(value / 10)} %`,
    phase: t('{done} of {tasks} done', {
      done,
      tasks: t('{count, plural, one {# task} other {# tasks}}', { count: tasks.length }),
    }),
    amount: t('{count, plural, one {# task} other {# tasks}} at work', { count: working.length }),
    eta: isLastRound && longest > 0 ? t('{time} left', { time: durationText(longest) }) : undefined,
    current: undefined,
  };
}
