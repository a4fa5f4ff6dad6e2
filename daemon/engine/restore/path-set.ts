/**
 * A set of very many paths that is only asked whether it has one: eight bytes of each path's SHA-256
 * in one block of memory, so that a million paths take 16 MiB, whatever their length.
 */
import { hash } from 'node:crypto';
import type { BytePath } from '../manifest/entry.js';

const FIRST_SLOTS = 1024;
/** Marks a free slot; a path whose hash is that gets the next one. */
const FREE = 0n;

export class PathSet {
  private slots = new BigUint64Array(FIRST_SLOTS);
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(path: BytePath): void {
    if (this.count * 2 >= this.slots.length) this.grow();
    this.put(keyOf(path));
  }

  has(path: BytePath): boolean {
    const key = keyOf(path);
    return this.slots[this.slotOf(key)] === key;
  }

  private put(key: bigint): void {
    const slot = this.slotOf(key);
    if (this.slots[slot] === key) return;
    this.slots[slot] = key;
    this.count += 1;
  }

  /** Where the key is, or the free slot where it would go. */
  private slotOf(key: bigint): number {
    const { slots } = this;
    let slot = Number(key % BigInt(slots.length));
    while (slots[slot] !== FREE && slots[slot] !== key) slot = (slot + 1) % slots.length;
    return slot;
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new BigUint64Array(old.length * 2);
    this.count = 0;
    for (const key of old) if (key !== FREE) this.put(key);
  }
}

function keyOf(path: BytePath): bigint {
  const key = hash('sha256', Buffer.from(path, 'latin1'), 'buffer').readBigUInt64LE(0);
  return key === FREE ? 1n : key;
}
