import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { Language } from '../platform/messages.js';
import { Channel } from './channel.entity.js';
import { Notice } from './notice.entity.js';

/** `failed`: it was given up. */
export type DeliveryState = 'queued' | 'sent' | 'failed';

/** A notice on its way by a channel; written before anything is sent. */
@Entity('delivery')
@Index('ix_delivery_state', ['state', 'dueAt'])
@Index('ix_delivery_channel', ['channelId', 'finishedAt'])
@Index('ix_delivery_notice', ['noticeId'])
export class Delivery {
  @PrimaryGeneratedColumn('increment', { type: 'integer' })
  id!: number;

  @Column({ name: 'notice_id', type: 'integer' })
  @ForeignKey(() => Notice, { name: 'fk_delivery_notice', onDelete: 'CASCADE' })
  noticeId!: number;

  @Column({ name: 'channel_id', type: 'text' })
  @ForeignKey(() => Channel, { name: 'fk_delivery_channel', onDelete: 'CASCADE' })
  channelId!: string;

  /** Of the owner of an account; null: whom the channel itself names. */
  @Column({ type: 'text', nullable: true })
  address!: string | null;

  @Column({ type: 'text' })
  language!: Language;

  @Column({ type: 'text' })
  state!: DeliveryState;

  /** Not before then. */
  @Column({ name: 'due_at', type: 'text' })
  dueAt!: string;

  /** Waits for the digest of its day. */
  @Column({ name: 'is_digest', type: 'boolean' })
  isDigest!: boolean;

  /** Those of one batch are one message, and stay so however often it is tried. */
  @Column({ type: 'text', nullable: true })
  batch!: string | null;

  @Column({ type: 'integer' })
  attempts!: number;

  @Column({ name: 'first_tried_at', type: 'text', nullable: true })
  firstTriedAt!: string | null;

  /** Why it has not arrived yet, or never will. */
  @Column({ type: 'text', nullable: true })
  error!: string | null;

  @Column({ name: 'created_at', type: 'text' })
  createdAt!: string;

  @Column({ name: 'finished_at', type: 'text', nullable: true })
  finishedAt!: string | null;
}
