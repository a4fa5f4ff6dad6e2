import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A text of the admin's that whoever restores or downloads has to accept. It never changes, so that
 * nobody has accepted another one than was shown. */
@Entity('restore_condition')
@Index('uq_restore_condition_name', ['name'], { unique: true })
export class RestoreCondition {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_restore_condition' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  text!: string;

  @Column({ type: 'text' })
  use!: 'restore' | 'download' | 'both';

  /** Who has to accept it. */
  @Column({ type: 'text' })
  audience!: 'accounts' | 'admins' | 'everyone';

  @Column({ name: 'created_at', type: 'text' })
  createdAt!: string;
}
