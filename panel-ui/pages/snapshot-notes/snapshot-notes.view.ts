import type { Problem } from '../../../daemon/platform/errors.js';
import type { Snapshot } from '../../../daemon/runs/snapshot.entity.js';
import { toNotesForm, type NotesFormView } from '../../notes-form.js';
import { urls } from '../../routes.js';

export interface SnapshotNotesView {
  id: string;
  url: string;
  listUrl: string;
  notes: NotesFormView;
}

export function toSnapshotNotesView(
  snapshot: Snapshot,
  typed?: Readonly<Record<string, unknown>>,
  problems: readonly Problem[] = [],
): SnapshotNotesView {
  return {
    id: snapshot.id,
    url: urls.snapshot(snapshot.id),
    listUrl: urls.snapshots(),
    notes: toNotesForm(snapshot, typed, problems),
  };
}
