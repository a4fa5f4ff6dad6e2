/** Random numbers, words, lines and noise that are the same for the same seed on every machine. */
import { createCipheriv, createHash } from 'node:crypto';

/** mulberry32: good enough to make files with, and fast. */
export class SeededRandom {
  #state: number;

  constructor(seed: string) {
    this.#state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** Small values far more often than large ones, as file sizes are. */
  logUniform(from: number, to: number): number {
    return Math.round(from * Math.pow(to / from, this.next()));
  }

  pick<T>(list: readonly T[]): T {
    const found = list[Math.floor(this.next() * list.length)];
    if (found === undefined) throw new Error('Nothing to pick from.');
    return found;
  }
}

/** Bytes that no compressor makes smaller. */
export function noise(seed: string, lengthBytes: number): Buffer {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return cipher.update(Buffer.alloc(lengthBytes));
}

const SYLLABLES =
  'ba ce di fo gu la me ni po ru sa te vi wo zu ash ent ion ter con pre ing al or'.split(' ');

/** Words of a made-up language; the first are meant to be used most. */
export function makeWords(random: SeededRandom, count: number): string[] {
  const words = new Set<string>();
  while (words.size < count) {
    let word = '';
    for (let n = random.integer(1, 4); n > 0; n--) word += random.pick(SYLLABLES);
    words.add(word);
  }
  return [...words];
}

export function frequentWord(random: SeededRandom, words: readonly string[]): string {
  return words[Math.floor(Math.pow(random.next(), 5) * words.length)] ?? '';
}

/** Text of exactly `lengthBytes`, put together from ready lines. */
export function textOf(
  random: SeededRandom,
  lines: readonly Buffer[],
  lengthBytes: number,
): Buffer {
  const text = Buffer.allocUnsafe(lengthBytes);
  let filled = 0;
  while (filled < lengthBytes) filled += random.pick(lines).copy(text, filled);
  return text;
}
