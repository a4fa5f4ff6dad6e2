import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

export type EventOrigin = 'cli' | 'api' | 'panel' | 'daemon';

/**
 * Who did what, when, from where. Without foreign keys on purpose: an event outlives what it is
 * about.
 */
@Entity('event')
@Index('ix_event_at', ['at'])
@Index('ix_event_account', ['accountId', 'id'])
@Index('ix_event_subject', ['subjectKind', 'subjectId', 'id'])
export class RecordedEvent {
  @PrimaryGeneratedColumn('increment', { type: 'integer' })
  id!: number;

  @Column({ type: 'text' })
  at!: string;

  /** The actor's label as it was then. */
  @Column({ type: 'text' })
  actor!: string;

  @Column({ name: 'actor_uid', type: 'integer', nullable: true })
  actorUid!: number | null;

  @Column({ type: 'text' })
  origin!: EventOrigin;

  @Column({ type: 'text', nullable: true })
  address!: string | null;

  /** `job.created`, `user.password-changed`, … */
  @Column({ type: 'text' })
  action!: string;

  @Column({ name: 'subject_kind', type: 'text' })
  subjectKind!: string;

  @Column({ name: 'subject_id', type: 'text' })
  subjectId!: string;

  /** Whose it is; only this account's actor may see it. */
  @Column({ name: 'account_id', type: 'text', nullable: true })
  accountId!: string | null;

  @Column({ type: 'simple-json' })
  details!: Record<string, unknown>;
}
