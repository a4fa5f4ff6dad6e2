/**
 * What requests and traffic cost by the providers' public price lists: an estimate, to see orders of
 * magnitude. Standard class, in the provider's cheapest or most common region, without free
 * allowances that depend on the rest of the bill, discounts and taxes. What is stored is charged by
 * the month and not part of it. Providers change their lists: look each up again before a release.
 */
import type { RequestCounts } from '../destination.js';
import type { S3Provider } from './providers.js';

/** US cents. */
export interface PriceList {
  /** Day of the list. */
  asOf: string;
  perThousandPuts: number;
  perThousandGets: number;
  perThousandLists: number;
  perThousandDeletes: number;
  perGigabyteSent: number;
  perGigabyteReceived: number;
}

const GIGABYTE = 1e9;

const FREE = {
  asOf: '2025-06-01',
  perThousandPuts: 0,
  perThousandGets: 0,
  perThousandLists: 0,
  perThousandDeletes: 0,
  perGigabyteSent: 0,
  perGigabyteReceived: 0,
} satisfies PriceList;

/** Undefined: the store is the admin's own, or nobody knows. */
export const PRICE_LISTS: Readonly<Record<S3Provider, PriceList | undefined>> = {
  // us-east-1: PUT, LIST 0.005 $ per 1,000, GET 0.0004 $, to the internet 0.09 $ per GB.
  aws: {
    ...FREE,
    perThousandPuts: 0.5,
    perThousandGets: 0.04,
    perThousandLists: 0.5,
    perGigabyteReceived: 9,
  },
  // Class A free, B 0.004 $ per 10,000, C 0.004 $ per 1,000, egress beyond 3 x stored 0.01 $ per GB.
  backblaze: { ...FREE, perThousandGets: 0.04, perThousandLists: 0.4, perGigabyteReceived: 1 },
  // Neither requests nor traffic are charged.
  wasabi: FREE,
  // Class A 4.50 $, class B 0.36 $ per million.
  cloudflare: {
    ...FREE,
    asOf: '2026-08-03',
    perThousandPuts: 0.45,
    perThousandGets: 0.036,
    perThousandLists: 0.45,
  },
  // Traffic beyond what the subscription includes 0.01 $ per GiB.
  digitalocean: { ...FREE, perGigabyteReceived: 1 },
  // Traffic beyond what is included 1.20 € per TB, taken as 0.13 cents per GB.
  hetzner: { ...FREE, perGigabyteReceived: 0.13 },
  minio: undefined,
  ceph: undefined,
  other: undefined,
};

/** US cents; undefined where there is no price list. */
export function estimatePrice(counts: RequestCounts, provider: S3Provider): number | undefined {
  const prices = PRICE_LISTS[provider];
  if (prices === undefined) return undefined;
  return (
    (counts.puts * prices.perThousandPuts) / 1000 +
    (counts.gets * prices.perThousandGets) / 1000 +
    (counts.lists * prices.perThousandLists) / 1000 +
    (counts.deletes * prices.perThousandDeletes) / 1000 +
    (counts.bytesSent * prices.perGigabyteSent) / GIGABYTE +
    (counts.bytesReceived * prices.perGigabyteReceived) / GIGABYTE
  );
}
