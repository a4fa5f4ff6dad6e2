/** What an admin sees of the server itself: what went wrong lately, what comes next, storage. Pure. */
import type { ComingStart } from '../../../daemon/jobs/schedules.service.js';
import type { AlertCounts } from '../../../daemon/notices/alerts.service.js';
import type { VerificationAges } from '../../../daemon/runs/verifications.js';
import type { Run } from '../../../daemon/runs/run.entity.js';
import { msg, t } from '../../../daemon/platform/messages.js';
import { urls } from '../../routes.js';
import { toStartView, type StartView } from '../../schedule-view.js';
import { displayText, timeView, type TimeView } from '../../wording.js';
import { toStorageView, type StorageInput, type StorageView } from './storage.view.js';

const DAY_MS = 86_400_000;
/** States of runs that somebody has to look at. */
export const BAD_STATES = ['failed', 'interrupted', 'incomplete'] as const;
type BadState = (typeof BAD_STATES)[number];
/** More are not counted. */
export const MOST_COUNTED = 100;

const SAID: Record<BadState, string> = {
  failed: msg('{count, plural, one {# run failed} other {# runs failed}}'),
  interrupted: msg('{count, plural, one {# run was interrupted} other {# runs were interrupted}}'),
  incomplete: msg('{count, plural, one {# run ended incomplete} other {# runs ended incomplete}}'),
};

export interface ServerInput extends StorageInput {
  /** The newest runs of each bad state, at most MOST_COUNTED. */
  bad: ReadonlyMap<BadState, readonly Run[]>;
  next: readonly ComingStart[];
  timeZone: string;
  alerts: AlertCounts;
  verifications: VerificationAges;
}

export interface ServerView {
  /** Of the last 24 hours. */
  bad: { text: string; url: string }[];
  next: (StartView & { job: string; url: string })[];
  alerts: { text: string; url: string } | undefined;
  verification: VerificationView;
  storage: StorageView;
}

export interface VerificationView {
  /** Whose last verification is the longest ago. */
  oldest: { account: string; url: string; at: TimeView } | undefined;
  /** How many were never verified; undefined where each was. */
  never: string | undefined;
}

export function toServerView(input: ServerInput): ServerView {
  const since = new Date(input.now.getTime() - DAY_MS).toISOString();
  const { errors, warnings } = input.alerts;
  return {
    bad: BAD_STATES.flatMap((state) => {
      const count = (input.bad.get(state) ?? []).filter((run) => run.createdAt >= since).length;
      if (count === 0) return [];
      return [{ text: t(SAID[state], { count }), url: urls.runs({ state }) }];
    }),
    next: input.next.map((start) => ({
      ...toStartView(start, input.timeZone),
      ...{ job: displayText(start.jobName), url: urls.job(start.jobName) },
    })),
    alerts:
      errors + warnings === 0
        ? undefined
        : {
            text: t('{count, plural, one {# alert is open} other {# alerts are open}}', { count: errors + warnings }), // prettier-ignore
            url: urls.alerts(),
          },
    verification: toVerificationView(input.verifications, input.now),
    storage: toStorageView(input),
  };
}

function toVerificationView({ oldest, never }: VerificationAges, now: Date): VerificationView {
  return {
    oldest: oldest && {
      ...{ account: displayText(oldest.account), url: urls.account(oldest.account) },
      at: timeView(oldest.verifiedAt, now),
    },
    never: never === 0 ? undefined : t('{count, plural, one {# account was never verified.} other {# accounts were never verified.}}', { count: never }), // prettier-ignore
  };
}
