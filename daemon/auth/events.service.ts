import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../platform/clock.js';
import { CLOCK } from '../platform/platform.module.js';
import { accountScope, type Actor } from './actor.js';
import type { RecordedEvent } from './event.entity.js';
import { EventsStore } from './events.store.js';

/** What an event is about. */
export interface EventSubject {
  /** `job`, `snapshot`, `user`, … */
  kind: string;
  id: string | number;
  /** The account it belongs to; its own user then sees the event. */
  accountId?: string | null | undefined;
}

/** The record of who did what, when and from where. */
@Injectable()
export class EventsService {
  constructor(
    private readonly store: EventsStore,
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

  /** Newest first; an account sees what was done to it, whoever did it. */
  list(
    actor: Actor,
    page: { limit: number; before?: number; subject?: EventSubject },
  ): Promise<RecordedEvent[]> {
    return this.store.list({ ...page, accountId: accountScope(actor) });
  }

  /** Forgets at most `limit` of those from before an instant; answers how many. */
  forgetBefore(instant: string, limit: number): Promise<number> {
    return this.store.removeBefore(instant, limit);
  }
}
