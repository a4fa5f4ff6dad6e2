import { expect, it } from 'vitest';
import { isSigned, signatureOf, type Grant } from './download-signature.js';

const key = Buffer.alloc(32, 7);
const grant: Grant = { runId: 12, requestedBy: 'anna', expires: 1_800_000_000 };
const signature = signatureOf(key, grant);

it('knows its own', () => {
  expect(signature).toMatch(/^[\w-]{43}$/);
  expect(isSigned(key, grant, signature)).toBe(true);
});

it.each<[string, Partial<Grant>]>([
  ['another run', { runId: 13 }],
  ['a later end', { expires: 1_800_000_001 }],
  ['someone else', { requestedBy: 'bob' }],
  ['digits that moved', { runId: 121, expires: 800_000_000 }],
])('is not good for %s', (_, change) => {
  expect(isSigned(key, { ...grant, ...change }, signature)).toBe(false);
});

it.each(['', 'x', signature.slice(1), `${signature}A`, signature.toUpperCase(), 'é'.repeat(43)])(
  'refuses %j',
  (other) => {
    expect(isSigned(key, grant, other)).toBe(false);
  },
);

it('is not made by another server', () => {
  expect(isSigned(Buffer.alloc(32, 8), grant, signature)).toBe(false);
});
