/** The form for the note and the labels of a snapshot: on its page, and alone when it was refused. Pure. */
import { msg } from '../daemon/platform/messages.js';
import type { Problem } from '../daemon/platform/errors.js';
import type { SnapshotNotes } from '../daemon/runs/snapshot-notes.js';
import type { Snapshot } from '../daemon/runs/snapshot.entity.js';
import type { Field } from './destination-fields.js';
import { restOf, toFieldViews, type FieldView } from './destination-forms.js';
import { textOf } from './form.js';
import { urls } from './routes.js';

export interface NotesFormView {
  action: string;
  fields: FieldView[];
  problem: string | undefined;
}

const FIELDS: readonly Field[] = [
  {
    name: 'note',
    label: msg('Note'),
    help: msg('At most 500 characters. Whoever sees the snapshot reads it.'),
    type: 'textarea',
  },
  {
    name: 'labels',
    label: msg('Labels'),
    help: msg(
      'Words to find it by: a–z, digits and hyphens, at most ten, with blanks between them.',
    ),
    type: 'text',
    example: 'before-update keep',
  },
];

/** `typed`: what was posted; undefined: as it is kept. */
export function toNotesForm(
  snapshot: Pick<Snapshot, 'id' | 'note' | 'labels'>,
  typed?: Readonly<Record<string, unknown>>,
  problems: readonly Problem[] = [],
): NotesFormView {
  const kept = { note: snapshot.note, labels: snapshot.labels.join(' ') };
  // Of a label, its place in the list.
  const ofField = problems.map(({ field, message }) => ({
    field: field.replace(/\..*/, ''),
    message,
  }));
  return {
    action: urls.snapshotNotes(snapshot.id),
    fields: toFieldViews(FIELDS, typed ?? kept, ofField),
    problem: restOf(ofField, FIELDS),
  };
}

/** What the service takes. */
export function readNotes(typed: Readonly<Record<string, unknown>>): SnapshotNotes {
  const labels = textOf(typed['labels']).split(/[\s,]+/).filter((label) => label !== ''); // prettier-ignore
  return { note: textOf(typed['note']), labels };
}
