/** One schedule: when it starts, what it keeps, and what can be done about it. Pure. */
import type { ComingStart, NamedSchedule } from '../../../daemon/jobs/schedules.service.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { restOf, toFieldViews, type FieldView } from '../../destination-forms.js';
import { urls } from '../../routes.js';
import { RETENTION_FIELDS, scheduleProblems } from '../../schedule-fields.js';
import { scheduleState, toStartView, whenText, type StartView } from '../../schedule-view.js';
import {
  displayText,
  timeView,
  timeViewOrNone,
  type StateView,
  type TimeView,
} from '../../wording.js';

export interface ScheduleView {
  when: string;
  job: string;
  state: StateView;
  starts: StartView[];
  timeZone: string;
  addedAt: TimeView;
  /** When it was last due. */
  lastDueAt: TimeView | undefined;
  retention: FieldView[];
  problem: string | undefined;
  switch: { value: string; label: string };
  urls: { jobs: string; job: string; self: string; switch: string; remove: string };
}

export interface SchedulePageInput {
  named: NamedSchedule;
  starts: readonly ComingStart[];
  timeZone: string;
  /** Undefined: what is stored is shown. */
  typed: Readonly<Record<string, unknown>> | undefined;
  problems: readonly Problem[];
  now: Date;
}

export function toScheduleView(input: SchedulePageInput): ScheduleView {
  const { named, timeZone, now } = input;
  const { schedule, jobName } = named;
  const typed = input.typed ?? { ...schedule.retention };
  const problems = scheduleProblems(input.problems, RETENTION_FIELDS, typed);
  const { isEnabled } = schedule;
  return {
    when: whenText(named),
    job: displayText(jobName),
    state: scheduleState(isEnabled),
    starts: isEnabled ? input.starts.map((start) => toStartView(start, timeZone)) : [],
    timeZone: displayText(timeZone),
    addedAt: timeView(schedule.createdAt, now),
    lastDueAt: timeViewOrNone(schedule.lastDueAt, now),
    retention: toFieldViews(RETENTION_FIELDS, typed, problems),
    problem: restOf(problems, RETENTION_FIELDS),
    switch: {
      value: isEnabled ? 'no' : 'yes',
      label: isEnabled ? t('Switch off') : t('Switch on'),
    },
    urls: {
      jobs: urls.jobs(),
      job: urls.job(jobName),
      self: urls.schedule(schedule.id),
      switch: urls.scheduleSwitch(schedule.id),
      remove: urls.scheduleRemove(schedule.id),
    },
  };
}
