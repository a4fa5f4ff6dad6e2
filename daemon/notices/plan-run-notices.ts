/**
 * What the end of a run is worth telling: admins by what it came to, owners of accounts after the second
 * failed backup in a row and when backups work again, and whoever asked for a restore or a download.
 * One run is one notice, however many accounts failed in it. Pure.
 */
import type { Account } from '../accounts/account.entity.js';
import { isTenantRun, requestOf } from '../runs/run-request.js';
import type { Run, RunState } from '../runs/run.entity.js';
import type { Task } from '../runs/task.entity.js';
import type { AdminKind } from './notice-kinds.js';
import type { NoticeFacts } from './notice.entity.js';
import type { Told, ToldOwner } from './notice-writer.js';

const TOLD_AFTER_FAILURES = 2;

export interface EndedRun {
  run: Pick<
    Run,
    | 'id'
    | 'kind'
    | 'state'
    | 'request'
    | 'jobId'
    | 'accountId'
    | 'error'
    | 'requestedBy'
    | 'finishedAt'
  >;
  tasks: readonly Pick<Task, 'accountId' | 'destinationId' | 'state' | 'error'>[];
  accounts: ReadonlyMap<string, Pick<Account, 'id' | 'name' | 'email'>>;
  destinations: ReadonlyMap<string, string>;
  /** Someone asked for a backup of one account. */
  isOnDemand: boolean;
}

/** How a job's backups of an account have gone until now. */
export interface Streak {
  failures: number;
  isTold: boolean;
}

export interface StreakChange {
  accountId: string;
  /** Undefined: it did not fail. */
  streak: Streak | undefined;
}

export function tellAdmins(ended: EndedRun): Told<AdminKind>[] {
  const kind = adminKindOf(ended);
  if (kind === undefined) return [];
  const { run, tasks } = ended;
  const { message } = run.error ?? {};
  const list = listOf(ended);
  const isAlone = list.length === 0 && message !== undefined && tasks.length === 0;
  const named = isAlone ? [{ name: subjectOf(ended), problem: message }] : list;
  return [{ kind, facts: { ...factsOf(ended), list: named } }];
}

function adminKindOf({ run, isOnDemand }: EndedRun): AdminKind | undefined {
  if (run.state === 'failed') return 'run-failed';
  if (run.state === 'interrupted') return 'run-interrupted';
  if (run.state === 'cancelled') return undefined;
  if (run.state === 'incomplete') return 'run-incomplete';
  if (run.kind === 'restore') return 'restore-finished';
  if (run.kind === 'download') return 'download-ready';
  return run.kind === 'backup' && isOnDemand ? 'on-demand-finished' : undefined;
}

function factsOf(ended: EndedRun): NoticeFacts {
  const { id: runId, kind: work } = ended.run;
  return { subject: subjectOf(ended), values: { run: runId, work }, list: [], more: 0, runId };
}

/** `nightly`, `nightly · alice`, `alice`, or a destination. */
function subjectOf({ run, accounts }: EndedRun): string {
  const request = requestOf(run);
  if ('destination' in request) return request.destination.name;
  const job = 'job' in request ? request.job.name : undefined;
  const account = run.accountId === null ? undefined : accounts.get(run.accountId)?.name;
  return [job, account].filter((name) => name !== undefined).join(' · ') || run.kind;
}

/** What did not go well; the destination is named where there are several. */
function listOf({ tasks, accounts, destinations }: EndedRun): NoticeFacts['list'] {
  const isSeveral = new Set(tasks.map(({ destinationId }) => destinationId)).size > 1;
  const wrong = tasks.filter(({ state }) => state !== 'complete' && state !== 'cancelled');
  return wrong.map(({ accountId, destinationId, error }) => {
    const destination = destinations.get(destinationId) ?? destinationId;
    const account = accountId === null ? undefined : (accounts.get(accountId)?.name ?? accountId);
    return {
      name:
        isSeveral && account !== undefined
          ? `${account} · ${destination}`
          : (account ?? destination),
      problem: error?.message ?? null,
    };
  });
}

/** Of a restore or a download that the account itself asked for. */
export function tellWhoAsked(ended: EndedRun): ToldOwner[] {
  const { run, accounts } = ended;
  const account = run.accountId === null ? undefined : accounts.get(run.accountId);
  if (account === undefined || !isTenantRun(run)) return [];
  const facts = { ...factsOf(ended), subject: account.name };
  facts.values = { ...facts.values, state: run.state };
  const isOver = run.state !== 'cancelled';
  if (run.kind === 'restore' && isOver) return [{ kind: 'owner-restore-finished', account, facts }];
  const isReady = run.kind === 'download' && run.state === 'complete';
  if (!isReady) return [];
  // What a link to the file is made of; the link itself is in no row.
  const values = { ...facts.values, by: run.requestedBy, finished: run.finishedAt ?? '' };
  return [{ kind: 'owner-download-ready', account, facts: { ...facts, values } }];
}

/** `toldElsewhere`: accounts whose owners know already, since another job fails for them, too. */
export function followStreaks(
  ended: EndedRun,
  streaks: ReadonlyMap<string, Streak>,
  toldElsewhere: ReadonlySet<string>,
): { toOwners: ToldOwner[]; changes: StreakChange[] } {
  const toOwners: ToldOwner[] = [];
  const changes: StreakChange[] = [];
  if (ended.run.kind !== 'backup' || ended.run.jobId === null) return { toOwners, changes };
  for (const [accountId, states] of statesByAccount(ended)) {
    const account = ended.accounts.get(accountId);
    const end = attemptOf(states);
    if (account === undefined || end === undefined) continue;
    const before = streaks.get(accountId);
    const { streak, kind } = followOne(end, before, toldElsewhere.has(accountId));
    const facts = { subject: account.name, values: {}, list: [], more: 0, runId: null };
    if (kind !== undefined) toOwners.push({ kind, account, facts });
    if (streak !== undefined || before !== undefined) changes.push({ accountId, streak });
  }
  return { toOwners, changes };
}

function followOne(
  end: 'stored' | 'failed',
  before: Streak | undefined,
  isKnown: boolean,
): { streak: Streak | undefined; kind: ToldOwner['kind'] | undefined } {
  const wasTold = before?.isTold === true;
  if (end === 'stored') {
    return { streak: undefined, kind: wasTold && !isKnown ? 'owner-backup-working' : undefined };
  }
  const failures = (before?.failures ?? 0) + 1;
  const isToldNow = failures >= TOLD_AFTER_FAILURES && !wasTold && !isKnown;
  const streak = { failures, isTold: wasTold || isToldNow };
  return { streak, kind: isToldNow ? 'owner-backup-failing' : undefined };
}

function statesByAccount({ tasks }: EndedRun): Map<string, RunState[]> {
  const states = new Map<string, RunState[]>();
  for (const { accountId, state } of tasks) {
    if (accountId !== null) states.set(accountId, [...(states.get(accountId) ?? []), state]);
  }
  return states;
}

/** A snapshot anywhere is one; what was cancelled or cut off tells nothing. */
function attemptOf(states: readonly RunState[]): 'stored' | 'failed' | undefined {
  if (states.some((state) => state === 'complete' || state === 'incomplete')) return 'stored';
  return states.every((state) => state === 'failed') ? 'failed' : undefined;
}
