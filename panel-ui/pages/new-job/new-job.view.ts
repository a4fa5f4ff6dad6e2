/** The pages on which a job is put together, one at a time. Pure. */
import type { Schedule } from '../../../daemon/jobs/schedule.entity.js';
import { timingOf } from '../../../daemon/jobs/schedule.entity.js';
import type { PlannedJob } from '../../../daemon/jobs/jobs.service.js';
import { timingText } from '../../../daemon/jobs/schedule-words.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { msg, t } from '../../../daemon/platform/messages.js';
import { currentZone } from '../../../daemon/platform/zones.js';
import type { Field } from '../../destination-fields.js';
import { restOf, toFieldViews, type FieldView } from '../../destination-forms.js';
import { howFacts, whatFacts, type Fact } from '../../job-facts.js';
import { EXCLUDE_FIELDS, jobProblems } from '../../job-fields.js';
import type { MatchesView } from '../../matches-view.js';
import { urls } from '../../routes.js';
import { RETENTION_FIELDS, scheduleProblems } from '../../schedule-fields.js';
import { keepsText, localMoment } from '../../schedule-view.js';
import { displayText } from '../../wording.js';
import {
  carriedOf,
  chosenForm,
  draftForms,
  fieldsOf,
  JOB_STEPS,
  placeFields,
  WHAT_FIELDS,
  type DraftForm,
  type JobStep,
  type Offered,
  type Typed,
} from './job-draft.js';

/** Texts of each page: its name among the steps, and what it asks. */
const STEPS: Readonly<Record<JobStep, { label: string; title: string }>> = {
  accounts: { label: msg('Accounts'), title: msg('What is backed up?') },
  places: { label: msg('Destinations'), title: msg('Where to, and in which form?') },
  schedule: { label: msg('Schedule'), title: msg('When, and for how long is it kept?') },
  review: { label: msg('Review'), title: msg('Is that right?') },
};

export interface NewJobView {
  action: string;
  step: JobStep;
  title: string;
  steps: { label: string; isHere: boolean; isDone: boolean }[];
  /** `Step 2 of 4` */
  position: string;
  carried: { name: string; value: string }[];
  /** What belongs to no field. */
  problem: string | undefined;
  isFirst: boolean;
  cancelUrl: string;
  accounts: AccountsStepView | undefined;
  places: PlacesStepView | undefined;
  schedule: ScheduleStepView | undefined;
  review: ReviewView | undefined;
}

interface AccountsStepView {
  fields: FieldView[];
  left: FieldView[];
  matches: MatchesView;
  matchesUrl: string;
}

interface PlacesStepView {
  fields: FieldView[];
  /** There is nowhere to store to yet. */
  isWithoutDestination: boolean;
  newDestinationUrl: string;
}

interface ScheduleStepView {
  kinds: { value: string; label: string; hint: string; isHere: boolean }[];
  fields: FieldView[];
  retention: FieldView[];
  isByClock: boolean;
  dates: DatesView;
}

/** Without jitter, in the viewer's zone. */
interface DatesView {
  dates: { iso: string; text: string }[];
  zone: string;
  /** Where times of day are those of another zone. */
  zoneNote: string | undefined;
}

interface ReviewView {
  name: string;
  what: Fact[];
  excludes: string[];
  matches: MatchesView;
  how: Fact[];
  when: Fact[];
  dates: DatesView;
}

export interface NewJobInput {
  step: JobStep;
  offered: Offered;
  typed: Typed;
  problems: readonly Problem[];
  /** Whom the job takes now; asked where it is shown. */
  matches: MatchesView | undefined;
  dates: readonly Date[];
  /** Of times of day. */
  timeZone: string;
  /** What is reviewed. */
  planned: PlannedJob | undefined;
  first: Schedule | undefined;
}

export function toNewJobView(input: NewJobInput): NewJobView {
  const { step, offered, typed } = input;
  const fields = fieldsOf(step, offered, typed);
  const problems = plain(input, fields);
  const number = JOB_STEPS.indexOf(step) + 1;
  const show = (shown: readonly Field[]): FieldView[] => toFieldViews(shown, typed, problems);
  return {
    action: urls.newJob(),
    step,
    title: t(STEPS[step].title),
    steps: JOB_STEPS.map((name, index) => ({
      label: t(STEPS[name].label),
      isHere: name === step,
      isDone: index + 1 < number,
    })),
    position: t('Step {number} of {count}', { number, count: JOB_STEPS.length }),
    carried: carriedOf(step, offered, typed),
    problem: restOf(problems, fields),
    isFirst: number === 1,
    cancelUrl: urls.jobs(),
    accounts: step === 'accounts' ? toAccountsStep(input, show) : undefined,
    places: step === 'places' ? toPlacesStep(input, show) : undefined,
    schedule: step === 'schedule' ? toScheduleStep(input, show) : undefined,
    review: step === 'review' ? toReview(input) : undefined,
  };
}

type Show = (fields: readonly Field[]) => FieldView[];

function plain({ step, problems, typed }: NewJobInput, fields: readonly Field[]): Problem[] {
  const place = step === 'schedule' ? scheduleProblems : jobProblems;
  return place(problems, fields, typed);
}

function toAccountsStep({ matches }: NewJobInput, show: Show): AccountsStepView | undefined {
  if (matches === undefined) return undefined;
  return {
    fields: show(WHAT_FIELDS),
    left: show(EXCLUDE_FIELDS),
    matches,
    matchesUrl: urls.newJobMatches(),
  };
}

function toPlacesStep({ offered }: NewJobInput, show: Show): PlacesStepView {
  return {
    fields: show(placeFields(offered)),
    isWithoutDestination: offered.destinations.length === 0,
    newDestinationUrl: urls.newDestination(),
  };
}

function toScheduleStep(input: NewJobInput, show: Show): ScheduleStepView {
  const { offered, typed } = input;
  const form = chosenForm(offered, typed);
  return {
    kinds: draftForms(offered).map(({ kind, label, hint }) => ({
      ...{ value: kind, label: t(label), hint: t(hint) },
      isHere: kind === form?.kind,
    })),
    fields: show(form?.fields ?? []),
    retention: form === undefined || form.kind === 'none' ? [] : show(RETENTION_FIELDS),
    isByClock: isByClock(form),
    dates: toDates(input),
  };
}

function isByClock(form: DraftForm | undefined): boolean {
  return form !== undefined && !['after', 'on-demand', 'none'].includes(form.kind);
}

function toDates({ dates, timeZone }: NewJobInput): DatesView {
  const zone = currentZone();
  return {
    dates: dates.map((date) => ({ iso: date.toISOString(), text: localMoment(date, zone) })),
    zone: displayText(zone),
    zoneNote:
      zone === timeZone
        ? undefined
        : t('The schedule goes by the time of the server: {zone}.', { zone: timeZone }),
  };
}

function toReview(input: NewJobInput): ReviewView | undefined {
  const { planned, first, matches, typed } = input;
  if (planned === undefined || matches === undefined) return undefined;
  const { job, destinations } = planned;
  const followed = typeof typed['job'] === 'string' ? typed['job'] : undefined;
  const when =
    first === undefined
      ? [{ label: t('Starts'), text: t('only by hand') }]
      : [
          { label: t('Starts'), text: displayText(timingText(timingOf(first), followed)) },
          { label: t('Keeps'), text: keepsText(first.retention) },
        ];
  return {
    name: displayText(job.name),
    what: whatFacts(job),
    excludes: job.excludes.map(displayText),
    matches,
    how: howFacts(job, destinations),
    when,
    dates: toDates(input),
  };
}
