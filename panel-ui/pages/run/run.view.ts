/**
 * One run: what it is, how each task stands, what came of it, its log. The live part and the log
 * are fragments of their own. Pure.
 */
import { msg, t } from '../../../daemon/platform/messages.js';
import type { Run } from '../../../daemon/runs/run.entity.js';
import { requestOf } from '../../../daemon/runs/run-request.js';
import type { LogLine } from '../../../daemon/runs/run-log.js';
import type { Task } from '../../../daemon/runs/task.entity.js';
import type { UndoOffer } from '../../../daemon/runs/undo-offers.js';
import { urls } from '../../routes.js';
import {
  countText,
  displayText,
  elapsedText,
  stateView,
  timeView,
  type StateView,
  type TimeView,
} from '../../wording.js';
import {
  RUN_KINDS,
  runSubject,
  toProgress,
  type Names,
  type ProgressView,
} from '../../work-view.js';
import { runProgress } from '../dashboard/running.view.js';
import { toOutcome, outcomeText, type OutcomeView } from './outcome.view.js';

/** A run of a thousand accounts shows those that matter; the rest is counted. */
const MAX_TASK_ROWS = 200;

const RANK: Record<string, number> = {
  failed: 0,
  interrupted: 1,
  incomplete: 2,
  running: 3,
  cancelled: 4,
  queued: 5,
  complete: 6,
};

interface TaskRow {
  id: number;
  /** Of a task about a destination, undefined. */
  account: string | undefined;
  accountUrl: string | undefined;
  destination: string | undefined;
  state: StateView;
  progress: ProgressView | undefined;
  /** What came of it, or why it failed. */
  result: string;
  snapshotUrl: string | undefined;
  took: string | undefined;
}

export interface RunLiveView {
  state: StateView;
  isOver: boolean;
  pollUrl: string;
  progress: ProgressView | undefined;
  problem: string | undefined;
  outcome: OutcomeView | undefined;
  /** `9 complete, 1 failed`. */
  counts: string;
  tasks: TaskRow[];
  moreTasks: string | undefined;
  took: string | undefined;
  cancelUrl: string | undefined;
  retryUrl: string | undefined;
  undoUrl: string | undefined;
  /** Until when it can be undone, or why it cannot. */
  undoNote: { text: string; until: TimeView | undefined } | undefined;
}

export interface RunLogView {
  pollUrl: string;
  wholeUrl: string;
  isOver: boolean;
  isCut: boolean;
  /** On a page of its own, as long as it is. */
  isWhole: boolean;
  lines: { at: TimeView; clock: string; level: string; word: string; text: string }[];
}

export interface RunView {
  heading: string;
  subject: string;
  facts: { label: string; text: string; url?: string | undefined; at?: TimeView }[];
  live: RunLiveView;
  /** Undefined for who may not read it. */
  log: RunLogView | undefined;
  runsUrl: string;
  /** Sends what changes; undefined once nothing does. */
  streamUrl: string | undefined;
}

export interface RunLogPageView {
  heading: string;
  runUrl: string;
  runsUrl: string;
  log: RunLogView;
}

/** A run with lines of its log. */
export interface RunLogInput {
  run: Run;
  lines: readonly LogLine[];
  now: Date;
}

export interface RunInput {
  run: Run;
  tasks: readonly Task[];
  names: Names;
  /** Undefined for who may not read them. */
  lines: readonly LogLine[] | undefined;
  /** Whether the actor may have the file of a download. */
  mayFetch: boolean;
  /** Whether the actor may cancel and retry it. */
  mayChange: boolean;
  /** Of a restore that the actor may undo. */
  undo?: UndoOffer | undefined;
  now: Date;
}

export function toRunView(input: RunInput): RunView {
  const { run, names, now } = input;
  const live = toRunLive(input);
  return {
    heading: headingOf(run),
    subject: runSubject(run, names),
    facts: factsOf(run, now),
    live,
    log: input.lines && toRunLog({ ...input, lines: input.lines }),
    runsUrl: urls.runs(),
    streamUrl: live.isOver ? undefined : urls.runStream(run.id),
  };
}

