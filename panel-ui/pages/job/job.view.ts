/** One job: what it backs up, when, and how that went. Pure. */
import type { Job } from '../../../daemon/jobs/job.entity.js';
import type { ComingStart, NamedSchedule } from '../../../daemon/jobs/schedules.service.js';
import type { Run } from '../../../daemon/runs/run.entity.js';
import { howFacts, whatFacts, type Fact } from '../../job-facts.js';
import { urls } from '../../routes.js';
import { toMatchesView, type MatchesView } from '../../matches-view.js';
import {
  toScheduleRow,
  toStartView,
  type ScheduleRow,
  type StartView,
} from '../../schedule-view.js';
import { displayText, timeView, type TimeView } from '../../wording.js';
import { toRunRow, type Names, type RunRow } from '../../work-view.js';

export interface JobView {
  name: string;
  isEnabled: boolean;
  facts: Fact[];
  addedAt: TimeView;
  excludes: string[];
  schedules: ScheduleRow[];
  starts: StartView[];
  timeZone: string;
  /** Of a job with a filter. */
  matches: MatchesView | undefined;
  runs: RunRow[];
  urls: { list: string; run: string; settings: string; newSchedule: string; remove: string };
}

export interface JobPageInput {
  job: Job;
  /** Names of where it stores to. */
  destinations: readonly string[];
  schedules: readonly { named: NamedSchedule; next: ComingStart | undefined }[];
  /** The next of all its schedules, soonest first. */
  starts: readonly ComingStart[];
  timeZone: string;
  /** The accounts that its filter takes now; undefined: it has none. */
  matching: readonly { name: string }[] | undefined;
  runs: readonly Run[];
  names: Names;
  now: Date;
}

export function toJobView(input: JobPageInput): JobView {
  const { job, timeZone, names, now } = input;
  return {
    name: displayText(job.name),
    isEnabled: job.isEnabled,
    facts: [...whatFacts(job), ...howFacts(job, input.destinations)],
    addedAt: timeView(job.createdAt, now),
    excludes: job.excludes.map(displayText),
    schedules: input.schedules.map(({ named, next }) => toScheduleRow(named, next, timeZone)),
    starts: input.starts.map((start) => toStartView(start, timeZone)),
    timeZone: displayText(timeZone),
    matches: input.matching && toMatchesView(input.matching),
    runs: input.runs.map((run) => toRunRow(run, names, now)),
    urls: {
      list: urls.jobs(),
      run: urls.jobRun(job.name),
      settings: urls.jobSettings(job.name),
      newSchedule: urls.newSchedule(job.name),
      remove: urls.jobRemove(job.name),
    },
  };
}
