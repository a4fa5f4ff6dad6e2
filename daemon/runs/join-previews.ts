/** What several restores would do, one after the other, as one answer. Pure. */
import type { RestoreAction, RestorePreview } from '../engine/types.js';
import { t } from '../platform/messages.js';

const MOST_CHANGES = 1_000;

/** Each is compared with what is there now, so a path of two parts is counted twice. */
export function joinPreviews(previews: readonly RestorePreview[]): RestorePreview {
  const [first, ...others] = previews;
  if (first === undefined) throw new Error('There is one preview at least.');
  if (others.length === 0) return first;
  const changes = previews.flatMap((preview) => preview.changes);
  const places = new Set(previews.map(({ targetPath }) => targetPath));
  const note = t(
    'These are {count} restores, one after the other. Each is compared with what is there now.',
    { count: String(previews.length) },
  );
  return {
    counts: previews.reduce((sum, { counts }) => add(sum, counts), NOTHING),
    bytes: previews.reduce((sum, { bytes }) => sum + bytes, 0),
    freeBytes: first.freeBytes,
    targetPath: [...places].join(', '),
    changes: changes.slice(0, MOST_CHANGES),
    isTruncated: changes.length > MOST_CHANGES || previews.some((preview) => preview.isTruncated),
    warnings: [note, ...new Set(previews.flatMap(({ warnings }) => warnings))],
  };
}

type Counts = Record<RestoreAction, number>;

const NOTHING: Counts = { created: 0, replaced: 0, deleted: 0, unchanged: 0, skipped: 0 };

function add(sum: Counts, more: Counts): Counts {
  return {
    created: sum.created + more.created,
    replaced: sum.replaced + more.replaced,
    deleted: sum.deleted + more.deleted,
    unchanged: sum.unchanged + more.unchanged,
    skipped: sum.skipped + more.skipped,
  };
}
