import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** `run`: a run of a job; `task`: the backup of one account within it. */
export type HookSubject = 'run' | 'task' | 'restore';
export type HookMoment = 'before' | 'after';

/** A program of the admin's that is run before or after something. */
@Entity('hook')
@Index('uq_hook_name', ['name'], { unique: true })
export class Hook {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_hook' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  moment!: HookMoment;

  @Column({ type: 'text' })
  subject!: HookSubject;

  /** Absolute; see ../platform/trusted-program.ts. */
  @Column({ type: 'text' })
  program!: string;

  @Column({ type: 'simple-json' })
  args!: string[];

  @Column({ name: 'timeout_seconds', type: 'integer' })
  timeoutSeconds!: number;

  @Column({ name: 'is_enabled', type: 'boolean' })
  isEnabled!: boolean;

  @Column({ name: 'created_at', type: 'text' })
  createdAt!: string;
}
