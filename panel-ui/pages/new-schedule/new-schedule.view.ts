/** The form of a new schedule: first the kind, then its fields, and when it would be due. Pure. */
import type { Problem } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { restOf, toFieldViews, type FieldView } from '../../destination-forms.js';
import { urls } from '../../routes.js';
import { RETENTION_FIELDS, scheduleProblems, type ScheduleForm } from '../../schedule-fields.js';
import { localMoment } from '../../schedule-view.js';
import { displayText } from '../../wording.js';

export interface NewScheduleView {
  job: string;
  action: string;
  kind: string;
  kinds: { url: string; label: string; hint: string; isHere: boolean }[];
  fields: FieldView[];
  retention: FieldView[];
  /** Without jitter; empty when it is not by the clock or the form cannot be used. */
  dates: { iso: string; text: string }[];
  isByClock: boolean;
  timeZone: string;
  /** What belongs to no field. */
  problem: string | undefined;
  jobUrl: string;
  jobsUrl: string;
}

export interface NewScheduleInput {
  job: string;
  forms: readonly ScheduleForm[];
  form: ScheduleForm;
  typed: Readonly<Record<string, unknown>>;
  problems: readonly Problem[];
  dates: readonly Date[];
  timeZone: string;
}

export function toNewScheduleView(input: NewScheduleInput): NewScheduleView {
  const { job, forms, form, typed, timeZone } = input;
  const fields = [...form.fields, ...RETENTION_FIELDS];
  const problems = scheduleProblems(input.problems, fields, typed);
  return {
    job: displayText(job),
    action: urls.newSchedule(job),
    kind: form.kind,
    kinds: forms.map(({ kind, label, hint }) => ({
      ...{ label: t(label), hint: t(hint) },
      url: urls.newSchedule(job, { kind }),
      isHere: kind === form.kind,
    })),
    fields: toFieldViews(form.fields, typed, problems),
    retention: toFieldViews(RETENTION_FIELDS, typed, problems),
    dates: input.dates.map((date) => ({
      iso: date.toISOString(),
      text: localMoment(date, timeZone),
    })),
    isByClock: form.kind !== 'after' && form.kind !== 'on-demand',
    timeZone: displayText(timeZone),
    problem: restOf(problems, fields),
    jobUrl: urls.job(job),
    jobsUrl: urls.jobs(),
  };
}
