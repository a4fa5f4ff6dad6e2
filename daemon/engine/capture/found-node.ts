/** The folders that Holdfast makes up, and what is in them, in the order of manifest and archive. */
import type { Entry } from '../manifest/entry.js';
import { pathOf } from './unchanged.js';
import type { Found, Kept } from './slab-cutter.js';

export interface FoundNode {
  own: Kept;
  /** What is found in it, with itself entered first; only of what is entered. */
  inside?: () => Generator<Found>;
}

/** A folder with what lies in it. */
export function folderNode(entry: Entry, children: readonly FoundNode[]): FoundNode {
  return {
    own: { kind: 'entry', entry },
    inside: function* () {
      yield { kind: 'enter', entry };
      yield* inOrder(children);
    },
  };
}

/** Names of one folder first, then what is in each. */
export function* inOrder(nodes: readonly FoundNode[]): Generator<Found> {
  const sorted = [...nodes].sort((a, b) => (pathOf(a.own) < pathOf(b.own) ? -1 : 1));
  for (const { own } of sorted) yield own;
  for (const { inside } of sorted) if (inside !== undefined) yield* inside();
}
