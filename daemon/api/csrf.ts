/**
 * Against requests that another site makes a browser send. The cookie alone never changes anything:
 * a form carries the session's token, and the browser's own word about where the request comes from
 * must not contradict. The socket and API tokens need none of it: no browser adds them by itself.
 */
import { isSameToken } from '../auth/tokens.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import type { HoldfastRequest } from './request.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
export const CSRF_HEADER = 'x-csrf-token';
export const CSRF_FIELD = '_csrf';

type Checked = Pick<
  HoldfastRequest,
  'method' | 'peer' | 'headers' | 'body' | 'browserSession' | 'actor'
>;

/**
 * Throws `auth.csrf` when the request may be another site's. Needs the parsed body. `publicHost` is
 * the name and port browsers use when a proxy stands before the panel.
 */
export function checkCsrf(request: Checked, publicHost?: string): void {
  if (isSafe(request.method) || request.peer !== undefined) return;
  const { browserSession: session } = request;
  // Without a session there is an API token, which no browser sends by itself, or nobody yet: a
  // form of the sign-in page, where the browser's word is what there is.
  if (isFromElsewhere(request, publicHost)) throw refused();
  if (session === undefined) return;
  if (!isSameToken(givenToken(request), session.csrfToken)) throw refused();
}

/** Whether requests of this method never change anything. */
export function isSafe(method: string): boolean {
  return SAFE_METHODS.has(method);
}

function givenToken(request: Checked): string {
  const header = request.headers[CSRF_HEADER];
  if (typeof header === 'string') return header;
  const body: unknown = request.body;
  if (typeof body !== 'object' || body === null || !(CSRF_FIELD in body)) return '';
  return typeof body[CSRF_FIELD] === 'string' ? body[CSRF_FIELD] : '';
}

function isFromElsewhere({ headers }: Checked, publicHost: string | undefined): boolean {
  const site = headers['sec-fetch-site'];
  if (typeof site === 'string' && site !== 'same-origin' && site !== 'none') return true;
  const { origin } = headers;
  if (origin === undefined) return false;
  if (!URL.canParse(origin)) return true;
  const { host } = new URL(origin);
  return host !== headers.host?.toLowerCase() && host !== publicHost;
}

function refused(): AppError {
  return new AppError(
    'denied',
    'auth.csrf',
    t('This form is too old or came from another site. Open the page again and send it once more.'),
  );
}
