/** The form that changes a job. Pure. */
import type { JobChanges } from '../../../daemon/jobs/job-input.js';
import type { Job } from '../../../daemon/jobs/job.entity.js';
import { msg } from '../../../daemon/platform/messages.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import type { Field } from '../../destination-fields.js';
import { restOf, toFieldViews, type FieldView } from '../../destination-forms.js';
import {
  ACCOUNT_FIELDS,
  destinationsField,
  EXCLUDE_FIELDS,
  jobProblems,
  NAME_FIELD,
  RETRIES_FIELD,
  STRUCTURE_FIELD,
  toJobPart,
  typedOf,
} from '../../job-fields.js';
import { urls } from '../../routes.js';
import { displayText } from '../../wording.js';

export interface JobSettingsView {
  name: string;
  url: string;
  listUrl: string;
  action: string;
  what: FieldView[];
  how: FieldView[];
  left: FieldView[];
  problem: string | undefined;
}

const ENABLED_FIELD: Field = {
  name: 'isEnabled',
  label: msg('Switched on'),
  help: msg('Off: nothing starts it, neither a schedule nor somebody who asks.'),
  type: 'checkbox',
};

const WHAT = [NAME_FIELD, ...ACCOUNT_FIELDS, ENABLED_FIELD];

function howFields(destinations: readonly string[]): Field[] {
  return [STRUCTURE_FIELD, destinationsField(destinations), RETRIES_FIELD];
}

export interface JobSettingsInput {
  job: Job;
  /** Names of where it stores to, and of where it might. */
  destinations: { chosen: readonly string[]; offered: readonly string[] };
  /** Undefined: as it is kept. */
  typed: Readonly<Record<string, unknown>> | undefined;
  problems: readonly Problem[];
}

export function toJobSettingsView(input: JobSettingsInput): JobSettingsView {
  const { job, destinations } = input;
  const shown = input.typed ?? typedOf(job, destinations.chosen);
  const how = howFields(destinations.offered);
  const fields = [...WHAT, ...how, ...EXCLUDE_FIELDS];
  const problems = jobProblems(input.problems, fields, shown);
  return {
    name: displayText(job.name),
    url: urls.job(job.name),
    listUrl: urls.jobs(),
    action: urls.jobSettings(job.name),
    what: toFieldViews(WHAT, shown, problems),
    how: toFieldViews(how, shown, problems),
    left: toFieldViews(EXCLUDE_FIELDS, shown, problems),
    problem: restOf(problems, fields),
  };
}

/** What the service takes; a filter that cannot be read is an `input` error. */
export function toJobChanges(typed: Readonly<Record<string, unknown>>): JobChanges {
  const part = toJobPart([...WHAT, ...howFields([]), ...EXCLUDE_FIELDS], typed);
  // Checked by the service, which knows the schema.
  return { ...part, retries: part['retries'] ?? null } as JobChanges;
}
