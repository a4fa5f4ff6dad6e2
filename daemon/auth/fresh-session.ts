import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import type { Actor } from './actor.js';

const FRESH_MS = 15 * 60_000;

/**
 * For what changes how someone signs in: a browser that was left open for longer than a quarter of
 * an hour types the password again. Throws `auth.not-fresh`. The socket's caller is who the kernel
 * says at every call.
 */
export function requireFreshSession(actor: Actor, now: Date): void {
  if (isFreshSession(actor, now)) return;
  const message = t('For this, show once more that it is you: confirm it, or sign in again.');
  throw new AppError('denied', 'auth.not-fresh', message);
}

function isFreshSession(actor: Actor, now: Date): boolean {
  if (actor.role === 'system' || actor.origin !== 'panel') return true;
  if (actor.confirmedAt === undefined) return false;
  return now.getTime() - Date.parse(actor.confirmedAt) < FRESH_MS;
}
