/** Which entries of a snapshot a request means: its paths and items, and everything below them. */
import { AppError, inputError } from '../../platform/errors.js';
import { displayPath, isAtOrBelow, parentOf, parsePathReference } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import { isPlainPath } from '../manifest/entry-json.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { Selection } from '../types.js';

/** What a plan needs of a snapshot. */
export type PlanSource = Pick<
  SnapshotReader,
  'tree' | 'hasContent' | 'find' | 'entries' | 'below' | 'place'
> & { summary: Pick<SnapshotReader['summary'], 'archives' | 'items' | 'problems'> };

export const EVERYTHING: Selection = { paths: [], items: [] };

/** Has no entries at all. */
export const NOTHING: PlanSource = {
  tree: undefined,
  place: { prefix: '', snapshotId: '' },
  summary: { archives: [], items: [], problems: 0 },
  hasContent: () => false,
  find: () => Promise.resolve(undefined),
  entries: none,
  below: none,
};

async function* none(): AsyncGenerator<never> {
  // There is nothing in it.
}

/** Where an item's entries lie. Throws `input` for an item the snapshot does not have. */
function rootOfItem(reader: PlanSource, name: string): BytePath {
  const item = reader.summary.items.find((candidate) => candidate.name === name);
  if (item !== undefined) return parsePathReference(item.root);
  const known = reader.summary.items.map((candidate) => candidate.name).join(', ');
  throw inputError('restore.item', `The snapshot has no item "${name}"; it has ${known}.`, [
    { field: 'items', message: `There is no item "${name}".` },
  ]);
}

/** The chosen roots without those below others; empty when everything is chosen. */
export function selectedRoots(reader: PlanSource, selection: Selection): BytePath[] {
  const paths = selection.paths.map((reference) => {
    const path = parsePathReference(reference);
    if (isPlainPath(path)) return path;
    throw inputError('restore.path', `"${displayPath(path)}" is not a path of a snapshot; paths look like homedir/public_html.`, [
      { field: 'paths', message: 'Not a path of a snapshot.' },
    ]); // prettier-ignore
  });
  const roots = [...paths, ...selection.items.map((name) => rootOfItem(reader, name))];
  return roots.filter(
    (root, index) =>
      !roots.some(
        (other, at) => at !== index && isAtOrBelow(root, other) && (other !== root || at < index),
      ),
  );
}

/**
 * The chosen entries: each root, then what is below it, in manifest order. A root that the snapshot
 * does not have is `not-found`.
 */
export async function* selectEntries(reader: PlanSource, roots: BytePath[]): AsyncGenerator<Entry> {
  if (roots.length === 0) {
    yield* reader.entries();
    return;
  }
  for (const root of roots) {
    const entry = await reader.find(root);
    if (entry === undefined) {
      throw new AppError(
        'not-found',
        'path.not-found',
        `The snapshot has no "${displayPath(root)}".`,
      );
    }
    yield entry;
    if (entry.type === 'directory') yield* reader.below(root);
  }
}

/** The directories above the roots, topmost first, each once. */
export function ancestorsOf(roots: readonly BytePath[]): BytePath[] {
  const paths = new Set<BytePath>();
  for (const root of roots) {
    for (let path = parentOf(root); path !== ''; path = parentOf(path)) paths.add(path);
  }
  return [...paths].sort((a, b) => a.split('/').length - b.split('/').length);
}

/** Whether the entry can be brought back at all. */
export function isRestorable(entry: Entry): boolean {
  if (entry.excludedBy !== undefined) return false;
  if (entry.type === 'directory') return true;
  const code = entry.problem?.code;
  return code !== 'unreadable' && code !== 'vanished' && code !== 'replaced';
}
