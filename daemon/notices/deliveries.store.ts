import { Injectable } from '@nestjs/common';
import { DataSource, In, LessThan, type Repository } from 'typeorm';
import { Channel } from './channel.entity.js';
import { Delivery, type DeliveryState } from './delivery.entity.js';
import { Notice } from './notice.entity.js';

/** A delivery with what it brings where. */
export interface ListedDelivery {
  delivery: Delivery;
  notice: Notice;
  channel: Channel;
}

/** The rows of deliveries. */
@Injectable()
export class DeliveriesStore {
  private readonly deliveries: Repository<Delivery>;

  constructor(private readonly dataSource: DataSource) {
    this.deliveries = dataSource.getRepository(Delivery);
  }

  /** What may go now by a channel, oldest first. */
  listDue(wanted: {
    channelId: string;
    now: string;
    isToOwners: boolean;
    limit: number;
  }): Promise<Delivery[]> {
    const { channelId, now, isToOwners, limit } = wanted;
    return this.deliveries
      .createQueryBuilder('delivery')
      .where(`delivery.state = 'queued' AND delivery.dueAt <= :now`, { now })
      .andWhere({ channelId })
      .andWhere(`delivery.address IS ${isToOwners ? 'NOT NULL' : 'NULL'}`)
      .orderBy('delivery.id')
      .limit(limit)
      .getMany();
  }

  /** All of one message. */
  listBatch(batch: string): Promise<Delivery[]> {
    return this.deliveries.find({ where: { batch }, order: { id: 'ASC' } });
  }

  async noticesOf(deliveries: readonly Delivery[]): Promise<Notice[]> {
    const ids = [...new Set(deliveries.map(({ noticeId }) => noticeId))];
    const found: Notice[] = [];
    for (let at = 0; at < ids.length; at += 500) {
      const where = { id: In(ids.slice(at, at + 500)) };
      found.push(...(await this.dataSource.getRepository(Notice).find({ where, order: { id: 'ASC' } }))); // prettier-ignore
    }
    return found;
  }

  /** How many messages a channel has been sent, or is being sent, since an instant. */
  async countSince(channelId: string, instant: string, isToOwners: boolean): Promise<number> {
    const found = await this.deliveries
      .createQueryBuilder('delivery')
      .select('COUNT(DISTINCT delivery.batch)', 'count')
      .where({ channelId })
      .andWhere(`delivery.address IS ${isToOwners ? 'NOT NULL' : 'NULL'}`)
      .andWhere('delivery.firstTriedAt > :instant', { instant })
      .getRawOne<{ count: number }>();
    return found?.count ?? 0;
  }

  /** They are one message from now on, which is tried now. */
  async begin(ids: number[], batch: string, now: string): Promise<void> {
    await this.updateEach(ids, { batch, firstTriedAt: now });
  }

  /** Of what goes together: it was tried. */
  async noteAttempt(batch: string, change: Partial<Delivery>): Promise<void> {
    await this.deliveries
      .createQueryBuilder()
      .update()
      .set({ ...change, attempts: () => 'attempts + 1' })
      .where({ batch, state: 'queued' })
      .execute();
  }

  /** Newest first, before this id. */
  async list(filter: {
    limit: number;
    before?: number | undefined;
    state?: DeliveryState | undefined;
  }): Promise<ListedDelivery[]> {
    const { limit, before, state } = filter;
    const where = {
      ...(before !== undefined && { id: LessThan(before) }),
      ...(state !== undefined && { state }),
    };
    const rows = await this.deliveries.find({ where, order: { id: 'DESC' }, take: limit });
    const notices = new Map((await this.noticesOf(rows)).map((notice) => [notice.id, notice]));
    const channels = new Map(
      (await this.dataSource.getRepository(Channel).find()).map((one) => [one.id, one]),
    );
    return rows.flatMap((delivery) => {
      const notice = notices.get(delivery.noticeId);
      const channel = channels.get(delivery.channelId);
      return notice && channel ? [{ delivery, notice, channel }] : [];
    });
  }

  /** What is tried in vain now, and what was given up since an instant. */
  async countTroubles(since: string): Promise<{ late: number; failed: number }> {
    const late = await this.deliveries
      .createQueryBuilder('delivery')
      .where(`delivery.state = 'queued' AND delivery.attempts > 0`)
      .getCount();
    const failed = await this.deliveries
      .createQueryBuilder('delivery')
      .where(`delivery.state = 'failed' AND delivery.finishedAt > :since`, { since })
      .getCount();
    return { late, failed };
  }

  private async updateEach(ids: number[], change: Partial<Delivery>): Promise<void> {
    for (let at = 0; at < ids.length; at += 500) {
      await this.deliveries.update({ id: In(ids.slice(at, at + 500)) }, change);
    }
  }
}
