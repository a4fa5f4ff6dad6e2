/** What rsync is told on both sides, and which of it may be told. */
import { destinationError } from '../destination-error.js';
import type { FarKind } from '../destination.js';

const OLDEST = [3, 1];
/** From there on times are compared to the nanosecond when that is asked for. */
const EXACT = [3, 1, 3];
const TIMEOUT_SECONDS = 600;

export interface Rsync {
  version: string;
  hasAcls: boolean;
  hasXattrs: boolean;
}

/** From what `rsync --version` prints. Throws nothing: undefined when it is no rsync. */
export function parseRsync(text: string): Rsync | undefined {
  const version = /^rsync +version v?(\d+\.\d+(?:\.\d+)?)/m.exec(text)?.[1];
  if (version === undefined) return undefined;
  return {
    version,
    hasAcls: /(?<!no )\bACLs\b/.test(text),
    hasXattrs: /(?<!no )\bxattrs\b/.test(text),
  };
}

/** Versions from 3.1 on: older ones know only whole seconds. */
export function isTooOld(rsync: Rsync): boolean {
  return !isAtLeast(rsync, OLDEST);
}

function isAtLeast({ version }: Rsync, wanted: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [at, part] of wanted.entries()) {
    const difference = (parts[at] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

export interface CopyOptions {
  kind: FarKind;
  near: Rsync;
  far: Rsync;
  /** The account there may give files away and make devices. */
  isFarRoot: boolean;
  bytesPerSecond: number | undefined;
}

/**
 * Options of the sender. Never --link-dest, whose relative form some releases get wrong: what did not
 * change is in place before. Never -r, --delete or --inplace. An account there that is not root
 * could lock itself out of its own files, and would lend its rights by set-id bits.
 */
export function senderOptions({
  kind,
  near,
  far,
  isFarRoot,
  bytesPerSecond,
}: CopyOptions): string[] {
  const letters = ['p', 't', 'g', 'S'];
  if (isFarRoot) letters.push('o');
  if (near.hasAcls && far.hasAcls) letters.push('A');
  if (near.hasXattrs && far.hasXattrs) letters.push('X');
  if (kind === 'others') letters.push('l');
  const options = [`-${letters.join('')}`, '--numeric-ids', `--timeout=${String(TIMEOUT_SECONDS)}`];
  // Else a time within the right second would stay.
  if ([near, far].every((rsync) => isAtLeast(rsync, EXACT))) options.push('--modify-window=-1');
  // The time it got when it was written is none.
  if (kind === 'attributes') options.push('--size-only');
  if (kind === 'others') options.push('--specials');
  if (kind === 'others' && isFarRoot) options.push('--devices');
  if (!isFarRoot) options.push('--chmod=Du+rwx,Fu+r,ug-s');
  if (bytesPerSecond !== undefined) {
    options.push(`--bwlimit=${String(Math.max(1, Math.floor(bytesPerSecond / 1024)))}`);
  }
  return options;
}

const LETTERS = /^-[pogtAXlDRSd]+(e[0-9.]*[A-Za-z]*)?$/;
const OTHERS =
  /^(-@-1|--(numeric-ids|timeout=\d+|bwlimit=\d+|specials|devices|size-only|modify-window=-1))$/;

/** What the sender asks for, checked: only what follows from the options above is run. */
export function serverOptions(asked: readonly string[]): string[] {
  const [program, server, letters = '', ...rest] = asked;
  const long = rest.slice(0, -2);
  const isPlain =
    program === 'rsync' && server === '--server' && rest.at(-2) === '.' && rest.at(-1) === '.';
  const isKnown = LETTERS.test(letters) && long.every((option) => OTHERS.test(option));
  if (isPlain && isKnown) return ['--server', letters, ...long, '.', '.'];
  const shown = asked
    .join(' ')
    .replace(/[^ -~]/g, '?')
    .slice(0, 200);
  throw destinationError(
    'destination.misconfigured',
    `The rsync of this server wants "${shown}" to be run on the other side, which is not what it ` +
      'was told; install another version of it.',
  );
}
