/**
 * Values as a person reads them on a terminal. Everything that may come out of a snapshot, a log or
 * a name goes through `plain`: a file name must not move the cursor or rename the window.
 */
import { displayPath, fromText } from '../engine/manifest/byte-path.js';

export { humanSize } from '../platform/human-size.js';

export function humanCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `2026-11-21 22:45:12`, in the terminal's time zone; `-` when there is none. */
export function localTime(instant: string | null): string {
  if (instant === null) return '-';
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return plain(instant);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [String(date.getFullYear()).padStart(4, '0'), date.getMonth() + 1, date.getDate()];
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return `${day.map((part) => two(Number(part))).join('-')} ${time.map(two).join(':')}`;
}

/** `4 s`, `3 min 20 s`, `2 h 5 min`. */
export function humanDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** How long something took, or has taken until `now`; `-` when it never began. */
export function elapsed(startedAt: string | null, finishedAt: string | null, now: Date): string {
  if (startedAt === null) return '-';
  const end = finishedAt === null ? now.getTime() : Date.parse(finishedAt);
  return humanDuration((end - Date.parse(startedAt)) / 1000);
}

/** Text from outside with control characters made visible; one line, lone surrogates replaced. */
export function plain(text: string): string {
  return displayPath(fromText(text));
}

/** The same for text of several lines, whose line breaks stay. */
export function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}

/** A path reference as a person reads it: `base64:…` as escaped bytes. */
export function plainReference(reference: string): string {
  if (!reference.startsWith('base64:')) return plain(reference);
  return displayPath(Buffer.from(reference.slice('base64:'.length), 'base64').toString('latin1'));
}

/** `drwxr-sr-x`, as ls shows it. */
export function modeText(type: string, mode: number): string {
  const kinds: Record<string, string> = {
    directory: 'd',
    symlink: 'l',
    fifo: 'p',
    socket: 's',
    'character-device': 'c',
    'block-device': 'b',
  };
  const triplet = (shift: number, special: number, letter: string): string => {
    const bits = (mode >> shift) & 7;
    const isExecutable = (bits & 1) !== 0;
    const isSpecial = (mode & special) !== 0;
    const last = isSpecial
      ? isExecutable
        ? letter
        : letter.toUpperCase()
      : isExecutable
        ? 'x'
        : '-';
    return `${(bits & 4) !== 0 ? 'r' : '-'}${(bits & 2) !== 0 ? 'w' : '-'}${last}`;
  };
  const permissions = triplet(6, 0o4000, 's') + triplet(3, 0o2000, 's') + triplet(0, 0o1000, 't');
  return (kinds[type] ?? '-') + permissions;
}