function headingOf(run: Run): string {
  if (run.undoOf !== null) return t('Undo {id}', { id: run.id });
  return `${t(RUN_KINDS[run.kind])} ${run.id}`;
}

function factsOf(run: Run, now: Date): RunView['facts'] {
  const request = requestOf(run);
  const facts: RunView['facts'] = [
    { label: t('Asked for by'), text: displayText(run.requestedBy) },
    { label: t('Asked for'), text: '', at: timeView(run.createdAt, now) },
  ];
  if (run.undoOf !== null) {
    facts.push({
      label: t('Undoes'),
      text: t('Run {id}', { id: run.undoOf }),
      url: urls.run(run.undoOf),
    });
  } else if ('snapshotId' in request) {
    const { snapshotId } = request;
    facts.push({ label: t('Snapshot'), text: snapshotId, url: urls.snapshot(snapshotId) });
  }
  if ('selection' in request) {
    const chosen = [...request.selection.items, ...request.selection.paths];
    const [only] = chosen;
    const text =
      chosen.length === 1 && only !== undefined
        ? displayText(only)
        : t('{count, plural, one {# entry} other {# entries}}', { count: chosen.length });
    facts.push({ label: t('Chosen'), text: chosen.length === 0 ? t('Everything') : text });
  }
  if (run.partOf !== null) {
    facts.push({
      label: t('Asked for with'),
      text: t('Run {id}', { id: run.partOf }),
      url: urls.run(run.partOf),
    });
  }
  if (run.retryOf !== null) {
    facts.push({
      label: t('Repeats'),
      text: t('Run {id}', { id: run.retryOf }),
      url: urls.run(run.retryOf),
    });
  }
  return facts;
}

export function toRunLive(input: Omit<RunInput, 'lines'>): RunLiveView {
  const { run, tasks, mayFetch, now } = input;
  const isOver = run.state !== 'queued' && run.state !== 'running';
  const ranked = [...tasks].sort(
    (a, b) => (RANK[a.state] ?? 9) - (RANK[b.state] ?? 9) || a.id - b.id,
  );
  const hidden = ranked.length - MAX_TASK_ROWS;
  return {
    state: stateView(run.state),
    isOver,
    pollUrl: urls.runLive(run.id),
    progress: run.state === 'running' && tasks.length > 1 ? runProgress(tasks) : undefined,
    problem: run.error === null ? undefined : displayText(run.error.message),
    outcome: isOver ? toOutcome(run, tasks, mayFetch) : undefined,
    counts: countsText(tasks),
    tasks: ranked.slice(0, MAX_TASK_ROWS).map((task) => toTaskRow(task, input)),
    moreTasks:
      hidden > 0
        ? t('and {hidden}', {
            hidden: t('{count, plural, one {# more task} other {# more tasks}}', { count: hidden }),
          })
        : undefined,
    took: elapsedText(run.startedAt, run.finishedAt, now),
    ...actionsOf(input, isOver),
  };
}

function actionsOf(
  { run, mayChange, undo, now }: Omit<RunInput, 'lines'>,
  isOver: boolean,
): Pick<RunLiveView, 'cancelUrl' | 'retryUrl' | 'undoUrl' | 'undoNote'> {
  const mayRetry = isOver && run.state !== 'complete' && run.kind !== 'remove';
  return {
    cancelUrl: !isOver && mayChange ? urls.runCancel(run.id) : undefined,
    retryUrl: mayRetry && mayChange ? urls.runRetry(run.id) : undefined,
    undoUrl: undo?.isPossible === true ? urls.runUndo(run.id) : undefined,
    undoNote: undo && undoNote(undo, now),
  };
}

