/** What a list of events is narrowed to, from an address. What cannot be read narrows nothing. */
import type { EventFilter } from '../../../daemon/auth/events.store.js';
import { countFrom, textOf } from '../../form.js';
import { EVENT_KINDS, type EventKind } from './event-words.js';

const DAY_MS = 86_400_000;

export interface ActivityFilter {
  /** By name. */
  account: string;
  kind: EventKind | undefined;
  /** Days, both included: `2026-11-21`; '' for no bound. */
  from: string;
  to: string;
  before: number | undefined;
}

export function activityFilterOf(query: Record<string, unknown>): ActivityFilter {
  const kinds = Object.keys(EVENT_KINDS) as EventKind[];
  return {
    account: textOf(query['account']).slice(0, 255),
    kind: kinds.find((kind) => kind === query['kind']),
    from: dayOf(query['from']),
    to: dayOf(query['to']),
    before: countFrom(query['before']),
  };
}

/** As the service wants it, without the account. Days are those of UTC. */
export function eventFilterOf({ kind, from, to }: ActivityFilter): Omit<EventFilter, 'limit'> {
  return {
    ...(kind && { subject: { kind } }),
    ...(from !== '' && { from: startOf(from, 0) }),
    ...(to !== '' && { to: startOf(to, 1) }),
  };
}

/** Without where in the list one is, as addresses carry it on. */
export function chosenOf({ account, kind, from, to }: ActivityFilter): Record<string, string> {
  return { account, kind: kind ?? '', from, to };
}

function startOf(day: string, later: number): string {
  return new Date(Date.parse(day) + later * DAY_MS).toISOString();
}

function dayOf(value: unknown): string {
  const text = textOf(value);
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
  return isDay ? text : '';
}
