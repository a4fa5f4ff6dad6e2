/** A forecast of how large the next archive of an account will be. Pure. */
import type { Structure } from '../engine/types.js';
import type { Snapshot } from './snapshot.entity.js';

type Earlier = Pick<Snapshot, 'structure' | 'contentBytes' | 'storedBytes'>;

/**
 * From the account's earlier snapshots, newest first: what the last one of the same structure took,
 * else what content the last one had. Undefined when there is none.
 */
export function expectedBytes(
  earlier: readonly Earlier[],
  structure: Structure,
): number | undefined {
  const like = earlier.find((snapshot) => snapshot.structure === structure);
  return like?.storedBytes ?? earlier[0]?.contentBytes;
}
