/** Pages of a list whose length is known. Pure. */
import { t } from '../daemon/platform/messages.js';
import { countText } from './wording.js';

/** How many rows a page shows. */
export const PAGE_ROWS = 50;

export interface PagerView {
  offset: number;
  /** `51–100 of 1,000`. */
  text: string;
  previousUrl: string | undefined;
  nextUrl: string | undefined;
}

/** The rows of a page; a pager only where there is more than one. */
export function pageOf<Row>(
  all: readonly Row[],
  page: number,
  urlOf: (page: number) => string,
): { rows: Row[]; pager: PagerView | undefined } {
  const pager = toPager(all.length, page, urlOf);
  const rows = all.slice(pager.offset, pager.offset + PAGE_ROWS);
  return { rows, pager: all.length > PAGE_ROWS ? pager : undefined };
}

/** `page` counts from 1; one that is out of range becomes the nearest that exists. */
export function toPager(total: number, page: number, urlOf: (page: number) => string): PagerView {
  const pages = Math.max(1, Math.ceil(total / PAGE_ROWS));
  const current = Math.min(Math.max(1, page), pages);
  const offset = (current - 1) * PAGE_ROWS;
  const last = Math.min(total, offset + PAGE_ROWS);
  const [from, to, all] = [countText(offset + 1), countText(last), countText(total)];
  return {
    offset,
    text: total === 0 ? '0' : t('{from}–{to} of {all}', { from, to, all }),
    previousUrl: current > 1 ? urlOf(current - 1) : undefined,
    nextUrl: current < pages ? urlOf(current + 1) : undefined,
  };
}
