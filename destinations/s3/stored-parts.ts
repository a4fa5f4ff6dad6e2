/** Comparing what a store keeps with what it was sent. */
import { createHash } from 'node:crypto';
import { hasDestinationCode } from '../destination-error.js';
import { readObject } from './read-object.js';
import type { S3Store } from './s3-store.js';

export interface SentPart {
  sizeBytes: number;
  md5: Buffer;
}

/** Some stores leave out the quotes. */
export function isEtag(told: string | undefined, expected: string): boolean {
  return told?.replaceAll('"', '') === expected;
}

/** With a key of its service (KMS) or of the customer, a store's ETag is no MD5; it has checked the
 * one that it was sent. */
export function isMd5Unknown(answer: {
  ServerSideEncryption?: string | undefined;
  SSECustomerAlgorithm?: string | undefined;
}): boolean {
  const { ServerSideEncryption = '', SSECustomerAlgorithm } = answer;
  return ServerSideEncryption.startsWith('aws:kms') || SSECustomerAlgorithm !== undefined;
}

/** Reads the object back: whether it is just these parts in this order. */
export async function holdsParts(
  store: S3Store,
  key: string,
  parts: readonly SentPart[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const comparison = new Comparison(parts);
  try {
    for await (const chunk of readObject(store, key, { signal })) {
      if (!comparison.add(chunk)) return false;
    }
  } catch (error) {
    if (hasDestinationCode(error, 'destination.not-found')) return false;
    throw error;
  }
  return comparison.isComplete;
}

class Comparison {
  readonly #expected: SentPart[];
  #hash = createHash('md5');
  #hashedBytes = 0;

  constructor(parts: readonly SentPart[]) {
    this.#expected = parts.filter(({ sizeBytes }) => sizeBytes > 0);
  }

  get isComplete(): boolean {
    return this.#expected.length === 0;
  }

  /** False as soon as something differs. */
  add(chunk: Uint8Array): boolean {
    let rest = chunk;
    while (rest.length > 0) {
      const part = this.#expected[0];
      if (part === undefined) return false; // More than was sent.
      const taken = rest.subarray(0, part.sizeBytes - this.#hashedBytes);
      rest = rest.subarray(taken.length);
      this.#hash.update(taken);
      this.#hashedBytes += taken.length;
      if (this.#hashedBytes === part.sizeBytes && !this.#endPart(part)) return false;
    }
    return true;
  }

  #endPart(part: SentPart): boolean {
    const isSame = this.#hash.digest().equals(part.md5);
    this.#hash = createHash('md5');
    this.#hashedBytes = 0;
    this.#expected.shift();
    return isSame;
  }
}
