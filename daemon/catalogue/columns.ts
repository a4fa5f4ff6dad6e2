import type { QueryDeepPartialEntity } from 'typeorm';

/** An entity's columns as plain data, for rows that are about to be written. */
export type Row<T extends object> = { [Column in keyof T]: T[Column] };

/**
 * Column values for an INSERT or UPDATE. TypeORM's own type descends into JSON columns and refuses
 * `unknown` inside them; a column is written whole, so this asks only for the entity's own types.
 */
export function columns<T extends object>(values: Partial<T>): QueryDeepPartialEntity<T> {
  return values as QueryDeepPartialEntity<T>;
}
