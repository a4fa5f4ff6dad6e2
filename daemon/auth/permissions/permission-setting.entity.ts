import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Level, Value } from './decide.js';

const primary = { type: 'text', primaryKeyConstraintName: 'pk_permission_setting' } as const;

/**
 * What one level says about one permission. A level that says nothing has no row. Without foreign
 * keys: resellers and packages are names that account sources tell.
 */
@Entity('permission_setting')
@Index('ix_permission_setting_permission', ['permission', 'value'])
export class PermissionSetting {
  @PrimaryColumn(primary)
  level!: Level;

  /** The reseller's or the package's name, the account's id; empty for the server. */
  @PrimaryColumn(primary)
  subject!: string;

  @PrimaryColumn(primary)
  permission!: string;

  @Column({ type: 'text' })
  value!: Value;

  /** Said by a reseller, who gives only what it has itself. */
  @Column({ name: 'is_by_reseller', type: 'boolean' })
  isByReseller!: boolean;

  /** The actor's label as it was then. */
  @Column({ name: 'set_by', type: 'text' })
  setBy!: string;

  @Column({ name: 'set_at', type: 'text' })
  setAt!: string;
}
