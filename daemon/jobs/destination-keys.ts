/**
 * Keys made for a destination that is not added yet: the line to paste is shown, the key itself goes
 * to the form and comes back sealed, so that nothing is kept for a form that is never sent.
 */
import { Injectable } from '@nestjs/common';
import type { DestinationKind } from '../../destinations/registry.js';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { AppError, inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { SecretBox } from '../platform/secret.js';

const CONTEXT = 'key of a new destination';

export interface SealedKey {
  /** What the admin adds to `authorized_keys`. */
  line: string;
  sealed: string;
}

@Injectable()
export class DestinationKeys {
  constructor(private readonly secretBox: SecretBox) {}

  /** Undefined: no key can sign in to this kind. */
  async make(actor: Actor, kind: DestinationKind | undefined): Promise<SealedKey | undefined> {
    requireAdmin(actor);
    const made = await kind?.makeKey?.('holdfast');
    if (made === undefined) return undefined;
    const { privateKey, authorizedKeysLine: line } = made;
    const sealed = this.secretBox.seal(JSON.stringify({ privateKey, line }), CONTEXT);
    return { line, sealed };
  }

  /** What `make` sealed; `input` when it is anything else. */
  open(actor: Actor, sealed: string): { privateKey: string; line: string } {
    requireAdmin(actor);
    try {
      const text = this.secretBox.open(sealed, CONTEXT).reveal();
      return JSON.parse(text) as { privateKey: string; line: string };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const message = t('The key that was made cannot be used any more; make another one.');
      throw inputError('destination.key', message, [{ field: 'login', message }]);
    }
  }
}
