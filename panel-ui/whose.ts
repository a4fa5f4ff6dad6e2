/** Which account a page is about: an end user's own, or the one that an admin names. */
import type { Actor } from '../daemon/auth/actor.js';
import { textOf } from './form.js';

/** Undefined: an admin has named none yet. */
export function accountAsked(actor: Actor, query: Record<string, unknown>): string | undefined {
  if (actor.role === 'account') return actor.accountName;
  return textOf(query['account']).slice(0, 255) || undefined;
}
