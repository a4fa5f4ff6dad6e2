import type { ValidationReport } from '../../destinations/conformance/validate-destination.js';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What the last validation or probe of a destination saw. */
export interface DestinationProbe {
  at: string;
  isOk: boolean;
  /** One sentence when it is not. */
  message?: string;
  /** When the first of those in a row that failed was. */
  failingSince?: string;
  freeBytes?: number;
  totalBytes?: number;
}

/** All that the last validation found. */
export interface StoredValidation extends ValidationReport {
  at: string;
}

/** A server other than this one, or a key other than this one's, found at a destination. */
export interface ForeignServer {
  serverId: string;
  /** As its snapshot files say; nobody vouches for it until the key is trusted. */
  name: string;
  /** SHA-256, hex, of its public key in SPKI DER form. */
  keyFingerprint: string;
  /** How many of its snapshot files the last reindex found. */
  snapshots: number;
  /** SPKI PEM; null: an admin has not trusted it. */
  publicKeyPem: string | null;
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

  /** Whose it is, for people; null: the server's. */
  @Column({ type: 'text', nullable: true })
  owner!: string | null;

  /** Calls at once; null: as the kind sees fit. */
  @Column({ type: 'integer', nullable: true })
  threads!: number | null;

  /** KiB per second, both directions together; null: no limit. */
  @Column({ name: 'bandwidth_kib', type: 'integer', nullable: true })
  bandwidthKib!: number | null;

  /** Adopted to restore from: nothing is ever written there. */
  @Column({ name: 'is_read_only', type: 'boolean', default: false })
  isReadOnly!: boolean;

  /** End users see the snapshots that lie there. */
  @Column({ name: 'is_visible', type: 'boolean', default: true })
  isVisible!: boolean;

  @Column({ type: 'text', default: '' })
  notes!: string;

  @Column({ name: 'foreign_servers', type: 'simple-json', default: '[]' })
  foreignServers!: ForeignServer[];

  @Column({ name: 'is_enabled', type: 'boolean' })
  isEnabled!: boolean;

  @Column({ name: 'created_at', type: 'text' })
  createdAt!: string;

  @Column({ name: 'removed_at', type: 'text', nullable: true })
  removedAt!: string | null;

  @Column({ name: 'last_probe', type: 'simple-json', nullable: true })
  lastProbe!: DestinationProbe | null;

  /** When a prune of all that lies there was last started; a day later the next one is. */
  @Column({ name: 'prune_started_at', type: 'text', nullable: true })
  pruneStartedAt!: string | null;

  /** When one last succeeded. */
  @Column({ name: 'last_pruned_at', type: 'text', nullable: true })
  lastPrunedAt!: string | null;

  /** When it was said that none has succeeded for too long; null: all is well. */
  @Column({ name: 'prune_alarm_at', type: 'text', nullable: true })
  pruneAlarmAt!: string | null;

  @Column({ name: 'last_validation', type: 'simple-json', nullable: true })
  lastValidation!: StoredValidation | null;
}
