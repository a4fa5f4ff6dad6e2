import { QueryFailedError } from 'typeorm';
import { AppError, errnoOf } from '../platform/errors.js';

/** Runs an INSERT or UPDATE; a name that is taken becomes a `conflict` that says so. */
export async function refusingTakenName<T>(
  what: string,
  name: string,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw isUniqueViolation(error) ? nameTaken(what, name, error) : error;
  }
}

/** The same for a write inside `atomically`, which is synchronous. */
export function refusingTakenNameSync<T>(what: string, name: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw isUniqueViolation(error) ? nameTaken(what, name, error) : error;
  }
}

export function nameTaken(what: string, name: string, cause: unknown): AppError {
  const message = `There is already a ${what} named "${name}". Choose another name.`;
  return new AppError('conflict', `${what}.exists`, message, { cause });
}

/** A duplicate of a unique index or primary key; the driver's error may be wrapped by TypeORM. */
function isUniqueViolation(error: unknown): boolean {
  const driverError: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const code = errnoOf(driverError);
  return code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY';
}
