/**
 * How facts are said to people: sizes, times, durations, states. Pure; the one place where a
 * state gets its word, its icon and its colour, so that no colour ever stands alone.
 */
import { currentLanguage, msg, t } from '../daemon/platform/messages.js';
import { displayPath, fromText } from '../daemon/engine/manifest/byte-path.js';
import { wallTimeOf } from '../daemon/jobs/wall-clock.js';
import { currentZone } from '../daemon/platform/zones.js';

/** Classes of the stylesheet; `accent` is for what is under way. */
export type Tone = 'good' | 'warn' | 'bad' | 'accent' | 'quiet';

export interface StateView {
  word: string;
  icon: IconName;
  tone: Tone;
}

export interface TimeView {
  /** Machine-readable, for `datetime`. */
  iso: string;
  /** Short, for reading: `3 h ago`. */
  text: string;
  /** To the minute, for telling one snapshot from another: `2026-11-21 21:45`. */
  moment: string;
  /** Exact, for the title, with the zone: `2026-11-21 21:45:12 UTC`. */
  exact: string;
}

/** The symbols that the icon sprite is made of; every icon of the panel is one of these. */
export const ICON_NAMES = [
  'archive',
  'arrow-left-right',
  'arrow-counterclockwise',
  'arrow-repeat',
  'bell',
  'box-arrow-right',
  'calendar3',
  'camera',
  'check-circle-fill',
  'chevron-left',
  'chevron-right',
  'circle-half',
  'clock',
  'cloud',
  'dash-circle',
  'download',
  'envelope',
  'exclamation-triangle-fill',
  'eye-slash',
  'file-earmark',
  'folder-fill',
  'gear',
  'hdd',
  'hdd-network',
  'hourglass-split',
  'info-circle',
  'key',
  'layout-sidebar',
  'lightning',
  'link-45deg',
  'list',
  'list-task',
  'lock',
  'moon',
  'people',
  'person',
  'person-lines-fill',
  'play-fill',
  'plug',
  'plus-lg',
  'search',
  'send',
  'shield-check',
  'slash-circle',
  'speedometer',
  'stack',
  'stop-circle',
  'sun',
  'translate',
  'trash',
  'x-octagon',
] as const;

export type IconName = (typeof ICON_NAMES)[number];

const STATES: Record<string, StateView> = {
  complete: { word: msg('Complete'), icon: 'check-circle-fill', tone: 'good' },
  incomplete: { word: msg('Incomplete'), icon: 'exclamation-triangle-fill', tone: 'warn' },
  failed: { word: msg('Failed'), icon: 'x-octagon', tone: 'bad' },
  interrupted: { word: msg('Interrupted'), icon: 'lightning', tone: 'bad' },
  cancelled: { word: msg('Cancelled'), icon: 'slash-circle', tone: 'quiet' },
  expired: { word: msg('Expired'), icon: 'dash-circle', tone: 'quiet' },
  queued: { word: msg('Queued'), icon: 'hourglass-split', tone: 'quiet' },
  running: { word: msg('Running'), icon: 'arrow-repeat', tone: 'accent' },
  'in-progress': { word: msg('In progress'), icon: 'arrow-repeat', tone: 'accent' },
  damaged: { word: msg('Damaged'), icon: 'x-octagon', tone: 'bad' },
  missing: { word: msg('Missing'), icon: 'slash-circle', tone: 'bad' },
  never: { word: msg('Never backed up'), icon: 'dash-circle', tone: 'quiet' },
  gone: { word: msg('Gone'), icon: 'dash-circle', tone: 'quiet' },
};

/** The state of a run, task, snapshot or account, ready to show. */
export function stateView(state: string): StateView {
  const known = Object.hasOwn(STATES, state) ? STATES[state] : undefined;
  if (known === undefined) return { word: displayText(state), icon: 'info-circle', tone: 'quiet' };
  return { ...known, word: t(known.word) };
}

const SIZE_UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'];

/** Decimal, three significant digits: `0 B`, `999 B`, `1.5 GB`, `152 MB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes;
  let unit = -1;
  do {
    value /= 1000;
    unit += 1;
  } while (value >= 999.5 && unit < SIZE_UNITS.length - 1);
  return `${numberText(value, value < 9.995 ? 1 : 0)} ${SIZE_UNITS[unit]}`;
}

const numbers = new Map<string, Intl.NumberFormat>();

/** As the language of the page writes it, with so many digits behind the point. */
function numberText(value: number, digits: number): string {
  const language = currentLanguage();
  const key = `${language} ${digits}`;
  const known = numbers.get(key);
  const format = known ?? new Intl.NumberFormat(language, { maximumFractionDigits: digits });
  if (known === undefined) numbers.set(key, format);
  return format.format(value);
}

