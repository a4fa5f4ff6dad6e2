/** The cookie that carries a session: unreadable for scripts, not sent along by other sites. */
import { Inject, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { SESSION_COOKIE, type HoldfastRequest } from '../daemon/api/request.js';
import type { Browser } from '../daemon/auth/sessions.service.js';
import type { Config } from '../daemon/platform/config-schema.js';
import { CONFIG } from '../daemon/platform/platform.module.js';

export const SECOND_STEP_COOKIE = 'holdfast_second_step';

@Injectable()
export class SessionCookie {
  constructor(@Inject(CONFIG) private readonly config: { panel: Config['panel'] }) {}

  give(response: Response, token: string): void {
    response.cookie(SESSION_COOKIE, token, this.options());
  }

  take(response: Response): void {
    response.clearCookie(SESSION_COOKIE, this.options());
  }

  /** Of a sign-in that waits for its second step. */
  giveStep(response: Response, token: string): void {
    response.cookie(SECOND_STEP_COOKIE, token, { ...this.options(), maxAge: 5 * 60_000 });
  }

  takeStep(response: Response): void {
    response.clearCookie(SECOND_STEP_COOKIE, this.options());
  }

  /** Only over TLS when browsers reach the panel by TLS, ours or a proxy's. */
  private options() {
    const { tls, publicUrl } = this.config.panel;
    const secure = tls !== undefined || publicUrl?.startsWith('https:') === true;
    return { httpOnly: true, sameSite: 'lax', path: '/', secure } as const;
  }
}

/** Who signs in, as the session remembers it. */
export function browserOf(request: HoldfastRequest): Browser {
  return {
    address: request.socket.remoteAddress ?? '',
    userAgent: request.headers['user-agent'] ?? '',
  };
}
