/** How much of a snapshot was chosen, as far as its row tells without asking the destination. Pure. */
import { HOME } from '../engine/capture/item-totals.js';
import type { Selection, SnapshotSummary } from '../engine/types.js';

export interface KnownSize {
  /** At least. */
  bytes: number;
  isExact: boolean;
}

/** The item that the home is. */
const FILES = 'files';

export function knownSize(
  { paths, items }: Selection,
  summary: Pick<SnapshotSummary, 'items' | 'contentBytes'> | null,
): KnownSize {
  if (summary === null) return { bytes: 0, isExact: false };
  if (paths.length + items.length === 0) return { bytes: summary.contentBytes, isExact: true };
  const names = new Set(items);
  if (paths.includes(HOME)) names.add(FILES);
  const isChosen = ({ name }: { name: string }): boolean => names.has(name);
  const isExact = paths.every((path) => path === HOME);
  // A mailbox may lie in the home, where it counts for both.
  const mailboxes = names.has(FILES) ? summary.items.filter(isMailbox) : [];
  if (mailboxes.length === 0) return { bytes: sumOf(summary.items.filter(isChosen)), isExact };
  if (mailboxes.every(isChosen)) {
    const others = summary.items.filter((item) => !isChosen(item));
    return { bytes: Math.max(0, summary.contentBytes - sumOf(others)), isExact };
  }
  const certain = summary.items.filter((item) => isChosen(item) && !isMailbox(item));
  return { bytes: sumOf(certain), isExact: isExact && !mailboxes.some(isChosen) };
}

function isMailbox({ name }: { name: string }): boolean {
  return name.startsWith('mailbox:');
}

function sumOf(items: readonly { bytes: number }[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}
