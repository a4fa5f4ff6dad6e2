/** What of an entry makes a version: two entries of equal states are the same version. Pure. */
import { createHash } from 'node:crypto';
import { displayPath, toBytes, toText } from '../engine/manifest/byte-path.js';
import type { BytePath, Entry } from '../engine/manifest/entry.js';
import { kindOf } from './history-file.js';

export interface EntryState {
  kind: number;
  size: number;
  /** Milliseconds since 1970, as when it was first seen so. */
  mtime: number;
  /** Of the content, or of where a symlink points; null where there is none. */
  hash: Buffer | null;
}

/** Enough to tell contents apart, at half the room. */
const HASH_BYTES = 16;
/** What `Date` can say. */
const LAST_MS = 8.64e15;

/** A directory is there or not: what changes in it changes its time. */
export function stateOf(entry: Entry): EntryState {
  const kind = kindOf(entry);
  if (entry.type === 'directory') return { kind, size: 0, mtime: 0, hash: null };
  const size = Math.min(entry.sizeBytes, Number.MAX_SAFE_INTEGER);
  return { kind, size, mtime: milliseconds(entry.mtimeNs), hash: hashOf(entry) };
}

/** The same content is the same version, whenever it was touched; without a hash, time decides. */
export function isSameState(a: EntryState, b: EntryState): boolean {
  if (a.kind !== b.kind || a.size !== b.size) return false;
  if (a.hash === null || b.hash === null) return a.hash === b.hash && a.mtime === b.mtime;
  return a.hash.equals(b.hash);
}

/** The name in small letters as people see it; null when the name itself is just that. */
export function foldedName(name: BytePath): string | null {
  const folded = foldText(displayPath(name));
  return folded === toText(name) ? null : folded;
}

export function foldText(text: string): string {
  return text.toLowerCase().normalize('NFC');
}

function hashOf({ sha256, target }: Entry): Buffer | null {
  if (sha256 !== undefined) return Buffer.from(sha256.slice(0, HASH_BYTES * 2), 'hex');
  if (target === undefined) return null;
  return createHash('sha256').update(toBytes(target)).digest().subarray(0, HASH_BYTES);
}

function milliseconds(ns: bigint): number {
  return Math.min(Math.max(Number(ns / 1_000_000n), -LAST_MS), LAST_MS);
}
