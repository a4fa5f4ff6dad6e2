/** Destinations as more than one page shows them: their state, what fills them, checks. Pure. */
import { t } from '../daemon/platform/messages.js';
import type { CheckResult } from '../destinations/conformance/validate-destination.js';
import { describeDestination } from '../destinations/registry.js';
import type { StoredDestination } from '../daemon/jobs/destination.entity.js';
import type { Holdings } from '../daemon/jobs/destinations.store.js';
import {
  displayText,
  sizeText,
  timeView,
  timeViewOrNone,
  type IconName,
  type StateView,
  type TimeView,
} from './wording.js';
import { share } from './work-view.js';

/** The path, `user@host/path`, `bucket at endpoint`; '' when the settings are not those of the kind. */
export function placeText(destination: Pick<StoredDestination, 'kind' | 'settings'>): string {
  try {
    return displayText(describeDestination(destination));
  } catch {
    return '';
  }
}

const KIND_ICONS: Record<string, IconName> = { local: 'hdd', ssh: 'hdd-network', s3: 'cloud' };

export function kindIcon(kind: string): IconName {
  return KIND_ICONS[kind] ?? 'hdd';
}

export function destinationState(
  { isEnabled, lastProbe }: Pick<StoredDestination, 'isEnabled' | 'lastProbe'>,
  now: Date,
): StateView {
  if (!isEnabled) return { word: t('Switched off'), icon: 'slash-circle', tone: 'quiet' };
  if (lastProbe === null) return { word: t('Not checked yet'), icon: 'info-circle', tone: 'quiet' };
  if (lastProbe.isOk) return { word: t('Ready'), icon: 'check-circle-fill', tone: 'good' };
  const since = timeView(lastProbe.failingSince ?? lastProbe.at, now);
  return {
    word: t('Not ready since {since}', { since: since.moment }),
    icon: 'x-octagon',
    tone: 'bad',
  };
}

/** What is set apart from the usual. */
export function destinationMarks({
  isReadOnly,
  isVisible,
}: Pick<StoredDestination, 'isReadOnly' | 'isVisible'>): StateView[] {
  return [
    ...(isReadOnly ? [{ word: t('Read-only'), icon: 'lock', tone: 'quiet' } as const] : []),
    ...(isVisible ? [] : [{ word: t('Hidden'), icon: 'eye-slash', tone: 'quiet' } as const]),
  ];
}

/** What fills the disk, in thousandths of it. */
export interface UseView {
  label: string;
  /** Snapshots that Holdfast knows. */
  own: number;
  other: number;
  /** Where new backups are refused; undefined: nowhere. */
  limit: number | undefined;
  ownText: string;
  otherText: string;
  freeText: string;
  room: string;
  limitText: string | undefined;
}

/** Undefined where the store cannot say, or nobody asked yet. */
export function toUse(
  { lastProbe, diskLimitPercent }: Pick<StoredDestination, 'lastProbe' | 'diskLimitPercent'>,
  holdings: Holdings | undefined,
): UseView | undefined {
  const { freeBytes, totalBytes } = lastProbe ?? {};
  if (freeBytes === undefined || totalBytes === undefined || totalBytes === 0) return undefined;
  const used = Math.max(0, totalBytes - freeBytes);
  const own = Math.min(used, holdings?.storedBytes ?? 0);
  const room = t('{freeBytes} free of {totalBytes}', {
    freeBytes: sizeText(freeBytes),
    totalBytes: sizeText(totalBytes),
  });
  return {
    label: t('{room}; snapshots here take {own}', { room, own: sizeText(own) }),
    own: share(own, totalBytes),
    other: share(used - own, totalBytes),
    limit: diskLimitPercent === null ? undefined : diskLimitPercent * 10,
    ownText: sizeText(own),
    otherText: sizeText(used - own),
    freeText: sizeText(freeBytes),
    room,
    limitText:
      diskLimitPercent === null ? undefined : t('limit {diskLimitPercent} %', { diskLimitPercent }),
  };
}

export interface CheckView {
  name: string;
  state: StateView;
  message: string;
  mend: string | undefined;
}

export interface ChecksView {
  /** Failed ones first, then warnings. */
  problems: CheckView[];
  passed: CheckView[];
}

export function toChecks(checks: readonly CheckResult[]): ChecksView {
  const failed = checks.filter((check) => !check.isOk);
  const warnings = checks.filter((check) => check.isOk && check.isWarning === true);
  const passed = checks.filter((check) => check.isOk && check.isWarning !== true);
  return { problems: [...failed, ...warnings].map(toCheck), passed: passed.map(toCheck) };
}

export function toCheck({ name, isOk, isWarning, message, mend }: CheckResult): CheckView {
  return {
    name: checkName(name),
    state: checkState(isOk, isWarning === true),
    message: displayText(message),
    mend: mend === undefined ? undefined : displayText(mend),
  };
}

/** `same-disk` as people read it: `Same disk`. */
function checkName(name: string): string {
  const words = displayText(name).replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function checkState(isOk: boolean, isWarning: boolean): StateView {
  if (!isOk) return { word: t('Failed'), icon: 'x-octagon', tone: 'bad' };
  if (isWarning) return { word: t('Warning'), icon: 'exclamation-triangle-fill', tone: 'warn' };
  return { word: t('OK'), icon: 'check-circle-fill', tone: 'good' };
}

/** How the last validation ended, in a word, and when. */
export function lastValidationView(
  { lastValidation }: Pick<StoredDestination, 'lastValidation'>,
  now: Date,
): { at: TimeView | undefined; state: StateView | undefined } {
  if (lastValidation === null) return { at: undefined, state: undefined };
  const { problems } = toChecks(lastValidation.checks);
  const failed = lastValidation.checks.filter((check) => !check.isOk).length;
  const warnings = problems.length - failed;
  const at = timeViewOrNone(lastValidation.at, now);
  if (failed > 0) {
    return { at, state: { ...checkState(false, false), word: t('{failed} failed', { failed }) } };
  }
  if (warnings > 0) {
    const word = warnings === 1 ? '1 warning' : t('{warnings} warnings', { warnings });
    return { at, state: { ...checkState(true, true), word } };
  }
  return { at, state: { ...checkState(true, false), word: t('Passed') } };
}