function undoNote(offer: UndoOffer, now: Date): RunLiveView['undoNote'] {
  if (!offer.isPossible) return { text: displayText(offer.why), until: undefined };
  return { text: t('Can be undone until'), until: timeView(offer.until.toISOString(), now) };
}

function countsText(tasks: readonly Task[]): string {
  const states = [...new Set(tasks.map((task) => task.state))];
  return states
    .sort((a, b) => (RANK[a] ?? 9) - (RANK[b] ?? 9))
    .map((state) => {
      const count = tasks.filter((task) => task.state === state).length;
      return `${countText(count)} ${stateView(state).word.toLowerCase()}`;
    })
    .join(', ');
}

function toTaskRow(task: Task, input: Omit<RunInput, 'lines'>): TaskRow {
  const { run, names, now } = input;
  const { accountId } = task;
  const account = accountId === null ? undefined : (names.accounts.get(accountId) ?? accountId);
  const destination = names.destinations.get(task.destinationId);
  const subject = displayText(account ?? destination ?? task.destinationId);
  const hasSnapshot =
    run.kind === 'backup' && (task.state === 'complete' || task.state === 'incomplete');
  return {
    id: task.id,
    account: account === undefined ? undefined : subject,
    accountUrl: account === undefined ? undefined : urls.account(account),
    destination: destination === undefined ? undefined : displayText(destination),
    state: stateView(task.state),
    progress:
      task.state === 'running' && task.progress !== null
        ? toProgress(task.progress, t('Progress of {subject}', { subject }))
        : undefined,
    result: resultText(task, run.kind, now),
    snapshotUrl:
      hasSnapshot && task.snapshotId !== null ? urls.snapshot(task.snapshotId) : undefined,
    took: elapsedText(task.startedAt, task.finishedAt, now),
  };
}

function resultText(task: Task, kind: Run['kind'], now: Date): string {
  if (task.state === 'queued' && task.error !== null) {
    const when =
      task.notBefore === null ? '' : t(', again {when}', { when: untilText(task.notBefore, now) });
    return t('Attempt {attempts} failed{when}: {message}', {
      attempts: task.attempts,
      when,
      message: displayText(task.error.message),
    });
  }
  if (task.error !== null) return displayText(task.error.message);
  return task.result === null ? '' : outcomeText(kind, task.result);
}

function untilText(notBefore: string, now: Date): string {
  const seconds = Math.max(0, Math.round((Date.parse(notBefore) - now.getTime()) / 1000));
  return seconds === 0 ? t('now') : t('in {seconds} s', { seconds });
}

export function toRunLogPage(input: RunLogInput): RunLogPageView {
  return {
    heading: headingOf(input.run),
    runUrl: urls.run(input.run.id),
    runsUrl: urls.runs(),
    log: toRunLog(input, WHOLE_LOG_LINES),
  };
}

const LEVELS: Record<string, string> = {
  info: msg('Info'),
  warn: msg('Warning'),
  error: msg('Error'),
};

/** How many lines the run page shows; the log page has all. */
export const RECENT_LINES = 200;
export const WHOLE_LOG_LINES = 10_000;

export function toRunLog(input: RunLogInput, limit = RECENT_LINES): RunLogView {
  const { run, lines, now } = input;
  return {
    pollUrl: urls.runLogRecent(run.id),
    wholeUrl: urls.runLog(run.id),
    isOver: run.state !== 'queued' && run.state !== 'running',
    isCut: lines.length > limit,
    isWhole: limit > RECENT_LINES,
    lines: lines
      .slice(-limit)
      .reverse()
      .map((line) => ({
        at: timeView(line.at, now),
        clock: line.at.slice(11, 19),
        level: line.level,
        word: t(LEVELS[line.level] ?? line.level),
        text: logText(line),
      })),
  };
}

function logText(line: LogLine): string {
  const text = displayText(line.message);
  return line.account === undefined ? text : `${displayText(line.account)}: ${text}`;
}
