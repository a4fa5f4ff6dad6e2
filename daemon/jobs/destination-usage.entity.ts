import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { StoredDestination } from './destination.entity.js';

/** What lay at a destination at the end of a day, or lies there so far today. */
@Entity('destination_usage')
@Index('ix_destination_usage_day', ['day'])
export class DestinationUsage {
  @PrimaryColumn({
    name: 'destination_id',
    type: 'text',
    primaryKeyConstraintName: 'pk_destination_usage',
  })
  @ForeignKey(() => StoredDestination, {
    name: 'fk_destination_usage_destination',
    onDelete: 'CASCADE',
  })
  destinationId!: string;

  /** `2026-11-21`, of UTC. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_destination_usage' })
  day!: string;

  /** Of the snapshots that are listed. */
  @Column({ name: 'stored_bytes', type: 'integer' })
  storedBytes!: number;

  @Column({ type: 'integer' })
  snapshots!: number;

  /** As the last probe of it saw; null: the store cannot say. */
  @Column({ name: 'free_bytes', type: 'integer', nullable: true })
  freeBytes!: number | null;
}
