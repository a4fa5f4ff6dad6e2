/**
 * Who asks. Every service method that reads or changes what a user sees takes an actor first and
 * asks the functions below, account-scope.ts and permissions/; pages and API routes decide nothing.
 * For whoever is no admin what belongs to others does not exist: a foreign id is `not-found`, never
 * `denied`.
 */
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import type { EventOrigin } from './event.entity.js';

/** From where, and as whom, somebody acts. */
interface Person {
  /** For the event list: `root`, the user's name. */
  label: string;
  userId?: string;
  uid?: number;
  origin: EventOrigin;
  address?: string;
  /** Of a browser: when it last showed who it is. */
  confirmedAt?: string;
}

/** The server's admin: root over the socket, or a user of the panel or the API. */
export interface AdminActor extends Person {
  role: 'admin';
}

/** Whoever sells hosting to others: works on the accounts that its source says it owns. */
export interface ResellerActor extends Person {
  role: 'reseller';
  /** As `Account.owner` has it. */
  owner: string;
}

/** One account's end user. */
export interface AccountActor extends Person {
  role: 'account';
  accountId: string;
  accountName: string;
  /** The admin who looks at the panel as this account. */
  viewedBy?: string;
}

/** The daemon itself, at boot and by its clock. */
export interface SystemActor {
  role: 'system';
  label: 'daemon';
  origin: 'daemon';
}

/** Whoever is no admin: bound by permissions, limits and the tenants' own rules. */
export type TenantActor = AccountActor | ResellerActor;
export type Actor = AdminActor | SystemActor | TenantActor;

export const systemActor: SystemActor = { role: 'system', label: 'daemon', origin: 'daemon' };

/** Neither an admin nor the daemon itself. */
export function isTenant(actor: Actor): actor is TenantActor {
  return actor.role === 'account' || actor.role === 'reseller';
}

/** Throws `denied` unless the actor is an admin or the daemon itself. */
export function requireAdmin(actor: Actor): void {
  if (!isTenant(actor)) return;
  throw new AppError('denied', 'auth.admin-only', t('Only an admin of this server may do this.'));
}

/** Throws `denied` while an admin acts as the account: for what decides how the account's people sign in
 * and where they are written to. */
export function refuseWhileViewing(actor: Actor): void {
  if (actor.role !== 'account' || actor.viewedBy === undefined) return;
  const message = t(
    'You are viewing as this account. Go back to admin first: this is for the account’s own people.',
  );
  throw new AppError('denied', 'auth.viewing', message);
}
