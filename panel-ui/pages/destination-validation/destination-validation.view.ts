/** A validation, under way or the last: each check, what it means, how to mend it. Pure. */
import { t } from '../../../daemon/platform/messages.js';
import type { RunningValidation } from '../../../daemon/jobs/destination-validations.service.js';
import type { StoredDestination } from '../../../daemon/jobs/destination.entity.js';
import { lastValidationView, toCheck, toChecks, type CheckView } from '../../destination-view.js';
import { urls } from '../../routes.js';
import {
  displayText,
  durationText,
  sizeText,
  timeView,
  type StateView,
  type TimeView,
} from '../../wording.js';

export interface ValidationLiveView {
  isRunning: boolean;
  /** Nothing was ever tried, and nothing is. */
  isEmpty: boolean;
  state: StateView;
  at: TimeView | undefined;
  problems: CheckView[];
  passed: CheckView[];
  passedText: string;
  /** Shows what passed, too. */
  isOpen: boolean;
  figures: { label: string; value: string }[];
  /** What the store can and cannot do. */
  abilities: { label: string; isThere: boolean }[];
  pollUrl: string;
}

export interface DestinationValidationView {
  name: string;
  url: string;
  listUrl: string;
  validateUrl: string;
  live: ValidationLiveView;
}

export interface ValidationInput {
  row: StoredDestination;
  running: RunningValidation | undefined;
  isOpen: boolean;
  now: Date;
}

export function toDestinationValidationView(input: ValidationInput): DestinationValidationView {
  const { name } = input.row;
  return {
    name: displayText(name),
    url: urls.destination(name),
    listUrl: urls.destinations(),
    validateUrl: urls.destinationValidate(name),
    live: toValidationLive(input),
  };
}

export function toValidationLive({
  row,
  running,
  isOpen,
  now,
}: ValidationInput): ValidationLiveView {
  const pollUrl = urls.destinationValidationLive(row.name);
  if (running !== undefined) {
    const passed = running.checks.filter(({ isOk, isWarning }) => isOk && isWarning !== true);
    const others = running.checks.filter((check) => !passed.includes(check));
    return {
      ...{ isOpen, isRunning: true, isEmpty: false, figures: [], abilities: [], pollUrl },
      state: { word: t('Running'), icon: 'arrow-repeat', tone: 'accent' },
      at: timeView(running.startedAt, now),
      problems: others.map(toCheck),
      passed: passed.map(toCheck).reverse(),
      passedText: t('{passed} passed so far', {
        passed: t('{count, plural, one {# check} other {# checks}}', { count: passed.length }),
      }),
    };
  }
  const { at, state } = lastValidationView(row, now);
  const checks = toChecks(row.lastValidation?.checks ?? []);
  return {
    ...checks,
    ...{ isOpen, isRunning: false, isEmpty: row.lastValidation === null, at, pollUrl },
    state: state ?? { word: t('Not validated yet'), icon: 'info-circle', tone: 'quiet' },
    passedText: t('{passed} passed', {
      passed: t('{count, plural, one {# check} other {# checks}}', { count: checks.passed.length }),
    }),
    figures: figuresOf(row),
    abilities: abilitiesOf(row),
  };
}

function figuresOf({ lastValidation }: StoredDestination): ValidationLiveView['figures'] {
  if (lastValidation === null) return [];
  const { latencyMs, throughputMiBs, clockSkewMs, usage } = lastValidation;
  const known = (value: number | undefined, text: (value: number) => string): string =>
    value === undefined ? 'unknown' : text(value);
  return [
    {
      label: t('to store a small object'),
      value: known(latencyMs, (ms) => t('{ms} ms', { ms: ms < 10 ? ms : Math.round(ms) })),
    },
    {
      label: t('writing'),
      value: known(throughputMiBs, (speed) => t('{speed} MiB/s', { speed: Math.round(speed) })),
    },
    { label: t('clock'), value: known(clockSkewMs, skewText) },
    { label: t('free'), value: known(usage?.freeBytes, sizeText) },
  ];
}

/** Stores tell times to the second. */
function skewText(skewMs: number): string {
  const seconds = Math.round(skewMs / 1000);
  if (Math.abs(seconds) < 2) return 'agrees';
  return `${durationText(Math.abs(seconds))} ${seconds > 0 ? 'ahead' : 'behind'}`;
}

function abilitiesOf({ lastValidation }: StoredDestination): ValidationLiveView['abilities'] {
  if (lastValidation === null) return [];
  const { hardLinkTrees, rangeRead, conditionalPut, freeSpace } = lastValidation.capabilities;
  return [
    { label: t('Reads a part alone'), isThere: rangeRead },
    { label: t('Never overwrites unasked'), isThere: conditionalPut },
    { label: t('Knows its free space'), isThere: freeSpace },
    { label: t('Hard links'), isThere: hardLinkTrees },
  ];
}
