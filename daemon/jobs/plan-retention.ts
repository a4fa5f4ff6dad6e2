/**
 * Which snapshots of one account at one destination are kept, and which are due to go and why.
 * Pure: it decides about rows as they are now; ../runs/retention.service.ts marks and removes.
 *
 * What holds whatever the rules, the clock or a tenant do:
 * - A locked snapshot stays, and so does the newest complete one, by date and by the order in which
 *   they were made; where there is no complete one, the newest incomplete one.
 * - What is younger than `floorDays` stays, and all of it together pushes out no more than one
 *   snapshot would: a flood of extra ones does not take the place of those of other days.
 * - What a clock that was ahead dated into the future stays and counts for nothing until then.
 * - Only complete, undamaged snapshots push out others. Incomplete and damaged ones go with the
 *   complete ones that are older than they are, and are never more than complete ones may be.
 * - Age in a schedule counts from its newest complete snapshot, so that a job that stands still or
 *   a clock that jumps ahead lets nothing go. A time to live (on demand, by hand) counts from now.
 */
import type { Config } from '../platform/config-schema.js';
import type { Retention } from './retention-input.js';

/** A snapshot that lies at its destination, as a pass sees it. */
export interface RetainedSnapshot {
  id: string;
  /** Null: it was made without one, or its schedule is no more. */
  scheduleId: string | null;
  /** Someone asked for it; false of what a schedule made, and when that is not known. */
  isByHand: boolean;
  /** Ascending in the order they were made; null of those that a reindex found. */
  taskId: number | null;
  state: 'complete' | 'incomplete';
  startedAt: string;
  isLocked: boolean;
  /** Neither damaged nor missing: it can stand in for another one. */
  isUsable: boolean;
  /** As an earlier pass marked it. */
  pendingDeletionAt: string | null;
}

/** What a schedule asks for. */
export interface RetentionPolicy {
  retention: Retention;
  /** Its age counts as a time to live. */
  isOnDemand: boolean;
}

export interface RetentionQuestion {
  /** Of one account at one destination; in any order. */
  snapshots: readonly RetainedSnapshot[];
  /** By id of the schedule. */
  policies: ReadonlyMap<string, RetentionPolicy>;
  /** When the account was last on this server; null while it is. */
  accountGoneSince: string | null;
  settings: Config['retention'];
  now: Date;
}

export type Verdict =
  | { id: string; isDue: false; keptBy: string }
  /** Goes at `goesAt` unless something changes; `rule` completes "because …". */
  | { id: string; isDue: true; rule: string; goesAt: string };

type Dated = RetainedSnapshot & { atMs: number };

interface Surroundings {
  question: RetentionQuestion;
  nowMs: number;
  floorMs: number;
}

const DAY_MS = 86_400_000;

/** What keeps the snapshots that an account could be restored from if all else were lost. */
export const BY_BEING_NEWEST = 'being the newest';

/** A verdict about every snapshot, newest first. */
export function planRetention(question: RetentionQuestion): Verdict[] {
  const nowMs = question.now.getTime();
  const floorMs = nowMs - question.settings.floorDays * DAY_MS;
  const surroundings = { question, nowMs, floorMs };
  const dated = question.snapshots
    .map((snapshot) => ({ ...snapshot, atMs: Date.parse(snapshot.startedAt) }))
    .sort((a, b) => b.atMs - a.atMs || (a.id < b.id ? 1 : -1));
  const past = dated.filter(({ atMs }) => atMs <= nowMs);
  const guards = guardsOf(past);
  const rules = rulesOf(past, surroundings);
  return dated.map((snapshot) => {
    const keptBy = unruledReason(snapshot, guards, surroundings);
    const rule = rules.get(snapshot.id);
    if (keptBy !== undefined) return { id: snapshot.id, isDue: false, keptBy };
    if (rule === undefined) return { id: snapshot.id, isDue: false, keptBy: 'its rules' };
    return { id: snapshot.id, isDue: true, rule, goesAt: goesAt(snapshot, surroundings) };
  });
}

/** Why it stays whatever its rules say. */
function unruledReason(
  { id, atMs, isLocked }: Dated,
  guards: ReadonlySet<string>,
  { nowMs, floorMs }: Surroundings,
): string | undefined {
  if (guards.has(id)) return BY_BEING_NEWEST;
  if (isLocked) return 'a lock';
  if (atMs > nowMs) return 'being dated in the future';
  return atMs > floorMs ? 'its youth' : undefined;
}

