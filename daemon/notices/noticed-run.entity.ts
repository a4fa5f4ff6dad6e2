import { Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { Run } from '../runs/run.entity.js';

/** A run whose end was told, or needs not be. Written with its notices, so that each is told once. */
@Entity('noticed_run')
export class NoticedRun {
  @PrimaryColumn({ name: 'run_id', type: 'integer', primaryKeyConstraintName: 'pk_noticed_run' })
  @ForeignKey(() => Run, { name: 'fk_noticed_run_run', onDelete: 'CASCADE' })
  runId!: number;
}
