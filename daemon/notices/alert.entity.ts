import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { ConditionKind, Level } from './notice-kinds.js';
import type { NoticeFacts } from './notice.entity.js';

export type AlertState = 'open' | 'acknowledged' | 'cleared';

/** Something wrong that lasts. One row from when it began until it is over; then it is history. */
@Entity('alert')
@Index('uq_alert_open', ['kind', 'key'], { unique: true, where: `state <> 'cleared'` })
@Index('ix_alert_state', ['state', 'id'])
export class Alert {
  @PrimaryGeneratedColumn('increment', { type: 'integer' })
  id!: number;

  @Column({ type: 'text' })
  kind!: ConditionKind;

  /** What it is about: the id of a destination, an account, … */
  @Column({ type: 'text' })
  key!: string;

  @Column({ type: 'text' })
  level!: Level;

  @Column({ type: 'simple-json' })
  facts!: NoticeFacts;

  @Column({ type: 'text' })
  state!: AlertState;

  @Column({ type: 'text' })
  since!: string;

  @Column({ name: 'last_seen_at', type: 'text' })
  lastSeenAt!: string;

  @Column({ name: 'acknowledged_at', type: 'text', nullable: true })
  acknowledgedAt!: string | null;

  /** The actor's label as it was then. */
  @Column({ name: 'acknowledged_by', type: 'text', nullable: true })
  acknowledgedBy!: string | null;

  @Column({ name: 'cleared_at', type: 'text', nullable: true })
  clearedAt!: string | null;
}
