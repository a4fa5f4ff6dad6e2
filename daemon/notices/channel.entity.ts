import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AdminKind, Level } from './notice-kinds.js';

export type ChannelKindName = 'mail' | 'webhook' | 'slack' | 'ntfy';

/** A way by which admins are told what happens. */
@Entity('channel')
@Index('uq_channel_name', ['name'], { unique: true })
export class Channel {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_channel' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  kind!: ChannelKindName;

  /** Of the kind; no secret is among them. */
  @Column({ type: 'simple-json' })
  settings!: Record<string, unknown>;

  @Column({ name: 'sealed_secrets', type: 'text', nullable: true })
  sealedSecrets!: string | null;

  /** What is less urgent is not said. */
  @Column({ type: 'text' })
  level!: Level;

  /** Only these; null: all. */
  @Column({ type: 'simple-json', nullable: true })
  events!: AdminKind[] | null;

  /** All of a day at this hour, in the server's time zone; null: everything at once. */
  @Column({ name: 'digest_hour', type: 'integer', nullable: true })
  digestHour!: number | null;

  @Column({ name: 'is_enabled', type: 'boolean' })
  isEnabled!: boolean;

  @Column({ name: 'created_at', type: 'text' })
  createdAt!: string;
}
