import { describe, expect, it } from 'vitest';
import type { RequestCounts } from '../destination.js';
import { estimatePrice, PRICE_LISTS } from './prices.js';
import { S3_PROVIDERS } from './providers.js';

const COUNTS: RequestCounts = {
  puts: 2000,
  gets: 10_000,
  lists: 100,
  deletes: 500,
  bytesSent: 50e9,
  bytesReceived: 10e9,
};

describe('an estimate of what requests cost', () => {
  it.each([
    ['aws', 1 + 0.4 + 0.05 + 90],
    ['backblaze', 0.4 + 0.04 + 10],
    ['cloudflare', 0.9 + 0.36 + 0.045],
    ['wasabi', 0],
    ['digitalocean', 10],
    ['hetzner', 1.3],
  ] as const)('is told for %s in cents', (provider, cents) => {
    expect(estimatePrice(COUNTS, provider)).toBeCloseTo(cents, 6);
  });

  it.each(['minio', 'ceph', 'other'] as const)('is not known for %s', (provider) => {
    expect(estimatePrice(COUNTS, provider)).toBeUndefined();
  });

  it('is nothing for nothing, and every list says of which day it is', () => {
    const none = { puts: 0, gets: 0, lists: 0, deletes: 0, bytesSent: 0, bytesReceived: 0 };
    for (const provider of S3_PROVIDERS) {
      expect(estimatePrice(none, provider) ?? 0).toBe(0);
      expect(PRICE_LISTS[provider]?.asOf ?? '2025-01-01').toMatch(/^20\d\d-\d\d-\d\d$/);
    }
  });
});
