/**
 * Keeps what is wrong and lasts: it is told when it begins and when it is over, and in between it is a
 * row. Several of one kind that begin at one look are one notice. What comes and goes within minutes
 * is over only when it has stayed away for a while.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../platform/clock.js';
import { CLOCK } from '../platform/platform.module.js';
import { Alert } from './alert.entity.js';
import { AlertsStore } from './alerts.store.js';
import type { Condition } from './condition.js';
import { NOTICE_KINDS, type ConditionKind } from './notice-kinds.js';
import type { NoticeFacts } from './notice.entity.js';
import { NoticeWriter, type Told } from './notice-writer.js';
import type { AlsoWrite } from './notices.store.js';

const CLEARED_AFTER_MS = 9 * 60_000;
const NAMED_IN_SUBJECT = 3;

@Injectable()
export class AlertBook {
  constructor(
    private readonly alerts: AlertsStore,
    private readonly writer: NoticeWriter,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** `found`: all there is of a kind now. */
  async settle(kind: ConditionKind, found: readonly Condition[]): Promise<void> {
    const open = new Map((await this.alerts.listOpen(kind)).map((alert) => [alert.key, alert]));
    const now = this.clock.now();
    const begun = found.filter(({ key }) => !open.has(key));
    const keys = new Set(found.map(({ key }) => key));
    const over = [...open.values()].filter(
      ({ key, lastSeenAt }) =>
        !keys.has(key) && now.getTime() - Date.parse(lastSeenAt) >= CLEARED_AFTER_MS,
    );
    if (found.length === 0 && over.length === 0) return;
    const told: Told<ConditionKind>[] = [];
    if (begun.length > 0) told.push({ kind, phase: 'raised', facts: together(begun.map(factsOf)) });
    const ended = over.map(({ facts }) => facts);
    if (over.length > 0) told.push({ kind, phase: 'cleared', facts: together(ended) });
    await this.writer.write(told, [], this.noteOf(kind, { found, open, over }));
  }

  private noteOf(
    kind: ConditionKind,
    look: { found: readonly Condition[]; open: ReadonlyMap<string, Alert>; over: readonly Alert[] },
  ): AlsoWrite {
    const now = this.clock.now().toISOString();
    const { level } = NOTICE_KINDS[kind];
    return (insert, _remove, update) => {
      for (const condition of look.found) {
        const known = look.open.get(condition.key);
        const facts = factsOf(condition);
        const { key } = condition;
        if (known !== undefined) {
          update(Alert, { where: { id: known.id }, set: { facts, lastSeenAt: now } });
          continue;
        }
        const begun = { state: 'open', since: now, lastSeenAt: now } as const;
        insert(Alert, { kind, key, level, facts, ...begun });
      }
      for (const { id } of look.over) {
        update(Alert, { where: { id }, set: { state: 'cleared', clearedAt: now } });
      }
    };
  }
}

function factsOf({ subject, values, runId }: Condition): NoticeFacts {
  return { subject, values, list: [], more: 0, runId: runId ?? null };
}

/** One as it is; several as a list. */
function together(all: readonly NoticeFacts[]): NoticeFacts {
  const [first, ...rest] = all;
  if (first === undefined || rest.length === 0) return first ?? factsOf({ key: '', subject: '', values: {} }); // prettier-ignore
  const named = all.slice(0, NAMED_IN_SUBJECT).map(({ subject }) => subject);
  const subject = named.join(', ') + (all.length > NAMED_IN_SUBJECT ? ', …' : '');
  const list = all.map((facts) => {
    const { problem, snapshot } = facts.values;
    const detail = problem ?? snapshot;
    return { name: facts.subject, problem: typeof detail === 'string' ? detail : null };
  });
  return { subject, values: {}, list, more: 0, runId: null };
}
