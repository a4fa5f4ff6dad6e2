import { Injectable } from '@nestjs/common';
import { notFound } from '../platform/not-found.js';
import { requireAdmin, type Actor } from './actor.js';
import { EventsService } from './events.service.js';
import { SignInLimiter, type LockOut } from './sign-in-limiter.js';
import { UsersStore } from './users.store.js';

/** A lock-out as an admin sees it: a name that is no user's may be a password, and is not told. */
export type LockOutView = Omit<LockOut, 'name'> & { user: string | undefined };

/** Who has to wait after too many failures to sign in, and letting them try again. */
@Injectable()
export class LockOutsService {
  constructor(
    private readonly limiter: SignInLimiter,
    private readonly users: UsersStore,
    private readonly events: EventsService,
  ) {}

  async list(actor: Actor): Promise<LockOutView[]> {
    requireAdmin(actor);
    const lockOuts = this.limiter.lockOuts();
    if (lockOuts.length === 0) return [];
    const users = await this.users.list();
    const names = new Map(users.map(({ name }) => [name.toLowerCase(), name]));
    return lockOuts.map(({ name, ...lockOut }) => ({ ...lockOut, user: names.get(name) }));
  }

  async lift(actor: Actor, id: string): Promise<void> {
    const known = (await this.list(actor)).find((lockOut) => lockOut.id === id);
    if (!known || !this.limiter.lift(id)) throw notFound('lock-out', id);
    const user = known.user === undefined ? undefined : await this.users.findByName(known.user);
    const subject = { kind: 'user', id: user?.id ?? 'unknown', accountId: user?.accountId };
    const details = { address: known.address, ...(user && { name: user.name }) };
    await this.events.record(actor, 'session.lock-out-lifted', subject, details);
  }
}
