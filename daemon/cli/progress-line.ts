/** One task's progress as a line of text: pure, so that it can be looked at without a terminal. */
import type { TaskView } from '../api/views.js';
import { humanDuration, humanSize, plain } from './format.js';

/** How much of a task is done, 0 to 1; undefined while nobody knows the total. */
export function shareDone(task: TaskView): number | undefined {
  if (task.state === 'complete' || task.state === 'incomplete') return 1;
  const { progress } = task;
  if (progress === null) return task.state === 'queued' ? 0 : undefined;
  const { bytes, totalBytes, files, totalFiles } = progress;
  if (totalBytes !== undefined && totalBytes > 0) return Math.min(1, bytes / totalBytes);
  if (totalFiles !== undefined && totalFiles > 0) return Math.min(1, files / totalFiles);
  return undefined;
}

/** Whose task it is; the destination too when that tells tasks apart. */
export function taskLabel(task: TaskView, withDestination: boolean): string {
  if (task.account === null) return plain(task.destination);
  const account = plain(task.account);
  return withDestination ? `${account} → ${plain(task.destination)}` : account;
}

/** What a task is doing, after the bar: `storing  1.2 GiB of 3.0 GiB, 4,120 files, 12 s left`. */
export function taskActivity(task: TaskView): string {
  if (task.state === 'queued') return task.attempts > 0 ? 'waits to try again' : 'queued';
  if (task.state !== 'running') return task.state;
  const { progress } = task;
  if (progress === null) return 'starting';
  const total = progress.totalBytes === undefined ? '' : ` of ${humanSize(progress.totalBytes)}`;
  const eta =
    progress.etaSeconds === undefined ? '' : `, ${humanDuration(progress.etaSeconds)} left`;
  const files = `${progress.files.toLocaleString('en-US')} files`;
  return `${progress.phase.padEnd(10)} ${humanSize(progress.bytes)}${total}, ${files}${eta}`;
}

export function barText(share: number | undefined, width: number): string {
  if (share === undefined) return '·'.repeat(width);
  const full = Math.round(share * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** The whole line, cut to the terminal's width. */
export function progressLine(task: TaskView, label: string, columns: number): string {
  const share = shareDone(task);
  const percent = share === undefined ? '' : `${Math.floor(share * 100)}%`;
  const line = `${label}  ${barText(share, 20)} ${percent.padStart(4)}  ${taskActivity(task)}`;
  return line.length <= columns ? line : line.slice(0, Math.max(0, columns - 1)) + '…';
}
