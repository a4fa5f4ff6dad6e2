/** What people get to see of an error of a database server's client. */
import { AppError } from '../../platform/errors.js';

/** The server's own words: a client's message may repeat the statement, with passwords in it. */
export function databaseProblem(error: unknown): string {
  if (error instanceof AppError || !(error instanceof Error)) return messageOf(error);
  const told = 'sqlMessage' in error ? error.sqlMessage : undefined;
  return typeof told === 'string' && told !== '' ? told : messageOf(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
