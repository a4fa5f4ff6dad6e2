/** Alerts and deliveries as admins see them: what is wrong and lasts, and whether they were told. */
import { Inject, Injectable } from '@nestjs/common';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { Clock } from '../platform/clock.js';
import { notFound } from '../platform/not-found.js';
import { CLOCK } from '../platform/platform.module.js';
import type { Alert } from './alert.entity.js';
import { AlertsStore } from './alerts.store.js';
import { DeliveriesStore, type ListedDelivery } from './deliveries.store.js';
import type { DeliveryState } from './delivery.entity.js';

const WEEK_MS = 7 * 86_400_000;

export interface AlertCounts {
  /** Open, and nobody has acknowledged them. */
  errors: number;
  warnings: number;
  /** Messages that are tried in vain, and those that were given up within a week. */
  lateMessages: number;
  failedMessages: number;
}

@Injectable()
export class AlertsService {
  private errors = 0;

  constructor(
    private readonly alerts: AlertsStore,
    private readonly deliveriesStore: DeliveriesStore,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Open and acknowledged ones, newest first. */
  async listOpen(actor: Actor): Promise<Alert[]> {
    requireAdmin(actor);
    return this.alerts.listOpen();
  }

  /** What is over, newest first. */
  async listCleared(
    actor: Actor,
    page: { limit: number; before?: number | undefined },
  ): Promise<Alert[]> {
    requireAdmin(actor);
    return this.alerts.listCleared(page);
  }

  /** Somebody takes care of it: it counts no more, and is still told when it is over. */
  async acknowledge(actor: Actor, id: number): Promise<Alert> {
    requireAdmin(actor);
    const alert = await this.alerts.findById(id);
    if (alert === undefined || alert.state === 'cleared') throw notFound('alert', id);
    const at = this.clock.now().toISOString();
    if (await this.alerts.acknowledge(id, actor.label, at)) {
      const { kind, facts } = alert;
      const details = { alert: kind, subject: facts.subject };
      await this.events.record(actor, 'alert.acknowledged', { kind: 'alert', id }, details);
    }
    await this.recount();
    return (await this.alerts.findById(id)) ?? alert;
  }

  /** Newest first. */
  async listDeliveries(
    actor: Actor,
    filter: { limit: number; before?: number | undefined; state?: DeliveryState | undefined },
  ): Promise<ListedDelivery[]> {
    requireAdmin(actor);
    return this.deliveriesStore.list(filter);
  }

  async counts(actor: Actor): Promise<AlertCounts> {
    requireAdmin(actor);
    const since = new Date(this.clock.now().getTime() - WEEK_MS).toISOString();
    const { late, failed } = await this.deliveriesStore.countTroubles(since);
    return {
      errors: await this.recount(),
      warnings: await this.alerts.countOpen('warning'),
      lateMessages: late,
      failedMessages: failed,
    };
  }

  /** How many errors are open, as every page says; known without asking the catalogue. */
  get openErrors(): number {
    return this.errors;
  }

  /** After alerts have changed. */
  async recount(): Promise<number> {
    this.errors = await this.alerts.countOpen('error');
    return this.errors;
  }
}
