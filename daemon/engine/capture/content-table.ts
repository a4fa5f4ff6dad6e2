/**
 * Where content that is stored already lies, by its SHA-256: shared with the capturing threads, which
 * look up what they read. One thread adds. Open addressing in one block of shared memory, which the
 * kernel gives only as far as it is used: 64 bytes a content.
 */
import type { ContentPlace } from '../manifest/entry.js';

const HASH_BYTES = 32;
/** Of a row: offset, length. */
const PLACE_BYTES = 16;

export interface KnownContent {
  /** Hex. */
  sha256: string;
  /** Number of its archive in a list that belongs to the table. */
  archive: number;
  place: ContentPlace;
}

/** The shared memory, as it is sent to a thread. */
export interface SharedTable {
  memory: SharedArrayBuffer;
  capacity: number;
}

export class ContentTable {
  private readonly places: Float64Array;
  private readonly hashes: Buffer;
  private readonly skips: Uint32Array;
  private readonly archives: Uint32Array;
  private readonly slots: Uint32Array;
  private rows = 0;

  constructor(readonly shared: SharedTable) {
    const { memory, capacity } = shared;
    const slots = slotsFor(capacity);
    let at = 0;
    const next = (bytes: number): number => {
      at += bytes;
      return at - bytes;
    };
    this.places = new Float64Array(memory, next(capacity * PLACE_BYTES), capacity * 2);
    this.hashes = Buffer.from(memory, next(capacity * HASH_BYTES), capacity * HASH_BYTES);
    this.skips = new Uint32Array(memory, next(capacity * 4), capacity);
    this.archives = new Uint32Array(memory, next(capacity * 4), capacity);
    this.slots = new Uint32Array(memory, next(slots * 4), slots);
  }

  /** Room for so many contents. */
  static withRoom(capacity: number): ContentTable {
    const bytes = capacity * (PLACE_BYTES + HASH_BYTES + 8) + slotsFor(capacity) * 4;
    return new ContentTable({ memory: new SharedArrayBuffer(bytes), capacity });
  }

  /** The first place of a content counts. Without room left nothing is added. */
  add({ sha256, archive, place }: KnownContent): void {
    const hash = Buffer.from(sha256, 'hex');
    const { slot, row: known } = this.search(hash);
    if (known !== -1 || this.rows === this.shared.capacity) return;
    const row = this.rows;
    this.rows += 1;
    hash.copy(this.hashes, row * HASH_BYTES);
    this.places[row * 2] = place.offset;
    this.places[row * 2 + 1] = place.length;
    this.skips[row] = place.skip;
    this.archives[row] = archive;
    // Last: from now on other threads find it.
    Atomics.store(this.slots, slot, row + 1);
  }

  /** The row of this content, or -1. `sha256` in hex. */
  find(sha256: string): number {
    return this.search(Buffer.from(sha256, 'hex')).row;
  }

  /** Where the content of a row lies. */
  get(row: number): { archive: number; place: ContentPlace } {
    const offset = this.places[row * 2] ?? 0;
    const length = this.places[row * 2 + 1] ?? 0;
    const skip = this.skips[row] ?? 0;
    return { archive: this.archives[row] ?? 0, place: { offset, length, skip } };
  }

  /** Its row and slot; the free slot where it would go when it is not there. */
  private search(hash: Buffer): { row: number; slot: number } {
    let slot = hash.readUInt32LE(0) % this.slots.length;
    for (;;) {
      const row = Atomics.load(this.slots, slot) - 1;
      if (row === -1 || this.isAt(row, hash)) return { row, slot };
      slot = (slot + 1) % this.slots.length;
    }
  }

  private isAt(row: number, hash: Buffer): boolean {
    return hash.compare(this.hashes, row * HASH_BYTES, (row + 1) * HASH_BYTES) === 0;
  }
}

/** A third of them stays empty, at least one always. */
function slotsFor(capacity: number): number {
  return Math.ceil(capacity * 1.5) + 1;
}
