/**
 * What the levels of permissions say, shown and changed: by admins everywhere, by resellers for their
 * own accounts. Neighbours: permissions.service.ts answers whether something is permitted.
 */
import { Inject, Injectable } from '@nestjs/common';
import { AccountsService } from '../../accounts/accounts.service.js';
import type { Clock } from '../../platform/clock.js';
import { AppError } from '../../platform/errors.js';
import { t } from '../../platform/messages.js';
import { notFound } from '../../platform/not-found.js';
import { parseInput } from '../../platform/parse-input.js';
import { CLOCK } from '../../platform/platform.module.js';
import { isTenant, requireAdmin, type Actor } from '../actor.js';
import { EventsService } from '../events.service.js';
import { PERMISSIONS, type Permission, type PermissionName } from './catalogue.js';
import { decide, type Decision } from './decide.js';
import {
  permissionChanges,
  permissionPlace,
  type PermissionChanges,
  type PermissionPlace,
  type SettingValue,
} from './permission-input.js';
import { PermissionSetting } from './permission-setting.entity.js';
import { notPermitted } from './permissions.service.js';
import { PermissionsStore, type Place } from './permissions.store.js';

/** One permission at one level. */
export interface PermissionState {
  permission: Permission;
  setting: SettingValue;
  /** Who said so; undefined when this level says nothing. */
  setBy: string | undefined;
  /** What holds at this level, with all above it. */
  decision: Decision;
  /** What the actor may set it to. */
  choices: SettingValue[];
}

/** All permissions at one level. */
export interface PermissionSheet {
  level: Place['level'];
  /** Undefined for the server. */
  name: string | undefined;
  states: PermissionState[];
}

interface Located {
  place: Place;
  name: string | undefined;
  /** It and those above it. */
  places: Place[];
}

@Injectable()
export class PermissionSettings {
  constructor(
    private readonly store: PermissionsStore,
    private readonly accounts: AccountsService,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async sheet(actor: Actor, input: PermissionPlace): Promise<PermissionSheet> {
    const located = await this.locate(actor, input);
    return this.sheetAt(actor, located);
  }

  /** All of the changes, or none; answers how it is then. */
  async change(
    actor: Actor,
    input: PermissionPlace,
    changes: PermissionChanges,
  ): Promise<PermissionSheet> {
    const located = await this.locate(actor, input);
    const given = parseInput(permissionChanges, changes, 'permissions');
    const { states } = await this.sheetAt(actor, located);
    const changed = states.flatMap((state) => {
      const after = given[state.permission.name];
      return after === undefined || after === state.setting ? [] : [{ state, after }];
    });
    for (const { state, after } of changed) requireMaySet(actor, state, after);
    this.store.apply(
      located.place,
      changed.map(({ state: { permission }, after }) => ({
        permission: permission.name,
        row: this.rowOf(actor, located.place, permission.name, after),
      })),
    );
    for (const { state, after } of changed) await this.record(actor, located, state, after);
    return this.sheetAt(actor, located);
  }

  /** The names that there are settings for, or could be. */
  async choices(actor: Actor): Promise<{ resellers: string[]; packages: string[] }> {
    if (isTenant(actor)) return { resellers: [], packages: [] };
    return {
      resellers: await this.store.listResellers(),
      packages: await this.store.listPackages(),
    };
  }

  private async locate(actor: Actor, input: PermissionPlace): Promise<Located> {
    // An end user sets nothing, not even what it would have to mend.
    if (actor.role === 'account') requireAdmin(actor);
    const { level, name } = parseInput(permissionPlace, input, 'permissions');
    if (level === 'account') {
      const account = await this.accounts.get(actor, name ?? '');
      const place = { level, subject: account.id };
      return { place, name: account.name, places: await this.store.placesOf(account.id) };
    }
    requireAdmin(actor);
    const place = { level, subject: name ?? '' };
    const server: Place = { level: 'global', subject: '' };
    if (level === 'global') return { place, name, places: [server] };
    await this.requireKnown(place);
    return { place, name, places: [server, place] };
  }

  /** A name that nothing has is mistyped; one that was set once may be set back. */
  private async requireKnown(place: Place): Promise<void> {
    const isReseller = place.level === 'reseller';
    const known = await (isReseller ? this.store.listResellers() : this.store.listPackages());
    if (known.includes(place.subject) || (await this.store.listAt([place])).length > 0) return;
    throw notFound(isReseller ? 'reseller' : 'package', place.subject);
  }

  private async sheetAt(actor: Actor, { place, name, places }: Located): Promise<PermissionSheet> {
    const rows = await this.store.listAt(places);
    const states = PERMISSIONS.map((permission) => {
      const said = rows.filter((row) => row.permission === permission.name);
      return stateOf(actor, permission, said, place);
    });
    return { level: place.level, name, states };
  }

  private rowOf(
    actor: Actor,
    place: Place,
    permission: PermissionName,
    value: SettingValue,
  ): PermissionSetting | undefined {
    if (value === 'inherit') return undefined;
    const said = { isByReseller: actor.role === 'reseller', setBy: actor.label };
    const setAt = this.clock.now().toISOString();
    return Object.assign(new PermissionSetting(), { ...place, permission, value, ...said, setAt });
  }

  private async record(
    actor: Actor,
    { place, name }: Located,
    { permission, setting }: PermissionState,
    after: SettingValue,
  ): Promise<void> {
    const { level, subject } = place;
    const accountId = level === 'account' ? subject : null;
    const about = { kind: 'permission', id: permission.name, accountId };
    const where = { level, ...(name === undefined ? {} : { name }) };
    await this.events.record(actor, 'permission.changed', about, { ...where, before: setting, after }); // prettier-ignore
  }
}

function stateOf(
  actor: Actor,
  permission: Permission,
  said: readonly PermissionSetting[],
  place: Place,
): PermissionState {
  const here = said.find(({ level }) => level === place.level);
  // What a reseller is held to is what its level says, not what its customers get.
  const viewer = place.level === 'reseller' ? 'reseller' : 'account';
  return {
    permission,
    setting: here?.value ?? 'inherit',
    setBy: here?.setBy,
    decision: decide(said, permission.isAllowed, viewer),
    choices: choicesOf(actor, permission, said, here),
  };
}

/** A reseller gives what it has itself, and takes no admin's never back. */
function choicesOf(
  actor: Actor,
  { isAllowed }: Permission,
  said: readonly PermissionSetting[],
  here: PermissionSetting | undefined,
): SettingValue[] {
  if (actor.role !== 'reseller') return ['yes', 'no', 'never', 'inherit'];
  if (here?.value === 'never' && !here.isByReseller) return ['never'];
  const above = said.filter(({ level }) => level !== 'account');
  const mayGive = decide(above, isAllowed, 'reseller').isAllowed;
  return mayGive ? ['yes', 'no', 'never', 'inherit'] : ['no', 'never', 'inherit'];
}

function requireMaySet(actor: Actor, state: PermissionState, after: SettingValue): void {
  if (state.choices.includes(after)) return;
  if (state.choices.length > 1) throw notPermitted(actor, state.permission.name);
  const what = t(state.permission.title);
  const message = t('An admin has said “never” to “{what}”; only an admin takes that back.', {
    what,
  });
  throw new AppError('denied', 'permission.final', message);
}
