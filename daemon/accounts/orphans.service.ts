/**
 * Accounts that only snapshots tell of: those of another server, and those of this one from before
 * its catalogue was lost. Finds the account that a snapshot belongs to here, makes a row for one that
 * is no longer here (an orphan), and lets an admin assign an orphan's snapshots to an account.
 *
 * A name alone never decides. This server's own snapshots are an account's by its id; those of an
 * unknown id are an orphan's until all of a destination is known, and then perhaps an account's of
 * today (plan-claims.ts). Another server's ids, names and uids mean nothing here: its accounts are
 * orphans until an admin says otherwise.
 */
import { Inject, Injectable } from '@nestjs/common';
import { requireAdmin, systemActor, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { AccountIdentity } from '../engine/types.js';
import { accountOfKey, accountPrefix, serverOfKey } from '../engine/layout.js';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import { newId } from '../platform/ids.js';
import { t } from '../platform/messages.js';
import { CLOCK, SERVER_KEYS } from '../platform/platform.module.js';
import type { ServerKeys } from '../platform/server-keys.js';
import { accountNameProblem, homeProblem } from './account-source.js';
import { SNAPSHOT_SOURCE, type Account } from './account.entity.js';
import { AccountsStore } from './accounts.store.js';
import { isAlike } from './plan-claims.js';

/** Unix ids above this are reserved. */
const HIGHEST_ID = 4_294_967_294;

@Injectable()
export class OrphansService {
  constructor(
    private readonly store: AccountsStore,
    private readonly events: EventsService,
    @Inject(SERVER_KEYS) private readonly keys: Pick<ServerKeys, 'serverId'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The account whose snapshots lie under this key, as its snapshot files name it; undefined when
   * none was found yet. */
  async originOf(snapshotKey: string): Promise<Account | undefined> {
    const [serverId, accountId] = [serverOfKey(snapshotKey), accountOfKey(snapshotKey)];
    if (serverId === this.keys.serverId) return this.store.findById(accountId);
    return this.store.findByOrigin(`${serverId}/${accountId}`);
  }

  /** The account that a snapshot is listed under; makes an orphan when there is none. */
  async ownerOf(snapshotKey: string, identity: AccountIdentity): Promise<Account> {
    const origin = await this.originOf(snapshotKey);
    const assigned = await this.assignedTo(origin);
    return assigned ?? origin ?? (await this.add(snapshotKey, identity));
  }

  /** This server's own orphans that have the name and the uid of an account of today, and those
   * accounts; with the key prefix of what each orphan stored. */
  async listAlike(): Promise<{
    orphans: { account: Account; prefix: string }[];
    active: Account[];
  }> {
    const active = await this.store.list({ state: 'active' });
    const found = (await this.store.listOwnOrphans()).filter((orphan) =>
      active.some((account) => isAlike(orphan, account)),
    );
    const { serverId } = this.keys;
    const orphans = found.map((account) => ({ account, prefix: accountPrefix(serverId, account) }));
    return { orphans, active };
  }

  /** Takes the orphan for the account, until there is reason to think otherwise. */
  async assume(orphan: Account, account: Account): Promise<void> {
    await this.store.assign(orphan.id, account.id, true);
    await this.record(systemActor, 'account.assigned', orphan, account.id);
  }

  /** The orphan is nobody's again; its snapshots are moved back before. */
  async takeBack(orphan: Account): Promise<void> {
    await this.store.assign(orphan.id, null, false);
    await this.record(systemActor, 'account.unassigned', orphan, orphan.assignedTo);
  }

  /** Gives an orphan's snapshots to an account of this server; those listed already are the caller's. */
  async assign(actor: Actor, orphan: Account, account: Account): Promise<void> {
    requireAdmin(actor);
    if (orphan.state !== 'gone') throw notOrphaned(orphan);
    if (account.state !== 'active') throw notActive(account);
    await this.store.assign(orphan.id, account.id, false);
    await this.record(actor, 'account.assigned', orphan, account.id);
  }

  private async record(
    actor: Actor,
    action: string,
    { id, name, uid, origin }: Account,
    accountId: string | null,
  ): Promise<void> {
    const subject = { kind: 'account', id: accountId ?? id, accountId };
    await this.events.record(actor, action, subject, { id, name, uid, origin });
  }

  private async assignedTo(origin: Account | undefined): Promise<Account | undefined> {
    if (origin === undefined || origin.assignedTo === null) return undefined;
    return this.store.findById(origin.assignedTo);
  }

  private async add(snapshotKey: string, identity: AccountIdentity): Promise<Account> {
    const serverId = serverOfKey(snapshotKey);
    const isOwn = serverId === this.keys.serverId;
    const now = this.clock.now().toISOString();
    const { name, uid, gid, home, owner, email } = identity;
    const id = isOwn ? identity.id : newId();
    await this.store.insert({
      ...{ id, name, uid, gid, home, user: name, excludes: [] },
      ...{ assignedTo: null, isAssumed: false, createdAt: null },
      ...{ isSuspended: false, parts: null, tags: [] },
      owner: owner ?? null,
      package: identity.package ?? null,
      email: email ?? null,
      source: SNAPSHOT_SOURCE,
      state: 'gone',
      firstSeenAt: now,
      lastSeenAt: now,
      origin: isOwn ? null : `${serverId}/${identity.id}`,
    });
    const subject = { kind: 'account', id, accountId: null };
    await this.events.record(systemActor, 'account.orphaned', subject, { name, uid, serverId });
    const added = await this.store.findById(id);
    if (added === undefined) throw new Error(`The row of account ${id} is gone.`);
    return added;
  }
}

/** Why no server can have an account like this; undefined when one can. */
export function identityProblem({ name, uid, gid, home }: AccountIdentity): string | undefined {
  const nameProblem = accountNameProblem(name);
  if (nameProblem !== undefined) return `its account's name ${nameProblem}`;
  const problem = homeProblem(home);
  if (problem !== undefined) return `its account's home ${problem}`;
  return uid > HIGHEST_ID || gid > HIGHEST_ID ? 'its account has no possible uid' : undefined;
}

/**
 * Whether snapshots of `origin` are put back with all their owners and bits as they were: only when
 * they are this server's own and of the same uid and gid. Else ids in them are those of strangers.
 */
export function isSameOwner(origin: Account, account: Account): boolean {
  return origin.origin === null && origin.uid === account.uid && origin.gid === account.gid;
}

function notOrphaned({ name }: Account): AppError {
  const message = t(
    'The account "{name}" is on this server, so its snapshots are not assigned to another one.',
    { name },
  );
  return new AppError('conflict', 'account.not-orphaned', message);
}

function notActive({ name }: Account): AppError {
  const message = t(
    'The account "{name}" is not on this server; assign the snapshots to one that is.',
    { name },
  );
  return new AppError('conflict', 'account.gone', message);
}
