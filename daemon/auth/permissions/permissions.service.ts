/**
 * Whether somebody may do something: every service asks here, and views ask for what they offer.
 * Admins may everything. What may not be seen is not there; what may not be done is denied with a
 * sentence that says what it was and whom to ask. Neighbours: catalogue.ts has what there is,
 * decide.ts the rule, permission-settings.service.ts changes what the levels say.
 */
import { Injectable } from '@nestjs/common';
import { AppError } from '../../platform/errors.js';
import { t } from '../../platform/messages.js';
import type { AccountScope } from '../account-scope.js';
import { isTenant, type Actor, type TenantActor } from '../actor.js';
import { permissionOf, PERMISSIONS, type PermissionName } from './catalogue.js';
import { decide, type LevelSetting } from './decide.js';
import { PermissionsStore, type Place } from './permissions.store.js';

const EVERYTHING: ReadonlySet<PermissionName> = new Set(PERMISSIONS.map(({ name }) => name));

@Injectable()
export class PermissionsService {
  constructor(private readonly store: PermissionsStore) {}

  /**
   * All that the actor may do with an account that it sees. Without one: an end user's own, and
   * what a reseller has for itself.
   */
  async allowedTo(actor: Actor, accountId?: string): Promise<ReadonlySet<PermissionName>> {
    if (!isTenant(actor)) return EVERYTHING;
    const rows = await this.store.listAt(await this.placesFor(actor, accountId));
    const said = new Map<string, LevelSetting[]>();
    for (const row of rows) said.set(row.permission, [...(said.get(row.permission) ?? []), row]);
    const allowed = PERMISSIONS.filter(
      ({ name, isAllowed }) => decide(said.get(name) ?? [], isAllowed, actor.role).isAllowed,
    );
    return new Set(allowed.map(({ name }) => name));
  }

  async may(actor: Actor, permission: PermissionName, accountId?: string): Promise<boolean> {
    return (await this.allowedTo(actor, accountId)).has(permission);
  }

  /** Throws `denied` when the actor may not. */
  async require(actor: Actor, permission: PermissionName, accountId?: string): Promise<void> {
    if (await this.may(actor, permission, accountId)) return;
    throw notPermitted(actor, permission);
  }

  /** Of which accounts the actor sees what a permission is about. */
  async scopeFor(actor: Actor, permission: PermissionName): Promise<AccountScope | undefined> {
    if (!isTenant(actor)) return undefined;
    if (!(await this.may(actor, permission))) return { of: 'nobody' };
    if (actor.role === 'account') return { of: 'account', accountId: actor.accountId };
    return { of: 'owner', owner: actor.owner, permission };
  }

  private async placesFor(actor: TenantActor, accountId: string | undefined): Promise<Place[]> {
    if (actor.role === 'account') return this.store.placesOf(actor.accountId);
    const places = accountId === undefined ? [] : await this.store.placesOf(accountId);
    const own: Place[] = [
      { level: 'global', subject: '' },
      { level: 'reseller', subject: actor.owner },
    ];
    return [...own, ...places.filter(({ level }) => level === 'package' || level === 'account')];
  }
}

/** For whoever may not do what a permission is about. */
export function notPermitted(actor: Actor, permission: PermissionName): AppError {
  const what = t(permissionOf(permission).title);
  const message =
    actor.role === 'reseller'
      ? t('“{what}” is not permitted to you here. Ask the admin of this server.', { what })
      : t('“{what}” is not permitted to you here. Ask your host.', { what });
  return new AppError('denied', 'permission.denied', message, { details: { permission } });
}
