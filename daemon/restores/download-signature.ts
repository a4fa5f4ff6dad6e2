/**
 * What a link to a prepared file proves: that this server made it for this run, for whoever asked for
 * the run, until then. Pure.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface Grant {
  runId: number;
  /** Who asked for the run, as its row says. */
  requestedBy: string;
  /** Seconds since 1970. */
  expires: number;
}

export function signatureOf(key: Buffer, { runId, requestedBy, expires }: Grant): string {
  // As JSON, so that no name can be read as another field.
  const text = JSON.stringify(['holdfast download', runId, expires, requestedBy]);
  return createHmac('sha256', key).update(text).digest('base64url');
}

/** Takes as long for a signature that is nearly right as for any other. */
export function isSigned(key: Buffer, grant: Grant, signature: string): boolean {
  const expected = Buffer.from(signatureOf(key, grant));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
