import type { StoredDestination } from '../../../daemon/jobs/destination.entity.js';
import type { Structure } from '../../../daemon/engine/types.js';
import { urls } from '../../routes.js';
import { countOf, displayText, sizeText, timeView, type StateView } from '../../wording.js';
import { share } from '../../work-view.js';

/** A job with the names of its destinations. */
export interface ListedJob {
  name: string;
  accounts: 'all' | string[];
  destinations: string[];
  structure: Structure;
  isEnabled: boolean;
}

interface DestinationRow {
  name: string;
  kind: string;
  place: string;
  state: StateView;
  message: string | undefined;
  room: string | undefined;
  /** In thousandths of the disk; undefined when nobody asked yet. */
  fill: number | undefined;
  limit: string | undefined;
}

export interface JobsView {
  jobs: {
    name: string;
    accounts: string;
    destinations: string;
    structure: string;
    runUrl: string | undefined;
  }[];
  destinations: DestinationRow[];
}

export function toJobsView(input: {
  jobs: readonly ListedJob[];
  destinations: readonly StoredDestination[];
  now: Date;
}): JobsView {
  return {
    jobs: input.jobs.map((job) => ({
      name: displayText(job.name),
      accounts: accountsText(job.accounts),
      destinations: job.destinations.map(displayText).join(', '),
      structure: job.structure,
      runUrl: job.isEnabled ? urls.jobRun(job.name) : undefined,
    })),
    destinations: input.destinations.map((destination) => toRow(destination, input.now)),
  };
}

function accountsText(accounts: ListedJob['accounts']): string {
  if (accounts === 'all') return 'All accounts';
  return accounts.length <= 3
    ? accounts.map(displayText).join(', ')
    : countOf(accounts.length, 'account');
}

function toRow(destination: StoredDestination, now: Date): DestinationRow {
  const { settings, lastProbe, diskLimitPercent } = destination;
  const path = settings['path'];
  const total = lastProbe?.totalBytes;
  const free = lastProbe?.freeBytes;
  return {
    name: displayText(destination.name),
    kind: destination.kind,
    place: typeof path === 'string' ? displayText(path) : '',
    state: probeState(destination, now),
    message: lastProbe?.message === undefined ? undefined : displayText(lastProbe.message),
    room:
      free === undefined || total === undefined
        ? undefined
        : `${sizeText(free)} free of ${sizeText(total)}`,
    fill: free === undefined || total === undefined ? undefined : share(total - free, total),
    limit: diskLimitPercent === null ? undefined : `not above ${diskLimitPercent} %`,
  };
}

function probeState({ isEnabled, lastProbe }: StoredDestination, now: Date): StateView {
  if (!isEnabled) return { word: 'Disabled', icon: 'slash-circle', tone: 'quiet' };
  if (lastProbe === null) return { word: 'Not checked yet', icon: 'info-circle', tone: 'quiet' };
  const when = timeView(lastProbe.at, now).text;
  if (!lastProbe.isOk) return { word: `Not ready, ${when}`, icon: 'x-octagon', tone: 'bad' };
  return { word: `Ready, ${when}`, icon: 'check-circle-fill', tone: 'good' };
}
