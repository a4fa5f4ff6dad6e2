/** What owners of accounts can be told by mail. */
export const OWNER_NOTICES = [
  'owner-backup-failing',
  'owner-backup-working',
  'owner-restore-finished',
  'owner-download-ready',
] as const;
