import type { NextFunction, Response } from 'express';
import { isLanguage, languageOf, speaking, type Language } from '../platform/messages.js';
import { cookieValue } from './cookies.js';
import type { HoldfastRequest } from './request.js';

/** Which language a browser chose. */
export const LANGUAGE_COOKIE = 'holdfast_language';

type Asked = Pick<HoldfastRequest, 'path' | 'headers' | 'peer'>;

/**
 * Answers each request in its language: pages in the one that was chosen, or else in the one the
 * browser prefers. Programs are answered in English, whatever they prefer: they compare texts.
 */
export function languageMiddleware(
  request: HoldfastRequest,
  _response: Response,
  next: NextFunction,
): void {
  speaking(languageFor(request), next);
}

export function languageFor(request: Asked): Language {
  if (request.peer !== undefined || isForPrograms(request)) return 'en';
  const chosen = cookieValue(request.headers.cookie, LANGUAGE_COOKIE);
  return isLanguage(chosen) ? chosen : languageOf(request.headers['accept-language']);
}

/** Whether it asks the API, and not for a page. */
export function isForPrograms({ path }: Pick<HoldfastRequest, 'path'>): boolean {
  return path === '/api' || path.startsWith('/api/');
}
