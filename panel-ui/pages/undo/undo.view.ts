/** What an undo will do, before it does it. Pure. */
import { t } from '../../../daemon/platform/messages.js';
import type { RestorePreview } from '../../../daemon/engine/types.js';
import type { Run } from '../../../daemon/runs/run.entity.js';
import { urls } from '../../routes.js';
import { runSubject, type Names } from '../../work-view.js';
import { toPreview, type PreviewView } from '../restore/restore.view.js';

export interface UndoView {
  heading: string;
  subject: string;
  runUrl: string;
  runText: string;
  action: string;
  /** Why it cannot be undone; then nothing is offered. */
  problem: string | undefined;
  preview: PreviewView | undefined;
  /** Something was changed since, and is left alone unless that is asked for. */
  hasConflicts: boolean;
  isForced: boolean;
}

export interface UndoInput {
  run: Run;
  names: Names;
  preview: RestorePreview | undefined;
  problem: string | undefined;
  isForced: boolean;
}

export function toUndoView({ run, names, preview, problem, isForced }: UndoInput): UndoView {
  return {
    heading: t('Undo run {id}', { id: run.id }),
    subject: runSubject(run, names),
    runUrl: urls.run(run.id),
    runText: t('Run {id}', { id: run.id }),
    action: urls.runUndo(run.id),
    problem,
    preview: preview === undefined ? undefined : toPreview(preview),
    hasConflicts: preview !== undefined && preview.counts.skipped > 0,
    isForced,
  };
}
