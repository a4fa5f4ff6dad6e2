/**
 * Writes notices with their deliveries: to every channel that wants to hear of such a thing, or to the
 * owner of the account. Nothing is sent here; postman.ts takes up what is written.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.entity.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import { AccountContactsStore } from './account-contacts.store.js';
import type { Channel } from './channel.entity.js';
import { ChannelsStore } from './channels.store.js';
import { nextDigestAt } from './delivery-times.js';
import { mailAddress } from './mail-address.js';
import {
  isAtLeast,
  NOTICE_KINDS,
  type AdminKind,
  type NoticeKind,
  type OwnerKind,
} from './notice-kinds.js';
import type { NoticeFacts, NoticePhase } from './notice.entity.js';
import { NoticesStore, type AlsoWrite, type NewNotice, type Recipient } from './notices.store.js';
import { MOST_LISTED } from './word-message.js';

export interface Told<Kind extends NoticeKind> {
  kind: Kind;
  phase?: NoticePhase;
  facts: NoticeFacts;
}

export type ToldOwner = Told<OwnerKind> & { account: Pick<Account, 'id' | 'email'> };

@Injectable()
export class NoticeWriter {
  constructor(
    private readonly notices: NoticesStore,
    private readonly channels: ChannelsStore,
    private readonly contacts: AccountContactsStore,
    @Inject(CONFIG) private readonly config: Pick<Config, 'notices' | 'schedule'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** All of it with what belongs to it, or nothing. */
  async write(
    toAdmins: readonly Told<AdminKind>[],
    toOwners: readonly ToldOwner[] = [],
    also?: AlsoWrite,
  ): Promise<void> {
    const channels = (await this.channels.list()).filter(({ isEnabled }) => isEnabled);
    const now = this.clock.now();
    const forAdmins = toAdmins.map((told) => ({
      notice: toNotice(told, null),
      recipients: this.recipientsOf(told.kind, channels, now),
    }));
    const forOwners = [];
    for (const told of toOwners) {
      const recipients = await this.ownerOf(told, channels, now);
      forOwners.push({ notice: toNotice(told, told.account.id), recipients });
    }
    this.notices.write([...forAdmins, ...forOwners], now.toISOString(), also);
  }

  private recipientsOf(kind: AdminKind, channels: readonly Channel[], now: Date): Recipient[] {
    const { level } = NOTICE_KINDS[kind];
    const wanted = channels.filter(
      (channel) =>
        isAtLeast(level, channel.level) &&
        (channel.events?.includes(kind) ?? true) &&
        hasOwnRecipients(channel),
    );
    return wanted.map(({ id, digestHour }) => ({
      ...{ channelId: id, address: null, language: this.config.notices.language },
      dueAt: this.dueAt(digestHour, now).toISOString(),
      isDigest: digestHour !== null,
    }));
  }

  private dueAt(digestHour: number | null, now: Date): Date {
    return digestHour === null ? now : nextDigestAt(digestHour, now, this.config.schedule.timeZone);
  }

  /** None: nobody has an address, a channel for it, or a wish to hear of it. */
  private async ownerOf(
    { kind, account }: ToldOwner,
    channels: readonly Channel[],
    now: Date,
  ): Promise<Recipient[]> {
    const { ownerKinds, language } = this.config.notices;
    const channel = channels.find(isForOwners);
    const contact = await this.contacts.find(account.id);
    const address = contact?.address ?? usableAddress(account.email);
    const isMuted = contact?.muted.includes(kind) === true;
    if (channel === undefined || address === null || isMuted) return [];
    if (!ownerKinds.includes(kind)) return [];
    const dueAt = now.toISOString();
    const spoken = contact?.language ?? language;
    return [{ channelId: channel.id, address, language: spoken, dueAt, isDigest: false }];
  }
}

function toNotice({ kind, phase, facts }: Told<NoticeKind>, accountId: string | null): NewNotice {
  const list = facts.list.slice(0, MOST_LISTED);
  const more = facts.more + facts.list.length - list.length;
  const { level } = NOTICE_KINDS[kind];
  return { kind, level, phase: phase ?? 'moment', facts: { ...facts, list, more }, accountId };
}

/** What a panel knows, a customer may have typed there. */
export function usableAddress(email: string | null): string | null {
  return mailAddress.safeParse(email?.trim()).data ?? null;
}

/** Of mail: it is the one that owners of accounts are told by. */
export function isForOwners({ kind, settings }: Pick<Channel, 'kind' | 'settings'>): boolean {
  return kind === 'mail' && settings['isForOwners'] === true;
}

function hasOwnRecipients({ kind, settings }: Channel): boolean {
  const { to } = settings;
  return kind !== 'mail' || (Array.isArray(to) && to.length > 0);
}
