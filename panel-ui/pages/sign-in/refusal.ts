import { AppError } from '../../../daemon/platform/errors.js';

/** What a form that asks for a password can say itself; everything else is a failure of the page. */
export function refusalOf(error: unknown): { message: string; status: number } {
  if (error instanceof AppError && error.code === 'auth.failed') {
    return { message: error.message, status: 422 };
  }
  if (error instanceof AppError && error.code === 'auth.too-many-attempts') {
    return { message: error.message, status: 429 };
  }
  throw error;
}
