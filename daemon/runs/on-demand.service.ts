/**
 * Snapshots that someone asks for: an admin of any account, an end user of the own one. A job with an
 * `on-demand` schedule makes them; that schedule says how many, how often and how long they are kept.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.entity.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { isTenant, systemActor, type Actor } from '../auth/actor.js';
import { OnDemandOffers, type OnDemandOffer } from '../jobs/on-demand-offers.js';
import type { Clock } from '../platform/clock.js';
import { AppError, inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { parseInput } from '../platform/parse-input.js';
import { CLOCK } from '../platform/platform.module.js';
import { withMeasure } from './job-candidates.js';
import {
  refusalOf,
  snapshotRequest,
  type Refusal,
  type SnapshotRequest,
} from './on-demand-rules.js';
import type { Run } from './run.entity.js';
import { RunsService } from './runs.service.js';
import { SnapshotsStore } from './snapshots.store.js';

/** How far back what was asked for is looked at. */
const LOOK_BACK = 50;

/** What an account may ask for. */
export interface OnDemandState {
  offer: OnDemandOffer;
  refusal: Refusal | undefined;
}

@Injectable()
export class OnDemandService {
  private asking: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly accounts: AccountsService,
    private readonly offers: OnDemandOffers,
    private readonly runs: RunsService,
    private readonly snapshots: SnapshotsStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Begins a backup of one account now. A `conflict` says why not, and when it is possible. */
  async start(actor: Actor, input: SnapshotRequest): Promise<Run> {
    const { account: name, job, note } = parseInput(snapshotRequest, input, 'request');
    const account = await this.accountFor(actor, name);
    await this.offers.requireMayAsk(actor, account);
    // One after the other: two at once would both find the limit not reached.
    const started = this.asking.then(async () => {
      const offer = await this.offerFor(actor, account, job);
      const refusal = await this.refusalFor(account, offer);
      if (refusal !== undefined) throw refused(actor, refusal, { account, offer });
      return this.runs.startBackupOf(actor, offer.job, {
        accounts: [account.name],
        schedule: { id: offer.scheduleId },
        note: note === '' ? undefined : note,
      });
    });
    this.asking = started.catch(() => undefined);
    return started;
  }

  /** What can be asked for of an account; undefined when nothing can. */
  async look(actor: Actor, nameOrId: string): Promise<OnDemandState | undefined> {
    const account = await this.accounts.get(actor, nameOrId);
    if (account.state !== 'active') return undefined;
    if (!(await this.offers.mayAsk(actor, account))) return undefined;
    const [offer] = await this.offersOf(account);
    return offer && { offer, refusal: await this.refusalFor(account, offer) };
  }

  private async accountFor(actor: Actor, name: string | undefined): Promise<Account> {
    const wanted = name ?? (actor.role === 'account' ? actor.accountId : undefined);
    if (wanted === undefined) {
      const message = t('Name the account that a snapshot is to be made of.');
      throw inputError('request.invalid', message, [{ field: 'account', message }]);
    }
    const account = await this.accounts.get(actor, wanted);
    if (account.state === 'active') return account;
    const message = t(
      'The account "{name}" is no longer on this server; nothing can be backed up of it.',
      { name: account.name },
    );
    throw new AppError('conflict', 'account.gone', message);
  }

  private async offerFor(
    actor: Actor,
    account: Account,
    job: string | undefined,
  ): Promise<OnDemandOffer> {
    const { name } = account;
    const offers = await this.offersOf(account);
    const offer = offers.find(({ job: offered }) => job === undefined || offered.job.name === job);
    if (offer !== undefined) return offer;
    throw new AppError('conflict', 'on-demand.not-offered', notOffered(actor, name, job));
  }

  private async offersOf(account: Account): Promise<OnDemandOffer[]> {
    const measures = await this.snapshots.measures(account.id);
    return this.offers.forAccount(withMeasure(account, measures.get(account.id)));
  }

  private async refusalFor(account: Account, offer: OnDemandOffer): Promise<Refusal | undefined> {
    const { scheduleId } = offer;
    const filter = { kind: 'backup', accountId: account.id, scheduleId, limit: LOOK_BACK } as const;
    return refusalOf({
      offer,
      runs: await this.runs.list(systemActor, filter),
      snapshots: await this.snapshots.madeBySchedule(account.id, scheduleId),
      now: this.clock.now(),
    });
  }
}

function notOffered(actor: Actor, name: string, job: string | undefined): string {
  if (isTenant(actor)) {
    return t('Snapshots on demand are not offered for this account. Ask your host.');
  }
  return job === undefined
    ? t(
        'No job covers "{name}" and has a schedule on demand. Add one with: holdfast schedule add JOB --on-demand',
        { name },
      )
    : t(
        'The job "{job}" is none that covers "{name}" and has a schedule on demand. Add one with: holdfast schedule add JOB --on-demand',
        { job, name },
      );
}

function refused(
  actor: Actor,
  { code, message, possibleAt }: Refusal,
  { account, offer }: { account: Account; offer: OnDemandOffer },
): AppError {
  const hint = isTenant(actor)
    ? ''
    : ` ${t('Without these limits: holdfast job run {job} --account {account}', { job: offer.job.job.name, account: account.name })}`;
  const details = possibleAt === undefined ? {} : { possibleAt: possibleAt.toISOString() };
  return new AppError('conflict', code, `${message}${hint}`, { details });
}
