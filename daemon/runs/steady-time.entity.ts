import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How much time has surely passed since the catalogue was made, as of the last look: one row. */
@Entity('steady_time')
export class SteadyMark {
  /** Always 1. */
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'pk_steady_time' })
  id!: number;

  @Column({ name: 'boot_id', type: 'text' })
  bootId!: string;

  @Column({ name: 'uptime_ms', type: 'integer' })
  uptimeMs!: number;

  @Column({ name: 'elapsed_ms', type: 'integer' })
  elapsedMs!: number;
}