/** `1,234,567`. */
export function countText(count: number): string {
  return numberText(count, 0);
}

/** `1 account`, `2,000 accounts`. */
export function accountCount(count: number): string {
  return t('{count, plural, one {# account} other {# accounts}}', { count });
}

/** Two units at most: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return joinUnits(Math.floor(whole / 60), 'min', whole % 60, 's');
  if (whole < 86_400) {
    return joinUnits(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
  }
  return joinUnits(Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3600), 'h');
}

function joinUnits(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minor} ${minorUnit}`;
}

/** How long a thing took, or has taken so far; undefined before it began. */
export function elapsedText(
  startedAt: string | null | undefined,
  finishedAt: string | null | undefined,
  now: Date,
): string | undefined {
  if (!startedAt) return undefined;
  const end = finishedAt ? Date.parse(finishedAt) : now.getTime();
  return durationText((end - Date.parse(startedAt)) / 1000);
}

/** Relative within a month, the day before that; always exact in the title. */
export function timeView(iso: string, now: Date): TimeView {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return unknownTime(displayText(iso));
  const clock = clockTexts(at);
  const text = agoText((now.getTime() - at.getTime()) / 1000, clock.moment);
  return { iso: at.toISOString(), text, ...clock };
}

/** In the viewer's zone; years may have a sign and six digits. */
function clockTexts(at: Date): Pick<TimeView, 'moment' | 'exact'> {
  const zone = currentZone();
  const wall = new Date(wallTimeIn(at, zone));
  const [day = '', clock = ''] = wall.toISOString().split('T');
  return { moment: `${day} ${clock.slice(0, 5)}`, exact: `${day} ${clock.slice(0, 8)} ${zone}` };
}

/** Zones say nothing of years without four digits. */
function wallTimeIn(at: Date, zone: string): number {
  const year = at.getUTCFullYear();
  const isPlain = zone === 'UTC' || year < 100 || year > 9_998;
  return isPlain ? at.getTime() : wallTimeOf(at.getTime(), zone);
}

/** `2026-11-21`, in the viewer's zone. */
export function dayOf(at: Date): string {
  return new Date(wallTimeIn(at, currentZone())).toISOString().slice(0, 10);
}

function unknownTime(text: string): TimeView {
  return { iso: '', text, moment: text, exact: '' };
}

export function timeViewOrNone(iso: string | null | undefined, now: Date): TimeView | undefined {
  return iso ? timeView(iso, now) : undefined;
}

/** A file's time: the day and minute, since age says little about a file. */
export function fileTimeView(iso: string): TimeView {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return unknownTime(t('out of range'));
  const texts = clockTexts(at);
  return { iso: at.toISOString(), text: texts.moment, ...texts };
}

function agoText(seconds: number, moment: string): string {
  if (seconds < -60) return moment;
  if (seconds < 45) return t('just now');
  if (seconds < 3600) return t('{count} min ago', { count: Math.max(1, Math.round(seconds / 60)) });
  if (seconds < 86_400) return t('{count} h ago', { count: Math.round(seconds / 3600) });
  if (seconds < 30 * 86_400) {
    const count = Math.round(seconds / 86_400);
    return t('{count, plural, one {# day ago} other {# days ago}}', { count });
  }
  return moment.split(' ')[0] ?? moment;
}

/** Text from outside with control characters and direction overrides made visible. */
export function displayText(text: string): string {
  return displayPath(fromText(text));
}

/** The same of several lines, whose breaks are meant. */
export function displayLines(text: string): string {
  return text.split(/\r?\n/).map(displayText).join('\n').trim();
}

const TYPE_LETTERS: Record<string, string> = {
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  socket: 's',
  'character-device': 'c',
  'block-device': 'b',
};

/** As `ls -l` writes it: `drwxr-xr-x`, with setuid, setgid and sticky. */
export function modeText(type: string, mode: number): string {
  const bits = Array.from('rwxrwxrwx', (letter, index) => (mode & (0o400 >> index) ? letter : '-'));
  const special = (index: number, bit: number, letter: string): void => {
    if ((mode & bit) === 0) return;
    bits[index] = bits[index] === 'x' ? letter : letter.toUpperCase();
  };
  special(2, 0o4000, 's');
  special(5, 0o2000, 's');
  special(8, 0o1000, 't');
  return (TYPE_LETTERS[type] ?? '-') + bits.join('');
}
