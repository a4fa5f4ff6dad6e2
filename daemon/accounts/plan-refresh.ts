import type { Row } from '../catalogue/columns.js';
import { SNAPSHOT_SOURCE, type Account } from './account.entity.js';
import type { DiscoveredAccount } from './account-source.js';
import type { AccountChanges } from './accounts.store.js';

/**
 * What the catalogue must change to agree with the source. An account is its name, its uid and its
 * age: the same name with another uid is a new account, and the old one is gone; so is one that was
 * made after the one of that name and uid had gone.
 */
export function planRefresh(
  rows: Row<Account>[],
  discovered: DiscoveredAccount[],
  context: { source: string; now: string; newId: () => string },
): AccountChanges {
  // What only snapshots tell of never comes back by its name: it may be another server's.
  const listed = rows.filter((row) => row.source !== SNAPSHOT_SOURCE);
  const rowByIdentity = new Map(listed.map((row) => [identityKey(row), row]));
  const changes: AccountChanges = { added: [], seen: [], goneIds: [], replacedIds: [] };
  for (const account of discovered) {
    const row = rowByIdentity.get(identityKey(account));
    rowByIdentity.delete(identityKey(account));
    const fresh = {
      ...account,
      owner: account.owner ?? null,
      package: account.package ?? null,
      email: account.email ?? null,
      isSuspended: account.isSuspended ?? false,
      parts: account.parts ?? null,
      source: context.source,
      state: 'active',
      lastSeenAt: context.now,
    } as const;
    const createdAt = account.createdAt ?? null;
    if (row && !isReplaced(row, createdAt)) {
      changes.seen.push({ id: row.id, ...fresh, createdAt: row.createdAt ?? createdAt });
      continue;
    }
    if (row) changes.replacedIds.push(row.id);
    changes.added.push({
      ...fresh,
      id: context.newId(),
      firstSeenAt: context.now,
      createdAt,
      excludes: [],
      origin: null,
      assignedTo: null,
      isAssumed: false,
      tags: [],
    });
  }
  const missing = [...rowByIdentity.values()].filter((row) => row.state === 'active');
  changes.goneIds = missing.map((row) => row.id);
  return changes;
}

/** While an account is there, a younger home is only one that was moved to another disk. */
function isReplaced({ state, lastSeenAt }: Row<Account>, createdAt: string | null): boolean {
  return state === 'gone' && createdAt !== null && createdAt > lastSeenAt;
}

function identityKey({ name, uid }: { name: string; uid: number }): string {
  return `${name}\0${String(uid)}`;
}
