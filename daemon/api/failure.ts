/**
 * An error as HTTP shows it. One translation for the JSON of the API and the pages of the panel;
 * `error.filter.ts` calls it and picks the form.
 */
import { randomBytes } from 'node:crypto';
import { HttpException } from '@nestjs/common';
import { AppError, toAppError, type ErrorKind } from '../platform/errors.js';
import { t } from '../platform/messages.js';

export interface HttpFailure {
  status: number;
  kind: ErrorKind;
  code: string;
  message: string;
  details: Record<string, unknown>;
  /** Only of bugs: finds the stack in the log. */
  errorId?: string;
}

/** The status of an error. Field problems are 422: understood, and wrong. */
function statusOf(error: AppError): number {
  switch (error.kind) {
    case 'input':
      return Array.isArray(error.details['problems']) ? 422 : statusOfInput(error.code);
    case 'not-found':
      return 404;
    case 'denied':
      return statusOfDenied(error.code);
    case 'conflict':
    case 'cancelled':
      return 409;
    case 'source':
    case 'destination':
      return 502;
    case 'integrity':
    case 'bug':
      return 500;
  }
}

function statusOfInput(code: string): number {
  if (code === 'request.too-large') return 413;
  if (code === 'request.range') return 416;
  return 400;
}

function statusOfDenied(code: string): number {
  if (code === 'auth.required' || code === 'auth.bad-token') return 401;
  if (code === 'auth.too-many-attempts' || code === 'download.too-many-fetches') return 429;
  if (code === 'auth.wrong-host') return 421;
  return 403;
}

/** Errors that Nest, Express and its body parser throw before any of our code runs. */
function fromFramework(error: unknown): AppError | undefined {
  const status = frameworkStatus(error);
  if (status === undefined || status >= 500) return undefined;
  if (status === 404) {
    return new AppError('not-found', 'route.not-found', t('There is nothing at this address.'));
  }
  if (status === 405) {
    return new AppError(
      'not-found',
      'route.no-method',
      t('This address does not answer this method.'),
    );
  }
  if (status === 413) {
    return new AppError('input', 'request.too-large', t('The request body is too large.'));
  }
  const text = error instanceof Error ? error.message : t('The request could not be understood.');
  return new AppError(
    'input',
    'request.malformed',
    t('The request could not be read: {text}', { text }),
  );
}

function frameworkStatus(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (error instanceof Error && 'status' in error && typeof error.status === 'number') {
    return error.status;
  }
  return undefined;
}

/** What to answer, and the error to log. The text of a bug stays in the log. */
export function toHttpFailure(error: unknown): { failure: HttpFailure; error: AppError } {
  const known = error instanceof AppError ? error : (fromFramework(error) ?? toAppError(error));
  if (known.kind !== 'bug') {
    const { kind, code, message, details } = known;
    return { failure: { status: statusOf(known), kind, code, message, details }, error: known };
  }
  const errorId = randomBytes(6).toString('hex');
  const message = t(
    'Something went wrong inside Holdfast. The log has it under error id {errorId}.',
    { errorId },
  );
  return {
    failure: { status: 500, kind: 'bug', code: known.code, message, details: {}, errorId },
    error: known,
  };
}

/** The body of a failed API call. */
export function failureBody(failure: HttpFailure): object {
  const { kind, code, message, details, errorId } = failure;
  return {
    error: {
      kind,
      code,
      message,
      ...(errorId === undefined ? {} : { errorId }),
      ...(Object.keys(details).length === 0 ? {} : { details }),
    },
  };
}
