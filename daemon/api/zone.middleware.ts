import type { NextFunction, Response } from 'express';
import { inZone, isZone } from '../platform/zones.js';
import { cookieValue } from './cookies.js';
import type { HoldfastRequest } from './request.js';

/** Which zone the browser is in; its script says so (panel-ui/assets/zone.js). */
export const ZONE_COOKIE = 'holdfast_zone';

/** Answers each request in the viewer's time zone, or else in the server's. */
export function zoneMiddleware(serverZone: string) {
  return (request: HoldfastRequest, _response: Response, next: NextFunction): void => {
    const told = cookieValue(request.headers.cookie, ZONE_COOKIE);
    inZone(isZone(told) ? told : serverZone, next);
  };
}
