/**
 * Which snapshots of this server, made under an account id that the catalogue does not know (any
 * more), are those of an account of today. Pure. The name and the uid alone do not say so: both may
 * have been given to another customer since. When in doubt nobody gets them, and an admin decides.
 */
import type { Account } from './account.entity.js';

/** An account that only this server's own snapshots tell of. */
export interface OwnOrphan {
  account: Account;
  /** The newest of its snapshots. */
  newest: { id: string; startedAt: string };
}

export interface ClaimPlan {
  taken: { orphan: Account; account: Account }[];
  /** Given to an account by an earlier plan that did not know of a newer one. */
  returned: Account[];
  /** Same name and uid, and still not taken for the same. */
  refused: { orphan: OwnOrphan; account: Account; reason: string }[];
}

/** `orphans`: all there are, those given to an account already with them. */
export function planClaims(orphans: readonly OwnOrphan[], active: readonly Account[]): ClaimPlan {
  const plan: ClaimPlan = { taken: [], returned: [], refused: [] };
  for (const account of active) {
    const alike = orphans.filter((orphan) => isAlike(orphan.account, account));
    if (alike.length > 0) planAccount(account, alike, plan);
  }
  return plan;
}

export function isAlike(orphan: Account, account: Account): boolean {
  return orphan.name === account.name && orphan.uid === account.uid;
}

function planAccount(account: Account, alike: readonly OwnOrphan[], plan: ClaimPlan): void {
  const [newest, ...older] = alike.toSorted(byNewest);
  for (const orphan of older) {
    const { assignedTo, isAssumed } = orphan.account;
    if (assignedTo === account.id && isAssumed) plan.returned.push(orphan.account);
    else if (assignedTo !== null) continue;
    const reason = `another account of this name and uid has newer ones`;
    plan.refused.push({ orphan, account, reason });
  }
  if (newest?.account.assignedTo !== null) return;
  const reason = differenceOf(newest, account);
  if (reason === undefined) plan.taken.push({ orphan: newest.account, account });
  else plan.refused.push({ orphan: newest, account, reason });
}

function byNewest(a: OwnOrphan, b: OwnOrphan): number {
  return a.newest.startedAt < b.newest.startedAt ? 1 : -1;
}

/** What tells the account of the snapshots from the one of today; undefined when nothing does. */
function differenceOf(
  { account: orphan, newest }: OwnOrphan,
  account: Account,
): string | undefined {
  const { firstSeenAt, createdAt } = account;
  if (orphan.gid !== account.gid) return `its group was ${orphan.gid} and is ${account.gid}`;
  if (orphan.home !== account.home) return `its home was ${orphan.home} and is ${account.home}`;
  if (newest.startedAt >= firstSeenAt) {
    return `it was backed up when the account of today was here already (since ${firstSeenAt})`;
  }
  if (createdAt !== null && createdAt > newest.startedAt) {
    return `the account of today was made later, at ${createdAt}`;
  }
  return undefined;
}
