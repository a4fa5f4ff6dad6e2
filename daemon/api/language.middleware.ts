import type { NextFunction, Response } from 'express';
import { isLanguage, languageOf, speaking } from '../platform/messages.js';
import { cookieValue } from './cookies.js';
import type { HoldfastRequest } from './request.js';

/** Which language a browser chose. */
export const LANGUAGE_COOKIE = 'holdfast_language';

/** Answers each request in the language that was chosen, or else in the one the browser prefers. */
export function languageMiddleware(
  request: HoldfastRequest,
  _response: Response,
  next: NextFunction,
): void {
  const chosen = cookieValue(request.headers.cookie, LANGUAGE_COOKIE);
  const preferred = languageOf(request.headers['accept-language']);
  speaking(isLanguage(chosen) ? chosen : preferred, next);
}
