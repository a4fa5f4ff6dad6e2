import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../platform/clock.js';
import { CLOCK } from '../platform/platform.module.js';
import type { Actor } from './actor.js';
import type { RecordedEvent } from './event.entity.js';
import { EventsStore, type EventFilter } from './events.store.js';
import { PermissionsService } from './permissions/permissions.service.js';

/** What an event is about. */
export interface EventSubject {
  /** `job`, `snapshot`, `user`, … */
  kind: string;
  id: string | number;
  /** The account it belongs to; its own user then sees the event. */
  accountId?: string | null | undefined;
}

const BATCH = 500;
/** Whom an event about signing in is about: the actor itself. */
export function actingSubject(actor: Actor): EventSubject {
  const accountId = actor.role === 'account' ? actor.accountId : null;
  if (actor.role !== 'system' && actor.userId !== undefined) {
    return { kind: 'user', id: actor.userId, accountId };
  }
  if (actor.role === 'reseller') return { kind: 'reseller', id: actor.owner, accountId };
  return { kind: 'account', id: accountId ?? 'root', accountId };
}

/** The record of who did what, when and from where. */
@Injectable()
export class EventsService {
  constructor(
    private readonly store: EventsStore,
    private readonly permissions: PermissionsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** `action` is the subject's kind and a past participle: `job.created`. Never a secret in it. */
  async record(
    actor: Actor,
    action: string,
    subject: EventSubject,
    details: Record<string, unknown> = {},
  ): Promise<void> {
    await this.store.insert({
      at: this.clock.now().toISOString(),
      actor: actor.label,
      actorUid: actor.role === 'system' ? null : (actor.uid ?? null),
      origin: actor.origin,
      address: actor.role === 'system' ? null : (actor.address ?? null),
      action,
      subjectKind: subject.kind,
      subjectId: String(subject.id),
      accountId: subject.accountId ?? null,
      details,
    });
  }

  /**
   * Newest first; an account sees what was done to it, whoever did it, a reseller what was done to
   * its accounts, and nothing where another one is asked for.
   */
  async list(actor: Actor, filter: Omit<EventFilter, 'scope'>): Promise<RecordedEvent[]> {
    const scope = await this.permissions.scopeFor(actor, 'activity.view');
    return this.store.list({ ...filter, scope });
  }

  /** All that match, newest first, a batch at a time. */
  async *listAll(
    actor: Actor,
    filter: Omit<EventFilter, 'scope' | 'limit' | 'before'>,
  ): AsyncGenerator<RecordedEvent[]> {
    let before: number | undefined;
    for (;;) {
      const batch = await this.list(actor, { ...filter, before, limit: BATCH });
      if (batch.length > 0) yield batch;
      if (batch.length < BATCH) return;
      before = batch.at(-1)?.id;
    }
  }

  /** Forgets at most `limit` of those from before an instant; answers how many. */
  forgetBefore(instant: string, limit: number): Promise<number> {
    return this.store.removeBefore(instant, limit);
  }
}
