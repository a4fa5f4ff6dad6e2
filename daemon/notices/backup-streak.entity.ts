import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { Account } from '../accounts/account.entity.js';
import { Job } from '../jobs/job.entity.js';

/** How often in a row the backup of an account by a job has failed. No row: the last one did not. */
@Entity('backup_streak')
export class BackupStreak {
  @PrimaryColumn({ name: 'account_id', type: 'text', primaryKeyConstraintName: 'pk_backup_streak' })
  @ForeignKey(() => Account, { name: 'fk_backup_streak_account', onDelete: 'CASCADE' })
  accountId!: string;

  @PrimaryColumn({ name: 'job_id', type: 'text', primaryKeyConstraintName: 'pk_backup_streak' })
  @ForeignKey(() => Job, { name: 'fk_backup_streak_job', onDelete: 'CASCADE' })
  jobId!: string;

  @Column({ type: 'integer' })
  failures!: number;

  /** Its owner was told. */
  @Column({ name: 'is_told', type: 'boolean' })
  isTold!: boolean;
}
