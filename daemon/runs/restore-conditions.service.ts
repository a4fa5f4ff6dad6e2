/**
 * Texts that whoever restores or downloads has to accept, as the admin wrote them. What was accepted
 * is kept in the run's row and its event. Accounts see those that concern them.
 */
import { Inject, Injectable } from '@nestjs/common';
import { isTenant, requireAdmin, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { ItemUse } from '../auth/permissions/catalogue.js';
import type { Clock } from '../platform/clock.js';
import { newId } from '../platform/ids.js';
import { notFound } from '../platform/not-found.js';
import { parseInput } from '../platform/parse-input.js';
import { CLOCK } from '../platform/platform.module.js';
import {
  acceptedOf,
  conditionInput,
  conditionsFor,
  type AcceptedCondition,
  type ConditionInput,
} from './condition-rules.js';
import { RestoreCondition } from './restore-condition.entity.js';
import { RestoreConditionsStore } from './restore-conditions.store.js';

@Injectable()
export class RestoreConditions {
  constructor(
    private readonly store: RestoreConditionsStore,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async add(actor: Actor, input: ConditionInput): Promise<RestoreCondition> {
    requireAdmin(actor);
    const given = parseInput(conditionInput, input, 'condition');
    const createdAt = this.clock.now().toISOString();
    const condition = Object.assign(new RestoreCondition(), { ...given, id: newId(), createdAt });
    await this.store.insert(condition);
    await this.record(actor, 'condition.added', condition);
    return condition;
  }

  /** All of them for admins; an account’s own. */
  async list(actor: Actor): Promise<RestoreCondition[]> {
    const all = await this.store.list();
    return isTenant(actor) ? conditionsFor(actor, undefined, all) : all;
  }

  async remove(actor: Actor, name: string): Promise<void> {
    requireAdmin(actor);
    const condition = await this.store.findByName(name);
    if (condition === undefined) throw notFound('condition', name);
    await this.store.remove(condition.id);
    await this.record(actor, 'condition.removed', condition);
  }

  /** What the actor has to accept before a restore or a download. */
  async askedOf(actor: Actor, use: ItemUse): Promise<RestoreCondition[]> {
    return conditionsFor(actor, use, await this.store.list());
  }

  /** Throws `input` with the texts that are not accepted; answers those that are. */
  async require(
    actor: Actor,
    use: ItemUse,
    accept: readonly string[],
  ): Promise<AcceptedCondition[]> {
    const all = await this.store.list();
    return acceptedOf(conditionsFor(actor, use, all), accept, all);
  }

  private async record(actor: Actor, action: string, condition: RestoreCondition): Promise<void> {
    const { id, name, text, use, audience } = condition;
    await this.events.record(actor, action, { kind: 'condition', id }, { name, text, use, audience }); // prettier-ignore
  }
}
