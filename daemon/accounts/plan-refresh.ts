import type { Row } from '../catalogue/columns.js';
import { SNAPSHOT_SOURCE, type Account } from './account.entity.js';
import type { DiscoveredAccount } from './account-source.js';
import type { AccountChanges } from './accounts.store.js';

/**
 * What the catalogue must change to agree with the source. An account is its name and its uid: the
 * same name with another uid is a new account, and the old one is gone.
 */
export function planRefresh(
  rows: Row<Account>[],
  discovered: DiscoveredAccount[],
  context: { source: string; now: string; newId: () => string },
): AccountChanges {
  // What only snapshots tell of never comes back by its name: it may be another server's.
  const listed = rows.filter((row) => row.source !== SNAPSHOT_SOURCE);
  const rowByIdentity = new Map(listed.map((row) => [identityKey(row), row]));
  const changes: AccountChanges = { added: [], seen: [], goneIds: [] };
  for (const account of discovered) {
    const row = rowByIdentity.get(identityKey(account));
    rowByIdentity.delete(identityKey(account));
    const fresh = {
      ...account,
      owner: account.owner ?? null,
      package: account.package ?? null,
      email: account.email ?? null,
      source: context.source,
      state: 'active',
      lastSeenAt: context.now,
    } as const;
    if (row) {
      changes.seen.push({ id: row.id, ...fresh });
      continue;
    }
    changes.added.push({
      ...fresh,
      id: context.newId(),
      firstSeenAt: context.now,
      excludes: [],
      origin: null,
      assignedTo: null,
    });
  }
  const missing = [...rowByIdentity.values()].filter((row) => row.state === 'active');
  changes.goneIds = missing.map((row) => row.id);
  return changes;
}

function identityKey({ name, uid }: { name: string; uid: number }): string {
  return `${name}\0${String(uid)}`;
}
