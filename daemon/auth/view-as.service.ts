/**
 * An admin looks at the panel as an account: the same session, in which the account acts until the
 * admin goes back. Everything done meanwhile is recorded as `admin as account`. How the account's
 * people sign in cannot be changed then: see `refuseWhileViewing`.
 */
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { requireAdmin, type Actor } from './actor.js';
import { EventsService } from './events.service.js';
import { SessionsStore } from './sessions.store.js';
import { newToken } from './tokens.js';

@Injectable()
export class ViewAsService {
  constructor(
    private readonly sessions: SessionsStore,
    private readonly accounts: AccountsService,
    private readonly events: EventsService,
  ) {}

  /** Throws `conflict` for an account that is gone. */
  async begin(actor: Actor, sessionId: string, nameOrId: string): Promise<void> {
    requireAdmin(actor);
    const { id, name, state } = await this.accounts.get(actor, nameOrId);
    if (state !== 'active') {
      const message = t(
        'The account "{name}" is no longer on this server: nobody signs in as it.',
        { name },
      );
      throw new AppError('conflict', 'account.gone', message);
    }
    await this.sessions.setViewing(sessionId, id, newToken());
    const subject = { kind: 'account', id, accountId: id };
    await this.events.record(actor, 'account.view-started', subject, { name });
  }

  /** Back to admin; nothing when the session acts as nobody else. */
  async end(actor: Actor, sessionId: string): Promise<void> {
    if (actor.role !== 'account' || actor.viewedBy === undefined) return;
    await this.sessions.setViewing(sessionId, null, newToken());
    const { accountId: id, accountName: name } = actor;
    const subject = { kind: 'account', id, accountId: id };
    await this.events.record(actor, 'account.view-ended', subject, { name });
  }
}
