import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Structure } from '../engine/types.js';
import type { JobAccounts } from './account-filter.js';

/** What to back up, of which accounts, in which structure. Where to: `JobDestination`. */
@Entity('job')
@Index('uq_job_name', ['name'], { unique: true })
export class Job {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_job' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  /** Every active account, those named, or those that a filter takes. */
  @Column({ type: 'simple-json' })
  accounts!: JobAccounts;

  @Column({ type: 'text' })
  structure!: Structure;

  @Column({ type: 'simple-json' })
  excludes!: string[];

  @Column({ name: 'use_default_excludes', type: 'boolean' })
  useDefaultExcludes!: boolean;

  /** Core files of WordPress that match the checksums of their release are left out. */
  @Column({ name: 'skip_wordpress_core', type: 'boolean', default: false })
  skipWordpressCore!: boolean;

  /** How often a failed task is tried again within its run. */
  @Column({ type: 'integer' })
  retries!: number;

  @Column({ name: 'is_enabled', type: 'boolean' })
  isEnabled!: boolean;

  @Column({ name: 'created_at', type: 'text' })
  createdAt!: string;
}
