import type BetterSqlite3 from 'better-sqlite3';
import type { DataSource, ObjectLiteral, QueryBuilder } from 'typeorm';

/** What one statement did. */
export interface StatementOutcome {
  /** Rows inserted, changed or deleted. */
  changes: number;
  /** Id of the row an INSERT made. */
  lastId: number;
}

/** Runs one INSERT, UPDATE or DELETE of the surrounding transaction. */
export type Execute = (query: QueryBuilder<ObjectLiteral>) => StatementOutcome;

/**
 * Runs several statements as one transaction: all of them, or none when `work` throws.
 *
 * All stores share one connection, so a transaction that awaits would take in whatever others
 * write meanwhile and, failing, undo their work too. `work` is therefore synchronous; and stores
 * call neither `save` nor `DataSource.transaction`, which open one that awaits.
 */
export function atomically<T>(dataSource: DataSource, work: (execute: Execute) => T): T {
  const database = databaseOf(dataSource);
  const execute: Execute = (query) => {
    const [sql, parameters] = query.getQueryAndParameters() as [string, unknown[]];
    // The driver binds no booleans.
    const bound = parameters.map((value) => (typeof value === 'boolean' ? Number(value) : value));
    const { changes, lastInsertRowid } = database.prepare(sql).run(...bound);
    return { changes, lastId: Number(lastInsertRowid) };
  };
  return database.transaction(() => work(execute)).immediate();
}

/** The driver's connection; TypeORM's types do not show it. */
function databaseOf(dataSource: DataSource): BetterSqlite3.Database {
  const { databaseConnection } = dataSource.driver as unknown as {
    databaseConnection: BetterSqlite3.Database;
  };
  return databaseConnection;
}
