/** What lists of snapshots are narrowed to: how a snapshot is, or what is to become of it. */
export const LISTED_STATES = [
  ...(['complete', 'incomplete', 'damaged', 'locked', 'pending-deletion', 'missing'] as const),
] as const;
export type ListedState = (typeof LISTED_STATES)[number];
