import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { Account } from '../accounts/account.entity.js';
import type { Level, NoticeKind } from './notice-kinds.js';

/** `moment`: it happened; `raised` and `cleared`: it began, and it is over. */
export type NoticePhase = 'moment' | 'raised' | 'cleared';

/** What a notice says; every text may be hostile. */
export interface NoticeFacts {
  /** By name: a job, an account, a destination. */
  subject: string;
  /** Beside the subject, for the text of the kind. */
  values: Record<string, string | number>;
  /** Which of several it concerns, at most `MOST_LISTED`, … */
  list: { name: string; problem: string | null }[];
  /** … and how many more there are. */
  more: number;
  runId: number | null;
}

/** Something that happened and is told, by however many deliveries. Never changed. */
@Entity('notice')
@Index('ix_notice_at', ['at'])
@Index('ix_notice_kind', ['kind', 'id'])
export class Notice {
  @PrimaryGeneratedColumn('increment', { type: 'integer' })
  id!: number;

  @Column({ type: 'text' })
  at!: string;

  @Column({ type: 'text' })
  kind!: NoticeKind;

  @Column({ type: 'text' })
  level!: Level;

  @Column({ type: 'text' })
  phase!: NoticePhase;

  @Column({ type: 'simple-json' })
  facts!: NoticeFacts;

  /** Whose owner is told; null: admins are. */
  @Column({ name: 'account_id', type: 'text', nullable: true })
  @ForeignKey(() => Account, { name: 'fk_notice_account', onDelete: 'CASCADE' })
  accountId!: string | null;
}
