import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ALLOW_ANONYMOUS, authRequired, type HoldfastRequest } from './request.js';

/** Global: every route needs a caller unless it says `@AllowAnonymous()`. */
@Injectable()
export class ActorGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const isOpen = this.reflector.getAllAndOverride<boolean | undefined>(ALLOW_ANONYMOUS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (isOpen === true) return true;
    if (context.switchToHttp().getRequest<HoldfastRequest>().actor === undefined) {
      throw authRequired();
    }
    return true;
  }
}
