import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { inputError, type Problem } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { inputsOf, isApiRoute } from './openapi.js';
import type { HoldfastRequest } from './request.js';

/**
 * Refuses a query or a body that a route of the API does not read: an unknown field is an error
 * also where no field is known. Those that a route reads are checked by their strict schema.
 */
@Injectable()
export class StrayInputGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const handler = context.getHandler();
    if (!isApiRoute(handler)) return true;
    const inputs = inputsOf(context.getClass(), handler.name);
    const request = context.switchToHttp().getRequest<HoldfastRequest>();
    const problems = [
      ...(inputs.query === undefined ? strayFields(request.query) : []),
      ...(inputs.body === undefined ? strayFields(request.body) : []),
    ];
    if (problems.length === 0) return true;
    throw inputError('request.invalid', t('The request has fields that are not known.'), problems);
  }
}

function strayFields(given: unknown): Problem[] {
  if (typeof given !== 'object' || given === null) return [];
  return Object.keys(given)
    .filter((field) => field !== '_csrf')
    .map((field) => ({ field, message: t('is not known here') }));
}
