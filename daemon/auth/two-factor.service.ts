/**
 * Turning codes of an app on and off: for oneself, with a fresh session; for others by an admin, who
 * can only take them away. Neighbours: totp.service.ts keeps the secrets and checks the codes.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { CLOCK } from '../platform/platform.module.js';
import { refuseWhileViewing, requireAdmin, type Actor } from './actor.js';
import { EventsService } from './events.service.js';
import { requireFreshSession } from './fresh-session.js';
import { SignInLimiter } from './sign-in-limiter.js';
import { TotpService, type TotpProposal } from './totp.service.js';
import { UsersService, type UserView } from './users.service.js';

/** Of the one who asks. */
export interface TwoFactorState {
  user: UserView;
  isRequired: boolean;
  codesLeft: number;
}

@Injectable()
export class TwoFactorService {
  constructor(
    private readonly users: UsersService,
    private readonly totp: TotpService,
    private readonly events: EventsService,
    private readonly limiter: SignInLimiter,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async look(actor: Actor): Promise<TwoFactorState> {
    const user = await this.users.self(actor);
    const codesLeft = await this.totp.countCodes(user.id);
    return { user, isRequired: this.totp.isRequired(user), codesLeft };
  }

  /** A secret to scan. Throws `totp.no-password` for a user who cannot sign in by a password. */
  async propose(actor: Actor, sealed?: string): Promise<TotpProposal> {
    return this.totp.propose(await this.changing(actor), sealed);
  }

  /** Answers recovery codes, told only now. Sessions that there are stay. */
  async turnOn(
    actor: Actor,
    { sealed, code }: { sealed: string; code: string },
  ): Promise<string[]> {
    const user = await this.changing(actor);
    if (user.hasTotp) throw onAlready();
    const codes = await this.totp.confirm(user, sealed, code);
    await this.record(actor, 'user.totp-enabled', user);
    return codes;
  }

  async turnOff(actor: Actor): Promise<void> {
    const user = await this.changing(actor);
    if (this.totp.isRequired(user)) throw required();
    await this.totp.turnOff(user.id);
    await this.record(actor, 'user.totp-disabled', user);
  }

  /** In place of those there are. */
  async renewCodes(actor: Actor): Promise<string[]> {
    const user = await this.changing(actor);
    if (!user.hasTotp) throw notOn();
    const codes = await this.totp.renewCodes(user.id);
    await this.record(actor, 'user.recovery-codes-renewed', user);
    return codes;
  }

  /** For a user who has lost the phone and the codes; by an admin. */
  async reset(actor: Actor, nameOrId: string): Promise<void> {
    requireAdmin(actor);
    requireFreshSession(actor, this.clock.now());
    const user = await this.users.get(actor, nameOrId);
    await this.totp.turnOff(user.id);
    this.limiter.succeed(user.name, '');
    await this.record(actor, 'user.totp-reset', user);
  }

  private async changing(actor: Actor): Promise<UserView> {
    refuseWhileViewing(actor);
    const user = await this.users.self(actor);
    requireFreshSession(actor, this.clock.now());
    if (!user.hasPassword) throw noPassword();
    return user;
  }

  private async record(actor: Actor, action: string, user: UserView): Promise<void> {
    const subject = { kind: 'user', id: user.id, accountId: user.accountId };
    await this.events.record(actor, action, subject, { name: user.name });
  }
}

function noPassword(): AppError {
  const message = t('Codes go with a password, and you have none yet. Set one first.');
  return new AppError('conflict', 'totp.no-password', message);
}

function onAlready(): AppError {
  const message = t(
    'Codes are asked for already. Switch them off before setting up another phone.',
  );
  return new AppError('conflict', 'totp.on-already', message);
}

function notOn(): AppError {
  return new AppError(
    'conflict',
    'totp.not-on',
    t('Codes are not asked for yet. Set them up first.'),
  );
}

function required(): AppError {
  const message = t(
    'This server asks everyone like you for codes (auth.requireTotp), so they cannot be switched off.',
  );
  return new AppError('conflict', 'totp.required', message);
}
