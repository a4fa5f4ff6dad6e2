/** Tells of lock-outs as the record of events has them: those since the last time, as one notice. */
import { Injectable } from '@nestjs/common';
import { systemActor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import { NoticesStore } from './notices.store.js';
import { NoticeWriter } from './notice-writer.js';

const MOST_EVENTS = 1_000;

@Injectable()
export class SignInNotices {
  constructor(
    private readonly events: EventsService,
    private readonly notices: NoticesStore,
    private readonly writer: NoticeWriter,
  ) {}

  async look(): Promise<void> {
    const last = await this.notices.findNewest('sign-in-locked');
    const after = Number(last?.facts.values['event'] ?? 0);
    const lockOuts = { limit: MOST_EVENTS, after, action: 'session.locked-out' };
    const fresh = await this.events.list(systemActor, lockOuts);
    const [newest] = fresh;
    if (newest === undefined) return;
    const names = new Map<string, string | null>();
    for (const { details } of fresh.toReversed()) {
      const { address, name } = details as { address?: string; name?: string };
      names.set(address ?? '?', name ?? null);
    }
    const list = [...names].map(([address, name]) => ({ name: address, problem: name }));
    const values = { count: list.length, event: newest.id };
    const subject = list.length === 1 ? (list[0]?.name ?? '') : `${list[0]?.name}, …`;
    const facts = { subject, values, list, more: 0, runId: null };
    await this.writer.write([{ kind: 'sign-in-locked', facts }]);
  }
}
