/** One destination: how it is, what fills it, who uses it, what happened to it. Pure. */
import { msg, t } from '../../../daemon/platform/messages.js';
import type { RecordedEvent } from '../../../daemon/auth/event.entity.js';
import type { JobAccounts } from '../../../daemon/jobs/account-filter.js';
import { accountsInWords } from '../../../daemon/jobs/account-filter-words.js';
import { pruneObstacle } from '../../../daemon/jobs/destination-prunes.service.js';
import type { StoredDestination } from '../../../daemon/jobs/destination.entity.js';
import type { Holdings } from '../../../daemon/jobs/destinations.store.js';
import { formOfKind } from '../../destination-fields.js';
import {
  destinationMarks,
  destinationState,
  kindIcon,
  lastValidationView,
  placeText,
  toUse,
  type UseView,
} from '../../destination-view.js';
import { urls } from '../../routes.js';
import {
  countText,
  displayLines,
  displayText,
  sizeText,
  timeView,
  timeViewOrNone,
  type IconName,
  type StateView,
  type TimeView,
} from '../../wording.js';
import {
  toValidationLive,
  type ValidationLiveView,
} from '../destination-validation/destination-validation.view.js';

export interface DestinationView {
  name: string;
  icon: IconName;
  place: string;
  state: StateView;
  marks: StateView[];
  message: string | undefined;
  use: UseView | undefined;
  figures: { label: string; value: string; url: string | undefined }[];
  facts: { label: string; text: string; at?: TimeView }[];
  notes: string;
  validation: ValidationLiveView;
  validatedAt: TimeView | undefined;
  isEnabled: boolean;
  jobs: { name: string; accounts: string; isEnabled: boolean }[];
  jobsUrl: string;
  events: { at: TimeView; text: string; actor: string }[];
  switches: { name: string; value: string; label: string }[];
  urls: {
    list: string;
    validate: string;
    reindex: string;
    prune: string | undefined;
    validation: string;
    settings: string;
    files: string;
    snapshots: string;
    switch: string;
    remove: string;
  };
}

export interface DestinationPageInput {
  row: StoredDestination;
  holdings: Holdings | undefined;
  jobs: readonly { name: string; accounts: JobAccounts; isEnabled: boolean }[];
  events: readonly RecordedEvent[];
  now: Date;
}

export function toDestinationView(input: DestinationPageInput): DestinationView {
  const { row, holdings, now } = input;
  return {
    name: displayText(row.name),
    icon: kindIcon(row.kind),
    place: placeText(row),
    state: destinationState(row, now),
    marks: destinationMarks(row),
    message: row.lastProbe?.message === undefined ? undefined : displayText(row.lastProbe.message),
    use: toUse(row, holdings),
    figures: figuresOf(input),
    facts: factsOf(row, now),
    notes: displayLines(row.notes),
    validation: toValidationLive({ row, running: undefined, isOpen: false, now }),
    validatedAt: lastValidationView(row, now).at,
    isEnabled: row.isEnabled,
    jobs: input.jobs.map(({ name, accounts, isEnabled }) => ({
      ...{ name: displayText(name), isEnabled },
      accounts: accounts === 'all' ? t('all accounts') : accountsInWords(accounts, displayText),
    })),
    jobsUrl: urls.jobs(),
    events: input.events.map((event) => ({
      at: timeView(event.at, now),
      text: eventText(event),
      actor: displayText(event.actor),
    })),
    switches: switchesOf(row),
    urls: {
      list: urls.destinations(),
      validate: urls.destinationValidate(row.name),
      reindex: urls.destinationReindex(row.name),
      prune: pruneObstacle(row) === undefined ? urls.destinationPrune(row.name) : undefined,
      validation: urls.destinationValidation(row.name),
      settings: urls.destinationSettings(row.name),
      files: urls.destinationFiles(row.name),
      snapshots: urls.snapshots({ destination: row.name }),
      switch: urls.destinationSwitch(row.name),
      remove: urls.destinationRemove(row.name),
    },
  };
}

function figuresOf({ row, holdings, jobs }: DestinationPageInput): DestinationView['figures'] {
  const { snapshots = 0, storedBytes = 0 } = holdings ?? {};
  const free = row.lastProbe?.freeBytes;
  const snapshotsUrl = snapshots === 0 ? undefined : urls.snapshots({ destination: row.name });
  return [
    {
      label: snapshots === 1 ? t('snapshot') : t('snapshots'),
      value: countText(snapshots),
      url: snapshotsUrl,
    },
    { label: t('stored'), value: sizeText(storedBytes), url: undefined },
    { label: t('free'), value: free === undefined ? t('unknown') : sizeText(free), url: undefined },
    {
      label: jobs.length === 1 ? t('job') : t('jobs'),
      value: countText(jobs.length),
      url: undefined,
    },
  ];
}

function factsOf(row: StoredDestination, now: Date): DestinationView['facts'] {
  const { settings, diskLimitPercent } = row;
  const limit = row.bandwidthKib;
  return [
    { label: t('Kind'), text: kindText(row.kind) },
    { label: t('Owner'), text: row.owner === null ? t('the server') : displayText(row.owner) },
    {
      label: t('Calls at once'),
      text: row.threads === null ? t('as suits') : countText(row.threads),
    },
    {
      label: t('Bandwidth'),
      text: limit === null ? t('no limit') : t('{limit} KiB/s', { limit: countText(limit) }),
    },
    ...(diskLimitPercent === null
      ? []
      : [{ label: t('Disk limit'), text: `${diskLimitPercent} %` }]),
    ...(settings['isMountRequired'] === true ? [{ label: t('Mount'), text: t('required') }] : []),
    { label: t('End users'), text: row.isVisible ? t('see its snapshots') : t('do not see it') },
    pruneFact(row, now),
    { label: t('Added'), text: '', at: timeView(row.createdAt, now) },
  ];
}

function pruneFact(row: StoredDestination, now: Date): DestinationView['facts'][number] {
  const at = timeViewOrNone(row.lastPrunedAt, now);
  return { label: t('Last pruned'), text: t('not yet'), ...(at === undefined ? {} : { at }) };
}

const ACTIONS: Record<string, string> = {
  'destination.added': msg('Added'),
  'destination.changed': msg('Changed'),
  'destination.removed': msg('Removed'),
  'destination.prune-overdue': msg('Not pruned for too long'),
};

function eventText({ action, details }: RecordedEvent): string {
  if (action === 'destination.validated') {
    return details['isOk'] === true ? t('Validated: ready') : t('Validated: not ready');
  }
  return t(ACTIONS[action] ?? displayText(action));
}

function switchesOf({ isEnabled, isVisible }: StoredDestination): DestinationView['switches'] {
  return [
    {
      name: 'isEnabled',
      value: isEnabled ? 'no' : 'yes',
      label: isEnabled ? t('Switch off') : t('Switch on'),
    },
    {
      name: 'isVisible',
      value: isVisible ? 'no' : 'yes',
      label: isVisible ? t('Hide from end users') : t('Show to end users'),
    },
  ];
}

function kindText(kind: string): string {
  const form = formOfKind(kind);
  return form === undefined ? displayText(kind) : t(form.label);
}
