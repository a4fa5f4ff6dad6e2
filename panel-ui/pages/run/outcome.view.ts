/** What came of a run that is over: a file to fetch, what was restored, what was damaged. Pure. */
import { t } from '../../../daemon/platform/messages.js';
import type { PruneReport } from '../../../daemon/engine/manifest/prune-types.js';
import type {
  DownloadResult,
  EraseResult,
  RestoreReport,
  SnapshotSummary,
  VerifyReport,
} from '../../../daemon/engine/types.js';
import type { ReindexReport } from '../../../daemon/runs/index-plan.js';
import { reindexText } from '../../../daemon/runs/task-report.js';
import type { Run, RunKind } from '../../../daemon/runs/run.entity.js';
import type { Task } from '../../../daemon/runs/task.entity.js';
import type { WorkResults } from '../../../daemon/runs/worker-protocol.js';
import { urls } from '../../routes.js';
import { countText, displayText, sizeText, type IconName, type Tone } from '../../wording.js';

export interface OutcomeView {
  tone: Tone;
  icon: IconName;
  text: string;
  link: { url: string; label: string } | undefined;
  /** What could not be done exactly; the first of them. */
  problems: { path: string; message: string }[];
  moreProblems: string | undefined;
}

/** Of what an admin has prepared. */
export function notForYou(): string {
  return t('It holds what you may not download; ask your provider for it.');
}

type Result = WorkResults[keyof WorkResults];

const MAX_PROBLEMS = 50;

/** Only runs of one task have an outcome of their own; a backup's is in its table of tasks. */
export function toOutcome(
  run: Run,
  tasks: readonly Task[],
  mayFetch: boolean,
): OutcomeView | undefined {
  const [task] = tasks;
  if (task === undefined || tasks.length !== 1 || task.result === null) return undefined;
  if (run.kind === 'backup') return ofBackup(task.result as SnapshotSummary);
  const isWhole = run.state === 'complete';
  const base: OutcomeView = {
    tone: isWhole ? 'good' : 'warn',
    icon: isWhole ? 'check-circle-fill' : 'exclamation-triangle-fill',
    text: outcomeText(run.kind, task.result),
    link: undefined,
    problems: [],
    moreProblems: undefined,
  };
  if (run.kind === 'download') {
    const result = task.result as DownloadResult;
    return mayFetch ? { ...base, ...ofDownload(run, result) } : { ...base, text: notForYou() };
  }
  if (run.kind === 'restore') {
    const report = task.result as RestoreReport;
    const { failed, adjusted, conflicts = 0 } = report;
    return { ...base, ...problemList(report.problems, failed + adjusted + conflicts) };
  }
  if (run.kind === 'reindex') {
    const { problems, missing, damaged, foreign } = task.result as ReindexReport;
    const list = problems.map(({ key, message }) => ({ path: key, message }));
    const total = missing + damaged + foreign;
    const look = total > 0 ? ({ tone: 'warn', icon: 'exclamation-triangle-fill' } as const) : {};
    return { ...base, ...look, ...problemList(list, total) };
  }
  if (run.kind === 'verify') {
    const report = task.result as VerifyReport;
    const isDamaged = report.state === 'damaged';
    const look = isDamaged ? ({ tone: 'bad', icon: 'x-octagon' } as const) : {};
    return { ...base, ...look, ...problemList(report.damage, report.damageCount) };
  }
  return base;
}

function ofDownload(
  { id }: Run,
  { fileName, sizeBytes }: DownloadResult,
): Pick<OutcomeView, 'text' | 'link'> {
  const label = t('Download {fileName} ({sizeBytes})', {
    fileName: displayText(fileName),
    sizeBytes: sizeText(sizeBytes),
  });
  return { text: t('The file is ready.'), link: { url: urls.runFile(id), label } };
}

function ofBackup(summary: SnapshotSummary): OutcomeView | undefined {
  if (summary.problems === 0) return undefined;
  const missing = summary.leftOut.filter((one) => one.code !== 'excluded');
  return {
    tone: 'warn',
    icon: 'exclamation-triangle-fill',
    text: t('{problems} could not be kept whole.', {
      problems: t('{count, plural, one {# entry} other {# entries}}', { count: summary.problems }),
    }),
    link: { url: urls.snapshot(summary.id), label: t('Open the snapshot') },
    ...problemList(missing, summary.problems),
  };
}

function problemList(
  problems: readonly { path: string; message: string }[],
  total: number,
): Pick<OutcomeView, 'problems' | 'moreProblems'> {
  const shown = problems.slice(0, MAX_PROBLEMS);
  const more = total - shown.length;
  return {
    problems: shown.map(({ path, message }) => ({
      path: displayText(path),
      message: displayText(message),
    })),
    moreProblems:
      more > 0 && shown.length > 0
        ? t('and {count, plural, other {# more}}', { count: more })
        : undefined,
  };
}

