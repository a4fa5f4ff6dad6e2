/**
 * The second step of signing in: a code of the app or a recovery code; or, where the configuration
 * asks for codes and the user has none yet, setting one up. Tries are counted for the user, from all
 * addresses together: who comes this far knows the password.
 */
import { Injectable } from '@nestjs/common';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { PendingSignIns, type PendingSignIn } from './pending-sign-ins.js';
import type { Browser, SignedIn } from './sessions.service.js';
import { principalOf, SignInGate } from './sign-in-gate.service.js';
import { SignInLimiter } from './sign-in-limiter.js';
import { TotpService, wrongCode, type TotpProposal } from './totp.service.js';
import type { User } from './user.entity.js';
import { UsersStore } from './users.store.js';

/** What the page of the second step asks for. */
export type SecondStep =
  { kind: 'code'; name: string } | { kind: 'set-up'; name: string; proposal: TotpProposal };

/** A finished second step. Recovery codes only when it was set up just now: told here and never again. */
export type FinishedStep = SignedIn & { recoveryCodes: string[] };

@Injectable()
export class SecondStepService {
  constructor(
    private readonly pending: PendingSignIns,
    private readonly users: UsersStore,
    private readonly totp: TotpService,
    private readonly gate: SignInGate,
    private readonly limiter: SignInLimiter,
  ) {}

  /** Throws `auth.step-over` when it took too long. `sealed` is a proposal that is being tried. */
  async look(token: string, sealed?: string): Promise<SecondStep> {
    const { user } = await this.waiting(this.pending.find(token));
    const { name } = user;
    if (user.totpSecret !== null) return { kind: 'code', name };
    return { kind: 'set-up', name, proposal: this.totp.propose(user, sealed) };
  }

  /**
   * Throws `totp.code-wrong`, `auth.too-many-attempts`, or `auth.step-over` after five tries or five
   * minutes. `sealed` comes with a code that sets up.
   */
  async finish(
    token: string,
    { code, sealed }: { code: string; sealed?: string | undefined },
    browser: Browser,
  ): Promise<FinishedStep> {
    const found = this.pending.find(token);
    const { user } = await this.waiting(found);
    this.limiter.begin(user.name, EVERYWHERE);
    const { by } = await this.waiting(this.pending.try(token));
    const factor = await this.check(user, code, sealed).catch(async (error: unknown) => {
      if (isWrongCode(error)) await this.refuse(user, browser);
      throw error;
    });
    if (!this.pending.finish(token)) throw stepOver();
    this.limiter.succeed(user.name, EVERYWHERE);
    const signedIn = await this.gate.begin(principalOf(user), `${by}+${factor.by}`, browser);
    if (!signedIn) throw stepOver();
    return { ...signedIn, recoveryCodes: factor.recoveryCodes };
  }

  private async check(user: User, code: string, sealed: string | undefined) {
    if (user.totpSecret === null) {
      const recoveryCodes = await this.totp.confirm(user, sealed ?? '', code);
      return { by: 'totp', recoveryCodes };
    }
    const by = await this.totp.take(user, code);
    if (by === undefined) throw wrongCode();
    return { by, recoveryCodes: [] };
  }

  private async waiting(found: PendingSignIn | undefined): Promise<{ user: User; by: string }> {
    const user = found && (await this.users.findById(found.userId));
    if (!found || user?.disabledAt !== null) throw stepOver();
    return { user, by: found.by };
  }

  private refuse(user: User, browser: Browser): Promise<void> {
    return this.gate.refuse(user, browser, this.limiter.lockOutOf(user.name, EVERYWHERE));
  }
}

/** No address of a browser: counts all of them together. */
const EVERYWHERE = '';

function isWrongCode(error: unknown): boolean {
  return error instanceof AppError && error.code === 'totp.code-wrong';
}

function stepOver(): AppError {
  const message = t('This sign-in took too long or had too many tries. Begin again.');
  return new AppError('denied', 'auth.step-over', message);
}
