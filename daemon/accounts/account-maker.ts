/**
 * Makes an account again that is no longer on this server. On plain Linux an admin only confirms it; a
 * panel's command is run only where `accounts.mayRecreate` is set, and shown in any case.
 */
import { dirname } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { AppError, inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import { folderProblem } from '../platform/trusted-program.js';
import { SNAPSHOT_SOURCE, type Account } from './account.entity.js';
import { AccountsService } from './accounts.service.js';
import { AccountsStore } from './accounts.store.js';
import { findGroup } from './groups.js';
import { findHomeDirectory } from './home-directory.js';
import { findPasswd } from './passwd.js';
import { planRecreation, type RecreationPlan, type ServerFacts } from './recreation-plan.js';
import { runMakingStep } from './run-making-step.js';

@Injectable()
export class AccountMaker {
  constructor(
    private readonly accounts: AccountsService,
    private readonly store: AccountsStore,
    private readonly events: EventsService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'accounts' | 'sandbox'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The account, and what would be run. Throws a `conflict` while it is here. */
  async plan(actor: Actor, nameOrId: string): Promise<{ account: Account; plan: RecreationPlan }> {
    requireAdmin(actor);
    const account = await this.accounts.get(actor, nameOrId);
    if (account.state !== 'gone') {
      const message = t('The account "{name}" is on this server; there is nothing to make.', {
        name: account.name,
      });
      throw new AppError('conflict', 'account.here', message);
    }
    const facts = await factsOf(account);
    const source = this.accounts.origin.name;
    const plan = planRecreation(source, account, { facts, range: this.config.accounts });
    return { account, plan: { ...plan, obstacles: [...plan.obstacles, ...this.own(source)] } };
  }

  /** Answers the account as it is here now: the same one where name and uid are, else a new one. */
  async make(actor: Actor, nameOrId: string, confirm: string | undefined): Promise<Account> {
    const { account, plan } = await this.plan(actor, nameOrId);
    const [obstacle] = plan.obstacles;
    if (obstacle !== undefined) throw new AppError('conflict', 'account.not-made', obstacle);
    if (confirm !== account.name) throw notConfirmed(account);
    const subject = { kind: 'account', id: account.id, accountId: account.id };
    await this.events.record(actor, 'account.recreated', subject, { steps: plan.steps });
    for (const step of plan.steps) await runMakingStep(step);
    // Its home is younger than the time it was last seen, as another customer's would be.
    if (account.source !== SNAPSHOT_SOURCE) {
      await this.store.setLastSeen(account.id, this.clock.now().toISOString());
    }
    await this.accounts.refresh();
    const made = await this.store.findByName(account.name);
    if (made?.state === 'active') return made;
    const message = t(
      'The account "{name}" was made, but "{source}" does not list it. Look at "holdfast account list", then assign the snapshots.',
      { name: account.name, source: plan.source },
    );
    throw new AppError('source', 'account.not-listed', message);
  }

  private own(source: string): string[] {
    if (this.config.sandbox || process.geteuid?.() !== 0) {
      return [t('Only a daemon that runs as root makes accounts.')];
    }
    if (source === 'linux' || this.config.accounts.mayRecreate) return [];
    return [t('Commands of a panel are only shown here: set accounts.mayRecreate in the configuration, or run them yourself.')]; // prettier-ignore
  }
}

async function factsOf({ user, uid, gid, home }: Account): Promise<ServerFacts> {
  return {
    userOfName: await findPasswd(user),
    userOfUid: await findPasswd(uid),
    groupOfName: await findGroup(user),
    groupOfGid: await findGroup(gid),
    homeUid: (await findHomeDirectory(home))?.uid,
    folderProblem: await folderProblem(dirname(home)),
  };
}

function notConfirmed({ name }: Account): AppError {
  const message = t(
    'This makes the account again and restores into it. To go on, confirm with its name, "{name}".',
    { name },
  );
  return inputError('account.confirm', message, [{ field: 'confirm', message }]);
}