/** One sentence about the result of a task. */
export function outcomeText(kind: RunKind, result: Result): string {
  switch (kind) {
    case 'backup':
      return backupText(result as SnapshotSummary);
    case 'restore':
      return restoreText(result as RestoreReport);
    case 'download':
      return `${t('{count, plural, one {# file} other {# files}}', { count: (result as DownloadResult).files })}, ${sizeText((result as DownloadResult).sizeBytes)}`;
    case 'verify':
      return verifyText(result as VerifyReport);
    case 'remove':
      return t('{freedBytes} freed', {
        freedBytes: sizeText((result as WorkResults['remove']).freedBytes),
      });
    case 'erase':
      return eraseText(result as EraseResult);
    case 'prune':
      return pruneSummary(result as PruneReport);
    case 'reindex':
      return reindexText(result as ReindexReport);
  }
}

function eraseText({ freedBytes, keptObjects }: EraseResult): string {
  const kept =
    keptObjects === 0
      ? ''
      : t(', {keptObjects} of others left there', {
          keptObjects: t('{count, plural, one {# object} other {# objects}}', {
            count: keptObjects,
          }),
        });
  return t('{freedBytes} freed{kept}', { freedBytes: sizeText(freedBytes), kept });
}

function pruneSummary(report: PruneReport): string {
  const { snapshots, freedBytes, waitingBytes, keptBytes } = report;
  const parts = [
    t('{snapshots} removed, {freedBytes} freed', {
      snapshots: t('{count, plural, one {# snapshot} other {# snapshots}}', { count: snapshots }),
      freedBytes: sizeText(freedBytes),
    }),
  ];
  if (waitingBytes > 0) {
    parts.push(
      t('{waitingBytes} without use noted, to go later', { waitingBytes: sizeText(waitingBytes) }),
    );
  }
  if (keptBytes > 0) {
    parts.push(
      t('{keptBytes} kept because of damaged snapshot files', { keptBytes: sizeText(keptBytes) }),
    );
  }
  return parts.join('; ');
}

function backupText(summary: SnapshotSummary): string {
  const size = `${t('{count, plural, one {# file} other {# files}}', { count: summary.files })}, ${sizeText(summary.contentBytes)}`;
  const stored = t('{storedBytes} stored', { storedBytes: sizeText(summary.storedBytes) });
  const problems =
    summary.problems === 0
      ? []
      : [t('{count, plural, one {# problem} other {# problems}}', { count: summary.problems })];
  return [size, stored, ...problems].join(', ');
}

function restoreText(report: RestoreReport): string {
  const { created, replaced, deleted, unchanged, skipped } = report.counts;
  const parts = [
    t('{created} created', { created: countText(created) }),
    t('{replaced} replaced', { replaced: countText(replaced) }),
    t('{deleted} deleted', { deleted: countText(deleted) }),
    t('{unchanged} unchanged', { unchanged: countText(unchanged) }),
  ];
  if (skipped > 0) parts.push(t('{skipped} skipped', { skipped: countText(skipped) }));
  const { conflicts = 0 } = report;
  if (conflicts > 0) {
    parts.push(t('{conflicts} changed since and left alone', { conflicts: countText(conflicts) }));
  }
  const others = besideFiles(report.parts ?? []);
  return t('{counts} in {targetPath}{others}', {
    counts: parts.join(', '),
    targetPath: displayText(report.targetPath),
    others,
  });
}

const PARTS_TOLD = 5;

/** What became of databases, users, crontabs. */
function besideFiles(parts: NonNullable<RestoreReport['parts']>): string {
  const told = parts.slice(0, PARTS_TOLD).map(({ title, action }) => `${displayText(title)} ${action}`); // prettier-ignore
  if (parts.length > told.length) {
    told.push(t('{count, plural, other {# more}}', { count: parts.length - told.length }));
  }
  return told.length === 0 ? '' : `; ${told.join(', ')}`;
}

function verifyText(report: VerifyReport): string {
  const read = t('{files}, {bytes} read again', {
    files: t('{count, plural, one {# file} other {# files}}', { count: report.files }),
    bytes: sizeText(report.bytes),
  });
  return report.damageCount === 0
    ? t('{read}: all as they were stored', { read })
    : t('{read}: {damageCount} damaged', {
        read,
        damageCount: t('{count, plural, one {# entry is} other {# entries are}}', {
          count: report.damageCount,
        }),
      });
}
