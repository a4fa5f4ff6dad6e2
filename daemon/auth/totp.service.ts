/**
 * The second factor of users with a password: codes of an app, and recovery codes for when it is
 * lost. Secrets are sealed, recovery codes hashed, and neither is taken twice. Neighbours:
 * two-factor.service.ts decides who may turn it on and off, second-step.service.ts asks for it.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { AppError, inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import { SecretBox } from '../platform/secret.js';
import { RecoveryCodesStore } from './recovery-codes.store.js';
import { newTotpSecret, stepOfCode, totpUri } from './totp.js';
import type { User } from './user.entity.js';
import { UsersStore } from './users.store.js';

const PROPOSED_MS = 15 * 60_000;

/** A secret to put into an app; nothing is kept until a code of it was typed. */
export interface TotpProposal {
  /** Comes back with the code. */
  sealed: string;
  /** To type into an app. */
  secret: string;
  /** For a QR code. */
  uri: string;
}

type Named = Pick<User, 'id' | 'name'>;

@Injectable()
export class TotpService {
  constructor(
    private readonly users: UsersStore,
    private readonly codes: RecoveryCodesStore,
    private readonly box: SecretBox,
    @Inject(CONFIG) private readonly config: Pick<Config, 'auth' | 'server'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Whether the configuration asks this user for codes. */
  isRequired({ role }: Pick<User, 'role'>): boolean {
    const { requireTotp } = this.config.auth;
    return requireTotp === 'all' || (requireTotp === 'admins' && role === 'admin');
  }

  /** The proposal as it came back is shown again, so that what was scanned stays good. */
  propose(user: Named, sealed?: string): TotpProposal {
    const known = sealed === undefined ? undefined : this.openProposal(user.id, sealed);
    const secret = known ?? newTotpSecret();
    const expires = this.clock.now().getTime() + PROPOSED_MS;
    return {
      sealed:
        known !== undefined && sealed !== undefined
          ? sealed
          : this.box.seal(`${String(expires)} ${secret}`, proposalOf(user.id)),
      secret,
      uri: totpUri(secret, user.name, this.config.server.name),
    };
  }

  /**
   * Turns it on when the code is one of the proposed secret; answers recovery codes, told only now.
   * Throws `totp.code-wrong` or, when the proposal is old, `totp.proposal-old`.
   */
  async confirm(user: Named, sealed: string, code: string): Promise<string[]> {
    const secret = this.openProposal(user.id, sealed);
    if (secret === undefined) throw oldProposal();
    const now = this.clock.now();
    const step = stepOfCode(secret, code, now);
    if (step === undefined) throw wrongCode();
    await this.users.setTotp(user.id, {
      totpSecret: this.box.seal(secret, secretOf(user.id)),
      totpSince: now.toISOString(),
      totpLastStep: step,
    });
    return this.codes.renew(user.id);
  }

  /** Takes a code of the app or a recovery code, each once; undefined: it is neither. */
  async take(user: User, code: string): Promise<'totp' | 'recovery-code' | undefined> {
    if (user.totpSecret === null) return undefined;
    const secret = this.box.open(user.totpSecret, secretOf(user.id)).reveal();
    const step = stepOfCode(secret, code, this.clock.now());
    if (step !== undefined) {
      return (await this.users.advanceTotp(user.id, step)) ? 'totp' : undefined;
    }
    return (await this.codes.use(user.id, code)) ? 'recovery-code' : undefined;
  }

  async turnOff(userId: string): Promise<void> {
    const none = { totpSecret: null, totpSince: null, totpLastStep: null };
    await this.users.setTotp(userId, none);
    await this.codes.removeAll(userId);
  }

  renewCodes(userId: string): Promise<string[]> {
    return this.codes.renew(userId);
  }

  countCodes(userId: string): Promise<number> {
    return this.codes.count(userId);
  }

  private openProposal(userId: string, sealed: string): string | undefined {
    try {
      const [expires, secret] = this.box.open(sealed, proposalOf(userId)).reveal().split(' ');
      return Number(expires) > this.clock.now().getTime() ? secret : undefined;
    } catch {
      return undefined;
    }
  }
}

export function wrongCode(): AppError {
  const message = t(
    'This code is not right, or was used already. Wait for the next one; if that fails, check the clock of the phone.',
  );
  return inputError('totp.code-wrong', message, [{ field: 'code', message }]);
}

function oldProposal(): AppError {
  const message = t('This took too long. Scan the new picture and type a code of it.');
  return inputError('totp.proposal-old', message, [{ field: 'code', message }]);
}

function secretOf(userId: string): string {
  return `totp:${userId}`;
}

function proposalOf(userId: string): string {
  return `totp-proposal:${userId}`;
}
