import { Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { StoredDestination } from './destination.entity.js';
import { Job } from './job.entity.js';

/** One destination of one job. */
@Entity('job_destination')
@Index('ix_job_destination_destination', ['destinationId'])
export class JobDestination {
  @PrimaryColumn({ name: 'job_id', type: 'text', primaryKeyConstraintName: 'pk_job_destination' })
  @ForeignKey(() => Job, { name: 'fk_job_destination_job', onDelete: 'CASCADE' })
  jobId!: string;

  @PrimaryColumn({
    name: 'destination_id',
    type: 'text',
    primaryKeyConstraintName: 'pk_job_destination',
  })
  @ForeignKey(() => StoredDestination, {
    name: 'fk_job_destination_destination',
    onDelete: 'RESTRICT',
  })
  destinationId!: string;
}
