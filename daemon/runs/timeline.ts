/** How runs ended, and what became of an account's sites since its snapshot before, as events. */
import { Injectable } from '@nestjs/common';
import { systemActor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import { compareSites } from '../engine/sites/compare-sites.js';
import { runStateOf } from './outcome.js';
import type { Run, RunState } from './run.entity.js';
import type { Snapshot } from './snapshot.entity.js';
import { SnapshotsStore } from './snapshots.store.js';
import type { Task } from './task.entity.js';

/** The subject of these events; its id is the account's. */
export const SITE_SUBJECT = 'site';
const MAX_EVENTS = 100;

@Injectable()
export class Timeline {
  constructor(
    private readonly snapshots: SnapshotsStore,
    private readonly events: EventsService,
  ) {}

  /** Of the run and, where it is about many accounts, of each that it backed up, too. */
  async noteEnd({ id, kind, state, accountId }: Run, tasks: readonly Task[]): Promise<void> {
    const run = { kind: 'run', id };
    await this.events.record(systemActor, `${kind}.ended`, { ...run, accountId }, { state });
    if (kind !== 'backup' || accountId !== null) return;
    for (const [of, states] of statesByAccount(tasks)) {
      const end = { state: runStateOf(states) };
      await this.events.record(systemActor, 'account.backed-up', { ...run, accountId: of }, end);
    }
  }

  /** Of the snapshots that a run has made: one of each account tells, wherever others lie. */
  async noteSites(snapshotIds: readonly string[]): Promise<void> {
    const first = new Map<string, Snapshot>();
    for (const id of snapshotIds) {
      const snapshot = await this.snapshots.findById(id);
      if (snapshot === undefined) continue;
      const known = first.get(snapshot.accountId);
      if (known === undefined || snapshot.startedAt < known.startedAt) {
        first.set(snapshot.accountId, snapshot);
      }
    }
    for (const snapshot of first.values()) await this.compare(snapshot);
  }

  private async compare({ id, accountId, startedAt, summary }: Snapshot): Promise<void> {
    const before = await this.snapshots.findBefore(accountId, startedAt);
    const changes = compareSites(before?.summary?.sites ?? [], summary?.sites ?? []);
    const subject = { kind: SITE_SUBJECT, id: accountId, accountId };
    for (const { what, ...details } of changes.slice(0, MAX_EVENTS)) {
      await this.events.record(systemActor, `site.${what}`, subject, { ...details, snapshot: id });
    }
    const more = changes.length - MAX_EVENTS;
    if (more <= 0) return;
    await this.events.record(systemActor, 'site.more-changed', subject, { more, snapshot: id });
  }
}

function statesByAccount(tasks: readonly Task[]): Map<string | null, RunState[]> {
  const states = new Map<string | null, RunState[]>();
  for (const { accountId, state } of tasks) {
    states.set(accountId, [...(states.get(accountId) ?? []), state]);
  }
  return states;
}
