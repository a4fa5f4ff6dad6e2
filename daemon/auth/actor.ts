/**
 * Who asks. Every service method that reads or changes what a user sees takes an actor first and
 * asks the functions below; pages and API routes decide nothing. For an account's actor whatever
 * belongs to others does not exist: a foreign id is `not-found`, never `denied`.
 */
import { AppError } from '../platform/errors.js';
import type { EventOrigin } from './event.entity.js';

/** The server's admin: root over the socket, or a user of the panel or the API. */
export interface AdminActor {
  role: 'admin';
  /** For the event list: `root`, the user's name. */
  label: string;
  userId?: string;
  uid?: number;
  origin: EventOrigin;
  address?: string;
}

/** One account's end user. */
export interface AccountActor {
  role: 'account';
  accountId: string;
  accountName: string;
  label: string;
  userId?: string;
  uid?: number;
  origin: EventOrigin;
  address?: string;
}

/** The daemon itself, at boot and by its clock. */
export interface SystemActor {
  role: 'system';
  label: 'daemon';
  origin: 'daemon';
}

export type Actor = AdminActor | AccountActor | SystemActor;

export const systemActor: SystemActor = { role: 'system', label: 'daemon', origin: 'daemon' };

/** Throws `denied` unless the actor is an admin or the daemon itself. */
export function requireAdmin(actor: Actor): void {
  if (actor.role !== 'account') return;
  throw new AppError('denied', 'auth.admin-only', 'Only an admin of this server may do this.');
}

/** Whether what belongs to this account may be shown to the actor. */
export function canSeeAccount(actor: Actor, accountId: string | null | undefined): boolean {
  return actor.role !== 'account' || actor.accountId === accountId;
}

/** The account that every list for this actor is limited to; undefined: all of them. */
export function accountScope(actor: Actor): string | undefined {
  return actor.role === 'account' ? actor.accountId : undefined;
}
