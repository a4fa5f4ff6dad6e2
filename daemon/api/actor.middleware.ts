/**
 * Says who calls, before anything else looks at a request: over the Unix socket the kernel's word,
 * over TCP a session cookie or an API token. A cookie or token that is not good any more leaves the
 * request without a caller; a wrong Bearer token is refused at once.
 */
import type { NextFunction, Response } from 'express';
import { ActorsService } from '../auth/actors.service.js';
import { ApiTokensService } from '../auth/api-tokens.service.js';
import { SessionsService } from '../auth/sessions.service.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { cookieValue } from './cookies.js';
import { isSafe } from './csrf.js';
import { peerOf } from './listeners.js';
import { SESSION_COOKIE, type HoldfastRequest } from './request.js';

export interface Identities {
  actors: ActorsService;
  sessions: SessionsService;
  tokens: ApiTokensService;
}

export function actorMiddleware(identities: Identities) {
  return (request: HoldfastRequest, _response: Response, next: NextFunction): void => {
    identify(request, identities).then(() => {
      next();
    }, next);
  };
}

async function identify(request: HoldfastRequest, identities: Identities): Promise<void> {
  const peer = peerOf(request.socket);
  if (peer !== undefined) {
    request.peer = peer;
    const isCli = request.headers['user-agent'] === 'holdfast-cli';
    request.actor = await identities.actors.ofPeer(peer.uid, { origin: isCli ? 'cli' : 'api' });
    return;
  }
  const address = request.socket.remoteAddress ?? '';
  const token = bearerToken(request.headers.authorization);
  if (token !== undefined) {
    const actor = await identities.tokens.findActor(token, address, !isSafe(request.method));
    if (actor === undefined) throw badToken();
    request.actor = actor;
    request.isStillKnown = async () =>
      (await identities.tokens.findActor(token, address, false)) !== undefined;
    return;
  }
  const cookie = cookieValue(request.headers.cookie, SESSION_COOKIE);
  if (cookie === undefined) return;
  const found = await identities.sessions.find(cookie, address);
  if (found === undefined) return;
  request.actor = found.actor;
  request.isStillKnown = () => identities.sessions.isOpen(found.session.id);
  request.browserSession = { id: found.session.id, csrfToken: found.session.csrfToken };
}

function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
}

function badToken(): AppError {
  return new AppError('denied', 'auth.bad-token', t('The API token is unknown or has expired.'));
}
