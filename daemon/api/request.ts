/**
 * What the doors know about a request before any page or route sees it: who the kernel, the
 * session cookie or the token says is calling. `actor.middleware.ts` fills it in; the API and the
 * panel read it. Nothing here is ever taken from a header that the caller can make up.
 */
import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { Actor } from '../auth/actor.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';

/** The process at the other end of a Unix socket, as the kernel tells it. */
export interface Peer {
  pid: number;
  uid: number;
  gid: number;
}

/** The session behind the cookie; its CSRF token goes into every form. */
export interface BrowserSession {
  id: string;
  csrfToken: string;
}

export interface HoldfastRequest extends Request {
  /** Present on the Unix socket only. */
  peer?: Peer;
  actor?: Actor;
  /** Present only when a session cookie was accepted. */
  browserSession?: BrowserSession;
  /** For answers that take long: whether the session or token is good still. The kernel's word always is. */
  isStillKnown?: () => Promise<boolean>;
}

/** Holds the session token. */
export const SESSION_COOKIE = 'holdfast_session';

/** Marks a controller or a handler that answers without credentials. */
export const ALLOW_ANONYMOUS = 'holdfast:allow-anonymous';
export const AllowAnonymous = (): MethodDecorator & ClassDecorator =>
  SetMetadata(ALLOW_ANONYMOUS, true);

export function authRequired(): AppError {
  return new AppError(
    'denied',
    'auth.required',
    t('This needs a signed-in user: sign in, or send an API token as "Authorization: Bearer …".'),
  );
}

/** The caller, as a handler's argument. Refuses a request that has none. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const { actor } = context.switchToHttp().getRequest<HoldfastRequest>();
  if (actor === undefined) throw authRequired();
  return actor;
});
