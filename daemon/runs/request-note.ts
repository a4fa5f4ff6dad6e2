/** What a store that charges by the request was asked, as one line of a run's log. Pure. */
import type { StoreRequests } from '../engine/types.js';

const MEGABYTE = 1e6;

export function requestNote(requests: StoreRequests): string {
  return `Requests: ${requestText(requests)}.`;
}

/** `3 PUT, 1 GET, …; 1.2 MB sent, …; about 0.02 US$ by list prices`. */
export function requestText({ usCents, ...counts }: StoreRequests): string {
  const { puts, gets, lists, deletes, bytesSent, bytesReceived } = counts;
  const asked = `${puts} PUT, ${gets} GET, ${lists} LIST, ${deletes} DELETE`;
  const moved = `${megabytes(bytesSent)} sent, ${megabytes(bytesReceived)} received`;
  return `${asked}; ${moved}${usCents === undefined ? '' : `; ${price(usCents)}`}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(bytes < 100 * MEGABYTE ? 1 : 0)} MB`;
}

function price(usCents: number): string {
  if (usCents === 0) return 'free of charge by list prices';
  return `about ${(usCents / 100).toFixed(usCents < 1 ? 5 : 2)} US$ by list prices`;
}
