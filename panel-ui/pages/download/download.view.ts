/** What is asked before a download. Pure. */
import type { RestoreCondition } from '../../../daemon/runs/restore-condition.entity.js';
import type { Snapshot } from '../../../daemon/runs/snapshot.entity.js';
import { conditionViews, type ConditionView } from '../../condition-view.js';
import { urls } from '../../routes.js';
import { displayText, timeView, type TimeView } from '../../wording.js';
import type { Names } from '../../work-view.js';
import { formReference } from '../snapshot/path-trail.js';

export interface DownloadForm {
  paths: string[];
  /** Ids of conditions. */
  accept: string[];
  format: 'own' | 'cpmove';
}

export interface DownloadView {
  account: string;
  at: TimeView;
  snapshotUrl: string;
  action: string;
  paths: string[];
  format: DownloadForm['format'];
  conditions: ConditionView[];
}

export function toDownloadView(input: {
  snapshot: Snapshot;
  names: Names;
  form: DownloadForm;
  conditions: readonly RestoreCondition[];
  isRefused: boolean;
  now: Date;
}): DownloadView {
  const { snapshot, names, form } = input;
  return {
    account: displayText(names.accounts.get(snapshot.accountId) ?? snapshot.accountId),
    at: timeView(snapshot.startedAt, input.now),
    snapshotUrl: urls.snapshot(snapshot.id),
    action: urls.snapshotDownload(snapshot.id),
    paths: form.paths.map(formReference),
    format: form.format,
    conditions: conditionViews(input.conditions, form.accept, input.isRefused),
  };
}
