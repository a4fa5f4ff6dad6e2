/**
 * When, what and how to kill: every choice comes from one number, so that a moment that failed can
 * be met again. Pure.
 */

export type KilledWork = 'backup' | 'restore';

/** What gets which signal. `all`: the daemon and its workers in the same instant. */
export type Blow =
  | 'kill daemon'
  | 'kill worker'
  | 'kill all'
  | 'stop worker, kill daemon'
  | 'terminate daemon'
  | 'terminate worker'
  | 'pause daemon'
  | 'pause worker';

/** The moment: a share of the work's usual time, or so long after something was seen on disk. */
export type Trigger =
  | { kind: 'time'; share: number }
  | { kind: 'seen'; folder: 'archives' | 'pages' | 'snapshots' | 'target'; delayMs: number };

export type RestorePlace = 'overlay' | 'mirror' | 'directory' | 'beside';

export interface Moment {
  index: number;
  work: KilledWork;
  blow: Blow;
  trigger: Trigger;
  /** Only of restores. */
  place: RestorePlace;
  /** For whatever else of this moment is left to chance. */
  seed: number;
}

type Kind = readonly [work: KilledWork, blow: Blow, times: number];

/** One round: everything is met in it, the likelier and the worse more often. */
const ROUND: readonly Kind[] = [
  ['backup', 'kill daemon', 4],
  ['backup', 'kill worker', 3],
  ['backup', 'kill all', 2],
  ['backup', 'stop worker, kill daemon', 1],
  ['backup', 'terminate daemon', 1],
  ['backup', 'terminate worker', 1],
  ['backup', 'pause daemon', 1],
  ['backup', 'pause worker', 1],
  ['restore', 'kill daemon', 3],
  ['restore', 'kill worker', 3],
  ['restore', 'kill all', 1],
  ['restore', 'stop worker, kill daemon', 1],
  ['restore', 'terminate daemon', 1],
  ['restore', 'pause worker', 1],
];
const PLACES: readonly RestorePlace[] = ['overlay', 'mirror', 'directory', 'beside'];

/** Moments `first` to `first + count - 1` of this seed; each is the same whatever the others are. */
export function planMoments(seed: number, first: number, count: number): Moment[] {
  const kinds = ROUND.flatMap(([work, blow, times]) =>
    Array.from({ length: times }, () => ({ work, blow })),
  );
  return Array.from({ length: count }, (_, position) => {
    const index = first + position;
    const order = shuffled(kinds, randomOf(seed, -1 - Math.floor(index / kinds.length)));
    const kind = order[index % kinds.length] ?? { work: 'backup', blow: 'kill daemon' };
    const random = randomOf(seed, index);
    return {
      ...kind,
      index,
      trigger: triggerOf(kind.work, random),
      place: pick(PLACES, random),
      seed: Math.floor(random() * 2 ** 32),
    };
  });
}

export function nameOf({ index, work, blow, trigger, place }: Moment): string {
  const when =
    trigger.kind === 'time'
      ? `at ${(trigger.share * 100).toFixed(1)} %`
      : `${trigger.delayMs.toFixed(1)} ms after something happened in ${trigger.folder}`;
  return `${index}: ${blow} ${when} of a ${work}${work === 'restore' ? ` (${place})` : ''}`;
}

/** Even chances in [0, 1), the same for the same numbers (mulberry32). */
export function randomOf(seed: number, stream: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(choices: readonly T[], random: () => number): T {
  return choices[Math.floor(random() * choices.length)] as T;
}

/** Half of them spread over the whole time, half of them where files get their names. */
function triggerOf(work: KilledWork, random: () => number): Trigger {
  if (random() < 0.5) return { kind: 'time', share: random() * 1.05 };
  if (work === 'restore') return { kind: 'seen', folder: 'target', delayMs: random() * 150 };
  const folder = pick(['archives', 'pages', 'snapshots'] as const, random);
  // An archive is being written long before it has its name; the rest is a matter of moments.
  return { kind: 'seen', folder, delayMs: random() * (folder === 'archives' ? 400 : 12) };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
