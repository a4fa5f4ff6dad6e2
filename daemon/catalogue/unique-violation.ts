import { QueryFailedError } from 'typeorm';
import { AppError, errnoOf } from '../platform/errors.js';
import { msg, t } from '../platform/messages.js';

const TAKEN = {
  'api-token': msg('There is already a api-token named "{name}". Choose another name.'),
  channel: msg('There is already a channel named "{name}". Choose another name.'),
  condition: msg('There is already a condition named "{name}". Choose another name.'),
  destination: msg('There is already a destination named "{name}". Choose another name.'),
  hook: msg('There is already a hook named "{name}". Choose another name.'),
  job: msg('There is already a job named "{name}". Choose another name.'),
  user: msg('There is already a user named "{name}". Choose another name.'),
};

/** What people give names. */
type Named = keyof typeof TAKEN;

/** Runs an INSERT or UPDATE; a name that is taken becomes a `conflict` that says so. */
export async function refusingTakenName<T>(
  what: Named,
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
export function refusingTakenNameSync<T>(what: Named, name: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw isUniqueViolation(error) ? nameTaken(what, name, error) : error;
  }
}

export function nameTaken(what: Named, name: string, cause: unknown): AppError {
  const message = t(TAKEN[what], { name });
  return new AppError('conflict', `${what}.exists`, message, { cause });
}

/** A duplicate of a unique index or primary key; the driver's error may be wrapped by TypeORM. */
function isUniqueViolation(error: unknown): boolean {
  const driverError: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const code = errnoOf(driverError);
  return code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY';
}
