import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What the last validation or probe of a destination saw. */
export interface DestinationProbe {
  at: string;
  isOk: boolean;
  /** One sentence when it is not. */
  message?: string;
  freeBytes?: number;
  totalBytes?: number;
}

/**
 * A destination as the catalogue knows it: where it is, and its secrets sealed. Removing one only
 * marks it, since tasks and snapshots of the past still name it.
 */
@Entity('destination')
@Index('uq_destination_name', ['name'], { unique: true, where: 'removed_at IS NULL' })
export class StoredDestination {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_destination' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  /** `local`, … */
  @Column({ type: 'text' })
  kind!: string;

  /** Never a secret. */
  @Column({ type: 'simple-json' })
  settings!: Record<string, unknown>;

  /** JSON of name → value, sealed by the SecretBox. */
  @Column({ name: 'sealed_secrets', type: 'text', nullable: true })
  sealedSecrets!: string | null;

  @Column({ name: 'disk_limit_percent', type: 'integer', nullable: true })
  diskLimitPercent!: number | null;

  @Column({ name: 'is_enabled', type: 'boolean' })
  isEnabled!: boolean;

  @Column({ name: 'created_at', type: 'text' })
  createdAt!: string;

  @Column({ name: 'removed_at', type: 'text', nullable: true })
  removedAt!: string | null;

  @Column({ name: 'last_probe', type: 'simple-json', nullable: true })
  lastProbe!: DestinationProbe | null;
}
