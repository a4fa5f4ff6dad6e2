/** What is at work and what waits, in the order in which it is taken up. Pure. */
import { t } from '../../../daemon/platform/messages.js';
import { isTenantRun } from '../../../daemon/runs/run-request.js';
import type { Run } from '../../../daemon/runs/run.entity.js';
import type { Task } from '../../../daemon/runs/task.entity.js';
import { urls } from '../../routes.js';
import { countText, displayText, elapsedText, timeView, type TimeView } from '../../wording.js';
import {
  RUN_KINDS,
  runSubject,
  toProgress,
  type Names,
  type ProgressView,
} from '../../work-view.js';

/** More than fit on a page are only counted. */
const MAX_ROWS = 50;

export interface QueueInput {
  runs: readonly { run: Run; tasks: readonly Task[] }[];
  names: Names;
  /** How many tasks are taken up at once. */
  workers: number;
  isAdmin: boolean;
  now: Date;
}

interface QueueRow {
  account: string;
  accountUrl: string | undefined;
  run: string;
  runUrl: string;
  destination: string;
}

export interface WorkingRow extends QueueRow {
  progress: ProgressView | undefined;
  took: string | undefined;
}

export interface WaitingRow extends QueueRow {
  place: string;
  /** When it is tried again, after a failure. */
  notBefore: TimeView | undefined;
}

export interface QueueLiveView {
  summary: string;
  working: WorkingRow[];
  waiting: WaitingRow[];
  moreWaiting: string | undefined;
  /** Runs that may be cancelled. */
  runs: { title: string; url: string; cancelUrl: string }[];
  pollUrl: string;
  isAdmin: boolean;
}

export interface QueueView {
  live: QueueLiveView;
  streamUrl: string;
  runsUrl: string;
}

export function toQueueView(input: QueueInput): QueueView {
  return { live: toQueueLive(input), streamUrl: urls.queueStream(), runsUrl: urls.runs() };
}

export function toQueueLive(input: QueueInput): QueueLiveView {
  const all = input.runs.flatMap(({ run, tasks }) => tasks.map((task) => ({ run, task })));
  const working = all.filter(({ task }) => task.state === 'running');
  const waiting = all
    .filter(({ task }) => task.state === 'queued')
    .toSorted((a, b) => a.task.priority - b.task.priority || a.task.id - b.task.id);
  const hidden = waiting.length - MAX_ROWS;
  return {
    summary: summaryOf(working.length, waiting.length, input),
    working: working.slice(0, MAX_ROWS).map(({ run, task }) => toWorking(run, task, input)),
    waiting: waiting
      .slice(0, MAX_ROWS)
      .map(({ run, task }, index) => toWaiting(run, task, index, input)),
    moreWaiting:
      hidden > 0 ? t('and {count, plural, other {# more}}', { count: hidden }) : undefined,
    runs: input.runs
      .filter(({ run }) => input.isAdmin || isTenantRun(run))
      .slice(0, MAX_ROWS)
      .map(({ run }) => ({
        title: titleOf(run, input.names),
        url: urls.run(run.id),
        cancelUrl: urls.runCancel(run.id),
      })),
    pollUrl: urls.queueLive(),
    isAdmin: input.isAdmin,
  };
}

function summaryOf(working: number, waiting: number, { workers, isAdmin }: QueueInput): string {
  const waits = t('{count, plural, =0 {nothing waits} one {# task waits} other {# tasks wait}}', { count: waiting }); // prettier-ignore
  if (!isAdmin) {
    const works = t('{count, plural, =0 {Nothing is at work} one {# task is at work} other {# tasks are at work}}', { count: working }); // prettier-ignore
    return `${works}, ${waits}`;
  }
  const works = t('{working} of {workers} workers are at work', { working, workers });
  return `${works}, ${waits}`;
}

function toRow(run: Run, task: Task, { names }: QueueInput): QueueRow {
  const account = task.accountId === null ? undefined : names.accounts.get(task.accountId);
  const destination = names.destinations.get(task.destinationId);
  return {
    account: account === undefined ? '' : displayText(account),
    accountUrl: account === undefined ? undefined : urls.account(account),
    run: titleOf(run, names),
    runUrl: urls.run(run.id),
    destination: destination === undefined ? '' : displayText(destination),
  };
}

function toWorking(run: Run, task: Task, input: QueueInput): WorkingRow {
  const label = t('Progress of the task');
  return {
    ...toRow(run, task, input),
    progress: task.progress === null ? undefined : toProgress(task.progress, label),
    took: elapsedText(task.startedAt, undefined, input.now),
  };
}

function toWaiting(run: Run, task: Task, index: number, input: QueueInput): WaitingRow {
  const isLater = task.notBefore !== null && Date.parse(task.notBefore) > input.now.getTime();
  return {
    ...toRow(run, task, input),
    place: countText(index + 1),
    notBefore: isLater ? timeView(task.notBefore ?? '', input.now) : undefined,
  };
}

function titleOf(run: Run, names: Names): string {
  return `${t(RUN_KINDS[run.kind])} ${String(run.id)} ${runSubject(run, names)}`.trim();
}
