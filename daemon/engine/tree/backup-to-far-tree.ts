/** A snapshot as a tree on another machine, from the copy of the tree before to the snapshot file. */
import type { FarTree, FarTreeStore } from '../../../destinations/destination.js';
import { outcomeOf, type Surroundings } from '../capture/complete.js';
import type { Parent } from '../capture/parent.js';
import type { SnapshotTarget } from '../capture/snapshot-target.js';
import type { Unchanged } from '../capture/unchanged.js';
import { treeKey } from '../layout.js';
import type { BytePath } from '../manifest/entry.js';
import type { BackupOutcome, SnapshotSummary } from '../types.js';
import { FarCapture } from './far-capture.js';

export interface FarTreeParts {
  target: SnapshotTarget;
  trees: FarTreeStore;
  unchanged: Unchanged;
}

/** Never rejects: what goes wrong is the target's outcome. */
export function backupToFarTree(
  parts: FarTreeParts,
  surroundings: Surroundings,
): Promise<BackupOutcome> {
  return outcomeOf(parts.target, () => makeTree(parts, surroundings));
}

async function makeTree(parts: FarTreeParts, surroundings: Surroundings): Promise<SnapshotSummary> {
  const { target, trees, unchanged } = parts;
  const { request, home } = surroundings;
  const { signal, prefix } = target;
  const context = { ...surroundings.context, signal };
  const { parent } = unchanged;
  const parentKey = parent === undefined ? undefined : treeKey(prefix, parent.body.id);
  const tree = await trees.begin(target.treeKey, parentKey, { signal });
  let capture: FarCapture;
  try {
    const shared = parent === undefined ? undefined : await sharedFiles(tree, parent);
    capture = new FarCapture(request, context, { home, tree, target, unchanged, shared });
    await capture.run();
    context.onProgress({ ...capture.tally.progress(), phase: 'publishing' });
    await tree.publish();
  } catch (error) {
    await tree.discard();
    throw error;
  }
  return target.publish(capture);
}

/** Names of files that the new tree shares with the one before; undefined: all there should be. A
 * file system allows a file only so many links, and a tree may have lost some. */
async function sharedFiles(
  tree: FarTree,
  parent: Parent,
): Promise<ReadonlySet<BytePath> | undefined> {
  let expected = 0;
  for await (const line of parent.allLines()) if (isInTree(line)) expected += 1;
  return (await tree.countFiles()) === expected ? undefined : tree.listFiles();
}

function isInTree(line: string): boolean {
  if (!line.includes(',"type":"file"') || line.includes(',"excludedBy":"')) return false;
  if (line.includes(',"sha256":"')) return true;
  const isLink = line.includes(',"hardLink":"') || line.includes(',"hardLinkBase64":"');
  return isLink && !line.includes(',"problem":{');
}
