/** Pages of a list whose length is known. Pure. */
import { countText } from './wording.js';

export interface PagerView {
  offset: number;
  /** `51–100 of 1,000`. */
  text: string;
  previousUrl: string | undefined;
  nextUrl: string | undefined;
}

/** `page` counts from 1; one that is out of range becomes the nearest that exists. */
export function toPager(
  total: number,
  page: number,
  pageSize: number,
  urlOf: (page: number) => string,
): PagerView {
  const pages = Math.max(1, Math.ceil(total / pageSize));
  const current = Math.min(Math.max(1, page), pages);
  const offset = (current - 1) * pageSize;
  const last = Math.min(total, offset + pageSize);
  return {
    offset,
    text: total === 0 ? '0' : `${countText(offset + 1)}–${countText(last)} of ${countText(total)}`,
    previousUrl: current > 1 ? urlOf(current - 1) : undefined,
    nextUrl: current < pages ? urlOf(current + 1) : undefined,
  };
}