/** What an account could be restored from if all else were lost; `past` is newest first. */
function guardsOf(past: readonly Dated[]): Set<string> {
  const complete = past.filter(({ state }) => state === 'complete');
  const usable = complete.filter(({ isUsable }) => isUsable);
  const lastMade = usable
    .filter(({ taskId }) => taskId !== null)
    .toSorted((a, b) => (b.taskId ?? 0) - (a.taskId ?? 0));
  const other = usable.length > 0 ? undefined : past.find(({ isUsable }) => isUsable);
  const guards = [complete[0], usable[0], lastMade[0], other];
  return new Set(guards.flatMap((guard) => guard?.id ?? []));
}

/** Why each snapshot that no rule keeps is to go. */
function rulesOf(past: readonly Dated[], surroundings: Surroundings): Map<string, string> {
  const { policies, accountGoneSince, settings } = surroundings.question;
  if (accountGoneSince !== null) {
    return orphanRules(past, accountGoneSince, surroundings);
  }
  const rules = new Map<string, string>();
  for (const [scheduleId, policy] of policies) {
    const group = past.filter((snapshot) => snapshot.scheduleId === scheduleId);
    addScheduleRules(rules, group, policy, surroundings);
  }
  const { manualDays } = settings;
  if (manualDays === undefined) return rules;
  // Else they are kept for ever: also those of a schedule that was removed.
  const byHand = past.filter(({ scheduleId, isByHand }) => scheduleId === null && isByHand);
  const policy = { retention: { keepWithinDays: manualDays }, isOnDemand: true };
  addScheduleRules(rules, byHand, policy, surroundings);
  return rules;
}

function orphanRules(
  past: readonly Dated[],
  goneSince: string,
  { question, nowMs }: Surroundings,
): Map<string, string> {
  const { orphanDays } = question.settings;
  if (orphanDays === undefined) return new Map();
  const limitMs = nowMs - orphanDays * DAY_MS;
  if (Date.parse(goneSince) > limitMs) return new Map();
  const rule = `its account has been gone for more than ${daysText(orphanDays)}`;
  const old = past.filter(({ atMs }) => atMs <= limitMs);
  return new Map(old.map(({ id }) => [id, rule]));
}

/** `group`: the snapshots of one schedule, newest first. Each rule keeps what it covers. */
function addScheduleRules(
  rules: Map<string, string>,
  group: readonly Dated[],
  { retention, isOnDemand }: RetentionPolicy,
  surroundings: Surroundings,
): void {
  const { keepLast, keepWithinDays } = retention;
  if (keepLast === undefined && keepWithinDays === undefined) return;
  const reasons: string[] = [];
  let kept = new Set<string>();
  if (keepLast !== undefined) {
    reasons.push(`not among the newest ${keepLast} of its schedule`);
    kept = newestOf(group, keepLast, surroundings);
  }
  if (keepWithinDays !== undefined) {
    const days = daysText(keepWithinDays);
    reasons.push(isOnDemand ? `older than ${days}` : `more than ${days} older than the newest one`);
    const newest = group.find(isGood) ?? group[0];
    const fromMs = isOnDemand ? surroundings.nowMs : (newest?.atMs ?? 0);
    const young = group.filter(({ atMs }) => atMs > fromMs - keepWithinDays * DAY_MS);
    for (const { id } of young) kept.add(id);
  }
  const rule = `it is ${reasons.join(' and ')}`;
  for (const { id } of group) if (!kept.has(id)) rules.set(id, rule);
}

/** The newest `count` good ones, those below the floor as one; and of the others those among them. */
function newestOf(group: readonly Dated[], count: number, { floorMs }: Surroundings): Set<string> {
  const kept = new Set<string>();
  let [good, others] = [0, 0];
  let isYoungCounted = false;
  for (const snapshot of group) {
    if (good >= count) break;
    if (!isGood(snapshot)) {
      others += 1;
      if (others <= count) kept.add(snapshot.id);
      continue;
    }
    kept.add(snapshot.id);
    const isYoung = snapshot.atMs > floorMs;
    if (!isYoung || !isYoungCounted) good += 1;
    isYoungCounted ||= isYoung;
  }
  return kept;
}

function isGood({ state, isUsable }: Dated): boolean {
  return state === 'complete' && isUsable;
}

/** Its mark stays as it is, unless a clock that was ahead set it. */
function goesAt({ pendingDeletionAt }: Dated, { question, nowMs }: Surroundings): string {
  const latest = new Date(nowMs + question.settings.graceDays * DAY_MS).toISOString();
  return pendingDeletionAt !== null && pendingDeletionAt < latest ? pendingDeletionAt : latest;
}

function daysText(days: number): string {
  return days === 1 ? 'a day' : `${days} days`;
}
